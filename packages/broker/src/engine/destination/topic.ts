import type { DestinationName } from '@quorate/core/model/destination'
import type { Client } from '../client.ts'
import type { Backlog } from '../dispatch/backlog.ts'
import type { Entry } from '../dispatch/entry.ts'
import { ownMemory } from '../dispatch/own-memory.ts'
import type { DestinationPolicy } from '../policy/destination-policy.ts'
import type { DurableSubscription } from '../subscription/durable-subscription.ts'

/** Where a subscriber's message was published. */
export interface TopicOrigin {
  /** 0 for temporary topics and advisories, whose senders never wait for subscribers. */
  readonly id: number
  readonly destination: DestinationName
  /** Messages that slow subscribers never got. */
  discarded: number
}

/** A subscription that gets what is published while it is there. */
export interface TopicSubscriber {
  readonly client: Client
  readonly noLocal: boolean
  offer(entry: Entry, origin: TopicOrigin): void
}

/** A topic: who is told of its messages. */
export class Topic implements TopicOrigin {
  /** Number in the log; 0 for temporary topics and advisories, which are in no log. */
  readonly id: number
  readonly destination: DestinationName
  readonly policy: DestinationPolicy
  /** The connection that a temporary topic lives and dies with. */
  readonly owner: Client | null
  /** Durable subscriptions, also those that nobody is connected to, and those of patterns. */
  durables: readonly DurableSubscription[] = []
  discarded = 0
  readonly #subscribers: TopicSubscriber[] = []
  readonly #backlogs = new Map<TopicSubscriber, Backlog>()
  #published = 0

  constructor(
    name: { readonly id: number; readonly destination: DestinationName },
    policy: DestinationPolicy,
    owner: Client | null,
  ) {
    this.id = name.id
    this.destination = name.destination
    this.policy = policy
    this.owner = owner
  }

  get consumers(): number {
    return this.#subscribers.length
  }

  get published(): number {
    return this.#published
  }

  /** Whether somebody is there for whom messages wait in memory that are not stored. */
  get hasActiveDurables(): boolean {
    return this.durables.some((durable) => durable.isActive)
  }

  /** `backlog`: where messages wait that it is not to miss; null: the oldest of them go. */
  subscribe(subscriber: TopicSubscriber, backlog: Backlog | null): void {
    if (this.#subscribers.includes(subscriber)) return
    this.#subscribers.push(subscriber)
    if (backlog !== null) this.#backlogs.set(subscriber, backlog)
  }

  unsubscribe(subscriber: TopicSubscriber): void {
    const position = this.#subscribers.indexOf(subscriber)
    if (position !== -1) this.#subscribers.splice(position, 1)
    this.#backlogs.delete(subscriber)
  }

  isHeardOnlyBy(subscribers: readonly TopicSubscriber[]): boolean {
    return this.#subscribers.every((subscriber) => subscribers.includes(subscriber))
  }

  /** What waits for present subscribers that are to miss nothing: senders wait for them. */
  get backlogs(): Iterable<Backlog> {
    return this.#backlogs.values()
  }

  /** Whether messages of this client wait for subscribers that are to miss nothing. */
  holdsFrom(sender: Client): boolean {
    if (this.#backlogs.size === 0) return false
    for (const _ of this.backlogsFor(sender)) return true
    return false
  }

  /** Where they wait. */
  *backlogsFor(sender: Client): Iterable<Backlog> {
    for (const [{ noLocal, client }, backlog] of this.#backlogs) {
      if (!noLocal || client !== sender) yield backlog
    }
  }

  /** Hands the message to the present subscribers; `sender` null when it is the broker itself. */
  publish(entry: Entry, sender: Client | null): void {
    this.#published++
    // However many wait for it, its body is there once.
    if (this.#backlogs.size > 1 && entry.body !== null) entry.body = ownMemory(entry.body)
    for (const subscriber of this.#subscribers) {
      if (subscriber.noLocal && subscriber.client === sender) continue
      subscriber.offer(entry, this)
    }
  }

  /** The lists in which a message of this sender has to wait. */
  durablesFor(sender: Client | null): DurableSubscription[] {
    return this.durables.filter((durable) => durable.wants(sender))
  }
}
