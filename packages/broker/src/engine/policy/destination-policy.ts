import type { DestinationName } from '@quorate/core/model/destination'
import { DestinationPattern } from '@quorate/core/model/destination-name'

/** What holds for the destinations of one pattern. The words are ActiveMQ's of a policyEntry. */
export interface DestinationPolicy {
  /**
   * Bytes of messages in memory that one of these destinations may hold; 0 = no limit of its own.
   */
  readonly memoryLimitBytes: number
  /** Whether producers wait for the destination's own limit. The broker's limit holds anyway. */
  readonly producerFlowControl: boolean
  /** A send that finds no room is refused at once. */
  readonly sendFailIfNoSpace: boolean
  /** Milliseconds after which a send that waits for room is refused; 0 = never. */
  readonly sendFailIfNoSpaceAfterTimeoutMs: number
  /**
   * Messages waiting for one subscriber of a topic beyond its prefetch; the oldest are dropped.
   * NO_PENDING_LIMIT: none is, and senders wait where memory has no room for them.
   */
  readonly pendingMessageLimit: number
}

/** ActiveMQ's word for it. */
export const NO_PENDING_LIMIT = -1

export interface PolicyEntry extends DestinationPolicy {
  /** A name, or a pattern of names, of its kind. */
  readonly destination: DestinationName
}

export const defaultPolicy: DestinationPolicy = {
  memoryLimitBytes: 0,
  producerFlowControl: true,
  sendFailIfNoSpace: false,
  sendFailIfNoSpaceAfterTimeoutMs: 0,
  pendingMessageLimit: 1000,
}

/**
 * Finds the policy of a destination: of the entries that match, the most specific one, whole. As
 * in ActiveMQ entries are not merged.
 */
export class DestinationPolicies {
  readonly #entries: readonly { pattern: DestinationPattern; policy: DestinationPolicy }[]
  readonly #otherwise: DestinationPolicy

  constructor(entries: readonly PolicyEntry[], otherwise: DestinationPolicy) {
    const sorted = [...entries].sort((one, other) => bySpecificity(one, other))
    this.#entries = sorted.map((entry) => {
      return { pattern: new DestinationPattern(entry.destination), policy: entry }
    })
    this.#otherwise = otherwise
  }

  of(destination: DestinationName): DestinationPolicy {
    const entry = this.#entries.find(({ pattern }) => pattern.matches(destination))
    return entry?.policy ?? this.#otherwise
  }
}

/** Level by level: a word before `*` before no level at all before `>`. */
function bySpecificity(one: PolicyEntry, other: PolicyEntry): number {
  const [ones, others] = [one.destination.name.split('.'), other.destination.name.split('.')]
  for (let i = 0; i < Math.max(ones.length, others.length); i++) {
    const difference = rank(ones[i]) - rank(others[i])
    if (difference !== 0) return difference
  }
  return 0
}

function rank(level: string | undefined): number {
  if (level === undefined) return 2
  if (level === '>') return 3
  return level === '*' ? 1 : 0
}
