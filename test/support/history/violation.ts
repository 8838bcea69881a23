import type { HistoryEvent, MessageName, SourceName } from './events.ts'
import type { Slack } from './connections.ts'

/**
 * C1 lost from a queue, C2 invented or doubled, C3 out of order, C4 back after its acknowledgement,
 * C5 transaction split, C6 two holders, C7 missing in a durable subscription, C9 two leaders of one
 * epoch, C10 unavailable for too long, C12 counted deliveries that were not, or not those that
 * were. (C8, equal replicas, is judged from the brokers' logs; C11, what grows, from their
 * processes.)
 */
export const checkNames = ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C9', 'C10', 'C12'] as const

export type CheckName = (typeof checkNames)[number]

/** A message as it waits in one queue or subscription. */
export interface Subject {
  readonly source: SourceName
  readonly message: MessageName
}

export interface Violation {
  readonly check: CheckName
  /** The messages whose loss, by a fault that may cost them, would explain it; none for most. */
  readonly about: readonly Subject[]
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
