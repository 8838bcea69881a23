import { BrokerError } from '@quorate/core/base/errors'
import { formatDestination, isQueueLike, isTemporary } from '@quorate/core/model/destination'
import type { DestinationName } from '@quorate/core/model/destination'
import { DestinationPattern, isDestinationPattern } from '@quorate/core/model/destination-name'
import type { MessageStore } from '../../store/message-store.ts'
import type { Client, EngineObserver } from '../client.ts'
import type { Backlog, BacklogPort } from '../dispatch/backlog.ts'
import type { PendingRecords } from '../pending-records.ts'
import { PendingRecord } from '../pending-records.ts'
import { DESTINATIONS_MAX, SUBSCRIPTIONS_MAX } from '../policy/limits.ts'
import { DurableSubscription } from '../subscription/durable-subscription.ts'
import type { DurableDescription } from '../subscription/durable-subscription.ts'
import { Queue } from './queue.ts'
import { Topic } from './topic.ts'
import type { TopicSubscriber } from './topic.ts'

/** Topics under this prefix tell of the broker itself and are never stored. */
export const ADVISORY_PREFIX = 'ActiveMQ.Advisory.'

/** A subscription to every destination that a pattern matches, present and future. */
export interface PatternSubscriber extends TopicSubscriber {
  attachQueue(queue: Queue): void
  attachTopic(topic: Topic): void
}

export interface RegistryPort {
  readonly store: MessageStore
  readonly records: PendingRecords
  readonly backlogs: BacklogPort
  readonly events: EngineObserver
}

/**
 * Every destination and durable subscription of the broker, by name and by number. Runs ahead of
 * the store: what is appended counts, what is not committed dies with this leadership.
 */
