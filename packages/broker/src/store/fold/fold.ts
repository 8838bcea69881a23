import { isQueueLike } from '@quorate/core/model/destination'
import type {
  CopiedMessage,
  CopiesOp,
  DestinationAddedOp,
  FlatOp,
  LogOp,
  LogStartOp,
  MessageOp,
  SubscriptionAddedOp,
  TransactionOp,
} from '../log-op.ts'
import type { ApplyListener, StoredDestination, StoredSubscription } from '../message-store.ts'
import { BODY_CACHE_BYTES, BodyCache } from './body-cache.ts'
import type { Changes } from './changes.ts'
import { MessageList } from './message-list.ts'
import { OUTCOMES_MAX, OutcomeTable } from './outcome-table.ts'
import { PagePool } from './page-pool.ts'
import { PRODUCERS_MAX, ProducerTable } from './producer-table.ts'
import { SegmentUse } from './segment-use.ts'
import { StoredEntry } from './stored-entry.ts'

/** Told of each message as it joins its lists. */
export type MessageListener = Pick<ApplyListener, 'messageAdded'>

export interface FoldOptions {
  /** Where changes are noted for a checkpoint; null when nobody makes checkpoints. */
  readonly changes: Changes | null
  /** Bytes of bodies that are kept in memory; BODY_CACHE_BYTES by default. */
  readonly cacheBytes?: number
  /** Where its pages are kept in memory; one of its own by default. */
  readonly pool?: PagePool
  readonly producersMax?: number
  readonly outcomesMax?: number
}

interface CopyInList {
  readonly message: CopiedMessage
  readonly redeliveries: number
}

/**
 * The messaging state that the committed log folds into: a pure function of its operations, in
 * their order, on leader and followers (R19). So nothing here reads a clock, a random number or an
 * option that may differ between brokers, and no operation fails: what names an unknown list,
 * message or producer is skipped, because a failover may repeat an acknowledgement or cross it with
 * a removal. (A page that cannot be read back ends the store, and the fold with it.)
 */
export class Fold {
  readonly destinations = new Map<number, StoredDestination>()
  readonly subscriptions = new Map<number, StoredSubscription>()
  readonly lists = new Map<number, MessageList>()
  readonly producers: ProducerTable
  readonly outcomes: OutcomeTable
  readonly cache: BodyCache
  readonly pool: PagePool
  readonly segments = new SegmentUse()
  /** Nothing before this record is needed any more; 0 while the log keeps its beginning. */
  logStart = 0
  /** Sequence of the next message. */
  nextSequence = 1
  /** Numbers of destinations and lists below this one are taken. */
  nextId = 1
  readonly #changes: Changes | null
  #listener: MessageListener | null = null

  constructor(options: FoldOptions) {
    this.#changes = options.changes
    this.pool = options.pool ?? new PagePool()
    this.cache = new BodyCache(options.cacheBytes ?? BODY_CACHE_BYTES, ({ list, sequence }) =>
      this.lists.get(list)?.cool(sequence),
    )
    this.producers = new ProducerTable(options.producersMax ?? PRODUCERS_MAX, options.changes)
    this.outcomes = new OutcomeTable(options.outcomesMax ?? OUTCOMES_MAX, options.changes)
  }

  /**
   * Applies one operation. `origin` turns the place of a body in memory into its place in the
   * journal: the payload's position less its `byteOffset`.
   */
  apply(op: LogOp, origin: number, listener: MessageListener | null): void {
    this.#listener = listener
    this.#apply(op, origin)
    this.#listener = null
  }

  /** All of it has to be in the next checkpoint: it came from elsewhere. */
  noteAllChanged(): void {
    const changes = this.#changes
    if (changes === null) return
    for (const id of this.destinations.keys()) changes.destinations.add(id)
    for (const id of this.subscriptions.keys()) changes.subscriptions.add(id)
    for (const { id } of this.producers) changes.producers.add(id)
    for (const { number } of this.outcomes) changes.outcomes.add(number)
  }

  /** Makes a list; also used when the index is loaded. */
  addList(id: number): MessageList {
    const list = new MessageList(id, this.#changes, this.pool)
    this.lists.set(id, list)
    return list
  }

  #apply(op: LogOp, origin: number): void {
    switch (op.kind) {
      case 'transaction':
        return this.#applyTransaction(op, origin)
      case 'copies':
        return this.#applyCopies(op, origin)
      case 'log-start':
        return this.#applyLogStart(op)
      default:
        return this.#applyFlat(op, origin)
    }
  }

