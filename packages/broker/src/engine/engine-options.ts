import type { DestinationName } from '@quorate/core/model/destination'
import { defaultPolicy } from './policy/destination-policy.ts'
import type { DestinationPolicy, PolicyEntry } from './policy/destination-policy.ts'
import type { UncommittedMax } from './policy/flow-control.ts'
import { uncommittedMax } from './policy/flow-control.ts'
import type { MatcherFactory } from './subscription/matcher.ts'

/** What can be set about the engine. */
export interface EngineOptions {
  /** Destinations that a new leader creates when they are missing. */
  readonly destinations: readonly DestinationName[]
  /** Bytes of non-persistent messages that may wait in queues and durable subscriptions. */
  readonly memoryLimitBytes: number
  readonly uncommittedMax: UncommittedMax
  /** What holds for some destinations... */
  readonly policies: readonly PolicyEntry[]
  /** ...and for all others. */
  readonly otherwise: DestinationPolicy
  /** Name of the queue for messages that cannot be delivered. */
  readonly deadLetterQueue: string
  /** Whether expired persistent messages go to the dead letter queue, or just go. */
  readonly deadLetterExpired: boolean
  /** Whether non-persistent messages go to the dead letter queue, or just go. */
  readonly deadLetterNonPersistent: boolean
  /**
   * After a takeover the new leader cannot know which messages the old one had handed out. They
   * are among the first of each list: this many of them are given with a redelivery count of at
   * least one (R44). 0 gives ActiveMQ's behaviour: only what is known to have failed is marked,
   * and some repetitions are not. Clients with `maximumRedeliveries=0` want that: they refuse
   * everything marked.
   */
  readonly takeoverDoubtMax: number
  /** Makes matchers of selectors; null while selectors are not supported. */
  readonly selector: MatcherFactory | null
}

export const defaultEngineOptions: EngineOptions = {
  destinations: [],
  memoryLimitBytes: 256 << 20,
  uncommittedMax,
  policies: [],
  otherwise: defaultPolicy,
  deadLetterQueue: 'ActiveMQ.DLQ',
  deadLetterExpired: true,
  deadLetterNonPersistent: false,
  takeoverDoubtMax: 10_000,
  selector: null,
}
