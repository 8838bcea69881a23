/**
 * What the API answers, by its own schemas: a change there that the console does not follow does
 * not compile. Nothing of the broker is in the built console.
 */
export type {
  AnnouncedCluster,
  AnnouncedMember,
  BrokerStatus,
  FollowerStatus,
} from '@quorate/broker/management/broker-status'
export type { NodeFacts } from '@quorate/broker/management/api/events/node-facts'
export type {
  MessageAnswer,
  MessageWithBody,
} from '@quorate/broker/management/api/messages/message-view'
export type { NewMessage } from '@quorate/broker/management/api/messages/new-message'
export type { CallerAnswer } from '@quorate/broker/management/api/routes/caller'
export type {
  ConnectionAnswer,
  ConsumerAnswer,
  SubscriptionAnswer,
} from '@quorate/broker/management/api/routes/clients'
export type { DestinationAnswer } from '@quorate/broker/management/api/routes/destination-words'
export type {
  ClusterAnswer,
  Election,
  NodeReport,
} from '@quorate/broker/management/api/routes/nodes'

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[]
  /** Absent where the API does not count, as for messages. */
  readonly total?: number
  /** What to ask the next page with; null: this is the last one. */
  readonly next: string | null
}