export class DestinationRegistry {
  readonly #port: RegistryPort
  readonly #byKind = {
    queue: new Map<string, Queue>(),
    'temp-queue': new Map<string, Queue>(),
    topic: new Map<string, Topic>(),
    'temp-topic': new Map<string, Topic>(),
  }
  readonly #byList = new Map<number, Backlog>()
  readonly #durables = new Map<string, DurableSubscription>()
  readonly #patterns: { pattern: DestinationPattern; subscriber: PatternSubscriber }[] = []
  #nextId: number
  /** Rises when a destination goes: cached routes are stale then. */
  #version = 0

  constructor(port: RegistryPort) {
    this.#port = port
    this.#nextId = port.store.nextDestinationOrListId
  }

  get version(): number {
    return this.#version
  }

  /** Takes over what the log knows. */
  load(): void {
    const topics = new Map<number, DestinationName>()
    for (const { id, destination } of this.#port.store.destinations()) {
      if (isQueueLike(destination.kind)) this.#addQueue(id, destination, null)
      else this.#addTopic(id, destination, null)
      topics.set(id, destination)
    }
    for (const stored of this.#port.store.subscriptions()) {
      const topic = topics.get(stored.topic)
      if (topic !== undefined) this.#addDurable({ ...stored, topicId: stored.topic, topic })
    }
  }

  *destinations(): Iterable<DestinationName> {
    for (const map of Object.values(this.#byKind)) {
      for (const { destination } of map.values()) yield destination
    }
  }

  *queues(): Iterable<Queue> {
    yield* this.#byKind.queue.values()
    yield* this.#byKind['temp-queue'].values()
  }

  *topics(): Iterable<Topic> {
    yield* this.#byKind.topic.values()
    yield* this.#byKind['temp-topic'].values()
  }

  durables(): Iterable<DurableSubscription> {
    return this.#durables.values()
  }

  backlog(listId: number): Backlog | undefined {
    return this.#byList.get(listId)
  }

  find(destination: DestinationName): Queue | Topic | undefined {
    return this.#byKind[destination.kind].get(destination.name)
  }

  /** The topic, if anything was ever subscribed or sent to it. */
  findTopic(destination: DestinationName): Topic | undefined {
    return destination.kind === 'temp-topic'
      ? this.#byKind['temp-topic'].get(destination.name)
      : this.#byKind.topic.get(destination.name)
  }

  /** The queue, made when it does not exist. Temporary ones are only made by `addTemporary`. */
  queue(destination: DestinationName): Queue {
    const map = destination.kind === 'temp-queue' ? this.#byKind['temp-queue'] : this.#byKind.queue
    const known = map.get(destination.name)
    if (known?.removing === true) throw gone(destination)
    if (known !== undefined) return known
    if (isTemporary(destination.kind)) throw gone(destination)
    this.#checkRoom()
    const id = this.#append(destination)
    return this.#addQueue(id, destination, null)
  }

  /**
   * The queue for dead letters. Made beyond every limit, and used even while it is being removed:
   * these messages have nowhere else to go.
   */
  deadLetterQueue(name: string): Queue {
    const destination: DestinationName = { kind: 'queue', name }
    const known = this.#byKind.queue.get(name)
    return known ?? this.#addQueue(this.#append(destination), destination, null)
  }

  topic(destination: DestinationName): Topic {
    const known = this.findTopic(destination)
    if (known !== undefined) return known
    if (isTemporary(destination.kind)) throw gone(destination)
    this.#checkRoom()
    const isAdvisory = destination.name.startsWith(ADVISORY_PREFIX)
    const id = isAdvisory ? 0 : this.#append(destination)
    return this.#addTopic(id, destination, null)
  }

  addTemporary(destination: DestinationName, owner: Client): void {
    const known = this.find(destination)
    if (known?.owner === owner) return
    if (known !== undefined) {
      throw new BrokerError('INVALID_DESTINATION', 'Another connection owns this destination.', {
        details: { destination: formatDestination(destination) },
      })
    }
    this.#checkRoom()
    if (isQueueLike(destination.kind)) this.#addQueue(0, destination, owner)
    else this.#addTopic(0, destination, owner)
    this.#port.events.destinationAdded(destination, owner)
  }

  /** Forgets a destination. What the log has to know has been appended. */
  forget(destination: Queue | Topic): void {
    if (this.find(destination.destination) !== destination) return
    this.#byKind[destination.destination.kind].delete(destination.destination.name)
    this.#version++
    if (destination instanceof Queue) {
      destination.removing = true
      destination.backlog.discard()
      if (destination.id !== 0) this.#byList.delete(destination.id)
    }
    this.#port.events.destinationRemoved(destination.destination, destination.owner)
  }

  subscribePattern(destination: DestinationName, subscriber: PatternSubscriber): void {
    const pattern = new DestinationPattern(destination)
    this.#patterns.push({ pattern, subscriber })
    for (const queue of this.queues()) {
      if (!queue.removing && pattern.matches(queue.destination)) subscriber.attachQueue(queue)
    }
    for (const topic of this.topics()) {
      if (pattern.matches(topic.destination)) subscriber.attachTopic(topic)
    }
  }

  unsubscribePattern(subscriber: PatternSubscriber): void {
    for (let i = this.#patterns.length - 1; i >= 0; i--) {
      if (this.#patterns[i]?.subscriber === subscriber) this.#patterns.splice(i, 1)
    }
  }

  /** Who subscribes to a pattern that covers this topic although it has no entry of its own. */
  awaiting(destination: DestinationName): TopicSubscriber[] {
    const covering = this.#patterns.filter(({ pattern }) => pattern.matches(destination))
    return covering.map(({ subscriber }) => subscriber)
  }

  /**
   * Topics that are in no log and belong to nobody are kept only while somebody listens to just
   * this one: whoever listens to a pattern is found by it.
   */
  forgetUnheard(topic: Topic): void {
    if (topic.id !== 0 || topic.owner !== null) return
    if (this.#byKind.topic.get(topic.destination.name) !== topic) return
    if (!topic.isHeardOnlyBy(this.awaiting(topic.destination))) return
    this.#byKind.topic.delete(topic.destination.name)
    this.#version++
  }

  durable(clientId: string, name: string): DurableSubscription | undefined {
    return this.#durables.get(durableKey(clientId, name))
  }

  /** Adds the subscription under a new number; the caller appends the record. */
  createDurable(description: Omit<DurableDescription, 'id'>): DurableSubscription {
    if (this.#durables.size >= SUBSCRIPTIONS_MAX) {
      throw new BrokerError('RESOURCE_LIMIT', 'The broker has too many durable subscriptions.')
    }
    return this.#addDurable({ ...description, id: this.#nextId++ })
  }

  forgetDurable(durable: DurableSubscription): void {
    const { clientId, name, id } = durable.description
    this.#durables.delete(durableKey(clientId, name))
    this.#byList.delete(id)
    durable.backlog.discard()
    for (const topic of this.topics()) {
      topic.durables = topic.durables.filter((other) => other !== durable)
    }
  }

  /** Number for a pattern that a durable subscription subscribes to, as if it were a topic. */
  topicNumber(destination: DestinationName): number {
    return this.topic(destination).id
  }

  #append(destination: DestinationName): number {
    const id = this.#nextId++
    const record = new DestinationRecord(this.#port.events, destination)
    this.#port.records.append({ kind: 'destination-added', id, destination }, record)
    return id
  }

  #addQueue(id: number, destination: DestinationName, owner: Client | null): Queue {
    const queue = new Queue(this.#port.backlogs, { id, destination }, owner)
    this.#byKind[destination.kind === 'temp-queue' ? 'temp-queue' : 'queue'].set(
      destination.name,
      queue,
    )
    if (id !== 0) this.#byList.set(id, queue.backlog)
    for (const { pattern, subscriber } of this.#patterns) {
      if (pattern.matches(destination)) subscriber.attachQueue(queue)
    }
    return queue
  }

  #addTopic(id: number, destination: DestinationName, owner: Client | null): Topic {
    const policy = this.#port.backlogs.policies.of(destination)
    const topic = new Topic({ id, destination }, policy, owner)
    this.#byKind[destination.kind === 'temp-topic' ? 'temp-topic' : 'topic'].set(
      destination.name,
      topic,
    )
    topic.durables = [...this.#durables.values()].filter((one) => one.covers(destination))
    if (isDestinationPattern(destination.name)) return topic
    for (const { pattern, subscriber } of this.#patterns) {
      if (pattern.matches(destination)) subscriber.attachTopic(topic)
    }
    return topic
  }

  #addDurable(description: DurableDescription): DurableSubscription {
    const durable = new DurableSubscription(this.#port.backlogs, description)
    this.#durables.set(durableKey(description.clientId, description.name), durable)
    this.#byList.set(description.id, durable.backlog)
    for (const topic of this.#byKind.topic.values()) {
      if (durable.covers(topic.destination)) topic.durables = [...topic.durables, durable]
    }
    return durable
  }

  #checkRoom(): void {
    const count = Object.values(this.#byKind).reduce((sum, map) => sum + map.size, 0)
    if (count < DESTINATIONS_MAX) return
    throw new BrokerError('RESOURCE_LIMIT', 'The broker has too many destinations.', {
      details: { most: DESTINATIONS_MAX },
    })
  }
}

function durableKey(clientId: string, name: string): string {
  return `${clientId}\0${name}`
}

function gone(destination: DestinationName): BrokerError {
  return new BrokerError('INVALID_DESTINATION', 'The destination does not exist (any more).', {
    details: { destination: formatDestination(destination) },
  })
}

/** Observers are told of a destination when it is committed. */
class DestinationRecord extends PendingRecord {
  readonly #events: EngineObserver
  readonly #destination: DestinationName

  constructor(events: EngineObserver, destination: DestinationName) {
    super()
    this.#events = events
    this.#destination = destination
  }

  override applied(): void {
    this.#events.destinationAdded(this.#destination, null)
  }
}
