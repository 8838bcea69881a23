import type { DepthCluster } from '../depth-cluster.ts'
import type { Figure } from '../figures.ts'
import type { DepthOptions, QuestionName } from '../options.ts'

export interface Answer {
  readonly figures: readonly Figure[]
  /** Every single value, for the result. */
  readonly details: object
}

export interface Question {
  readonly name: QuestionName
  /** Whether it takes, and leaves, a whole cluster with the backlog in one queue. */
  readonly sharesBacklog: boolean
  /** What it puts on the disks of all three, in bytes of bodies. */
  readonly bodyBytes: (options: DepthOptions) => number
  /** What it shall at least come to, for a table without an answer. */
  readonly limits: readonly Pick<Figure, 'what' | 'unit' | 'limit'>[]
  readonly measure: (cluster: DepthCluster, options: DepthOptions) => Promise<Answer>
}

/** The size that the figures are for. */
const FULL_MESSAGES = 5_000_000
const FULL_BYTES = 1024
export const FULL_QUEUES = 10_000
export const FULL_HELD_BYTES = 20e9
/** The issue names no size here: a minute's work at least. */
export const FULL_BEHIND_BYTES = 1e9

export function isFullBacklog({ messages, bytes }: DepthOptions): boolean {
  return messages >= FULL_MESSAGES && bytes >= FULL_BYTES
}

export function backlogBytes({ messages, bytes }: DepthOptions): number {
  return messages * bytes
}