  #applyTransaction(op: TransactionOp, origin: number): void {
    for (const nested of op.ops) this.#applyFlat(nested, origin)
    if (op.id !== '') this.outcomes.committed(op.id)
  }

  /** List by list: the messages of one lie on few pages. */
  #applyCopies({ messages }: CopiesOp, origin: number): void {
    const byList = new Map<number, CopyInList[]>()
    for (const message of messages) {
      for (const { list, redeliveries } of message.lists) {
        const copies = byList.get(list) ?? []
        if (copies.length === 0) byList.set(list, copies)
        copies.push({ message, redeliveries })
      }
    }
    for (const [id, copies] of byList) {
      const list = this.lists.get(id)
      if (list === undefined) continue
      for (const copy of copies) this.#applyCopy(list, copy, origin)
    }
  }

  /**
   * A list that has the message learns where it lies now. One that does not has lost it with the
   * start of its log: every list that is named waited for it when the record was made (CopiesOp).
   */
  #applyCopy(list: MessageList, { message, redeliveries }: CopyInList, origin: number): void {
    const { sequence, priority, expirationMs, body } = message
    const position = origin + body.byteOffset
    const known = list.get(sequence)
    if (known !== undefined) {
      this.segments.remove(known.position, known.length)
      list.moved(sequence, position)
    } else {
      const entry = new StoredEntry(sequence, list.id, position, body.length)
      entry.priority = priority
      entry.expirationMs = expirationMs
      entry.redeliveries = redeliveries
      list.insert(entry)
      this.cache.hold(entry, body)
    }
    this.segments.add(position, body.length)
  }

  #applyLogStart({ index }: LogStartOp): void {
    this.logStart = Math.max(this.logStart, index)
  }

  #applyFlat(op: FlatOp, origin: number): void {
    switch (op.kind) {
      case 'message':
        return this.#addMessage(op, origin)
      case 'acknowledge':
        return this.#acknowledge(op.list, op.sequences)
      case 'redelivered':
        return this.#redelivered(op.list, op.sequences)
      case 'producer':
        return this.producers.introduce(op.id, op.name)
      case 'destination-added':
        return this.#addDestination(op)
      case 'destination-removed':
        return this.#removeDestination(op.id)
      case 'subscription-added':
        return this.#addSubscription(op)
      case 'subscription-removed':
        return this.#removeSubscription(op.id)
    }
  }

  #addMessage(op: MessageOp, origin: number): void {
    const sequence = this.nextSequence++
    const position = origin + op.body.byteOffset
    const entries: StoredEntry[] = []
    for (const id of op.lists) {
      const list = this.lists.get(id)
      // A list named twice holds the message once: within a list a sequence is unique.
      if (list === undefined || list.newest === sequence) continue
      const entry = new StoredEntry(sequence, id, position, op.body.length)
      entry.priority = op.priority
      entry.expirationMs = op.expirationMs
      entry.redeliveries = op.redeliveries
      list.append(entry)
      this.segments.add(position, entry.length)
      this.cache.hold(entry, op.body)
      entries.push(entry)
    }
    if (op.producer !== 0) this.producers.stored(op.producer, op.producerSequence)
    this.#listener?.messageAdded(op, entries)
  }

  #acknowledge(id: number, sequences: readonly number[]): void {
    const list = this.lists.get(id)
    if (list === undefined) return
    for (const sequence of sequences) {
      const entry = list.remove(sequence)
      if (entry === undefined) continue
      this.segments.remove(entry.position, entry.length)
      this.cache.release(entry)
    }
  }

  #redelivered(id: number, sequences: readonly number[]): void {
    const list = this.lists.get(id)
    if (list === undefined) return
    for (const sequence of sequences) list.redelivered(sequence)
  }

  #addDestination(op: DestinationAddedOp): void {
    if (this.#isTaken(op.id)) return
    this.destinations.set(op.id, { id: op.id, destination: op.destination })
    this.#changes?.destinations.add(op.id)
    if (isQueueLike(op.destination.kind)) this.addList(op.id)
  }

  #removeDestination(id: number): void {
    if (!this.destinations.delete(id)) return
    this.#changes?.destinations.add(id)
    this.#removeList(id)
    // A topic takes its durable subscriptions along, or they would name a topic that is no more.
    for (const subscription of [...this.subscriptions.values()]) {
      if (subscription.topic === id) this.#removeSubscription(subscription.id)
    }
  }

  #addSubscription(op: SubscriptionAddedOp): void {
    if (this.#isTaken(op.id) || !this.destinations.has(op.topic)) return
    const { id, topic, clientId, name, selector, noLocal } = op
    this.subscriptions.set(id, { id, topic, clientId, name, selector, noLocal })
    this.#changes?.subscriptions.add(id)
    this.addList(id)
  }

  #removeSubscription(id: number): void {
    if (!this.subscriptions.delete(id)) return
    this.#changes?.subscriptions.add(id)
    this.#removeList(id)
  }

  #removeList(id: number): void {
    const list = this.lists.get(id)
    if (list === undefined) return
    this.lists.delete(id)
    list.dissolve(
      (position, length) => this.segments.remove(position, length),
      (entry) => this.cache.release(entry),
    )
  }

  /** Destinations and lists share their numbers. A repeated introduction changes nothing. */
  #isTaken(id: number): boolean {
    if (id >= this.nextId) this.nextId = id + 1
    return this.destinations.has(id) || this.subscriptions.has(id)
  }
}
