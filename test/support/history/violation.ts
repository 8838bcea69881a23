import type { HistoryEvent } from './events.ts'
import type { Slack } from './connections.ts'

/**
 * C1 lost from a queue, C2 invented or doubled, C3 out of order, C4 back after its acknowledgement,
 * C5 transaction split, C6 two holders, C7 missing in a durable subscription, C9 two leaders of one
 * epoch, C10 unavailable for too long. (C8, equal replicas, is judged from the brokers' logs.)
 */
export const checkNames = ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C9', 'C10'] as const

export type CheckName = (typeof checkNames)[number]

export interface Violation {
  readonly check: CheckName
  /** One line: what is wrong with which message. */
  readonly line: string
  /** The events that prove it, in their order. */
  readonly events: readonly HistoryEvent[]
}

export interface Limits extends Slack {
  /** C6: how long after a source changed hands its former holder may still tell receipts. */
  readonly leaseMs: number
  /** C10: the longest time without a confirmed send while somebody tries and nothing is broken. */
  readonly unavailableMs: number
}
