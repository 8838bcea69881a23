import type { DestinationName } from '@quorate/core/model/destination'
import type { MessageStore, StoredList, StoredMessage } from '../../store/message-store.ts'
import type { Message } from '../client.ts'
import type { DestinationPolicies, DestinationPolicy } from '../policy/destination-policy.ts'
import { ROUND_BYTES_MAX, ROUND_ENTRIES_MAX } from '../policy/limits.ts'
import type { AckBatch } from './ack-batch.ts'
import type { BodyLoader, Loadable } from './body-loader.ts'
import type { Dispatcher, TurnWork } from './dispatcher.ts'
import { Entry } from './entry.ts'
import type { Content } from './entry.ts'
import { MemoryMessages } from './memory-messages.ts'
import type { MemoryMessagesPort } from './memory-messages.ts'
import { PendingCursor } from './pending-cursor.ts'
import { assignRound, pickExclusive } from './round.ts'
import type { Candidate } from './round.ts'
import type { SpilledRun } from './spilled-run.ts'
import type { WindowSpace } from './window-space.ts'

/** A subscription that a backlog hands messages to. */
export interface Receiver extends Candidate<Entry> {
  deliver(source: Backlog, entries: readonly Entry[]): void
  /** Bodies were loaded: what was not known to be there may be there now. */
  sourceLoaded(): void
}

/** What a backlog needs of the engine around it. */
export interface BacklogPort extends MemoryMessagesPort {
  readonly store: MessageStore
  readonly dispatcher: Dispatcher
  readonly acks: AckBatch
  readonly policies: DestinationPolicies
  readonly windows: WindowSpace
  readonly loader: BodyLoader
  readonly takeoverSequence: number
  readonly takeoverDoubtMax: number
  /** Expired messages, which are to leave the store; calls back when that is in the log. */
  expired(source: Backlog, entries: readonly Entry[], done: () => void): void
}

/** What a backlog has seen so far, in messages. */
export interface BacklogCounts {
  readonly depth: number
  readonly bytes: number
  readonly inFlight: number
  /** What messages count that only memory holds, waiting or handed out. */
  readonly memoryBytes: number
  /** 0 = none of its own. */
  readonly memoryLimitBytes: number
  /** Of messages that only the temporary store holds. */
  readonly spilledBytes: number
  readonly enqueued: number
  readonly dispatched: number
  readonly dequeued: number
  readonly expired: number
  readonly consumers: number
}

/**
 * The messages of one list on their way to its subscriptions: a queue's, or a durable
 * subscription's, which is a queue with one consumer; or what waits for a topic's subscriber that
 * is to miss nothing. Holds what waits, shares it out, takes it back.
 */
export class Backlog implements TurnWork, Loadable {
  readonly destination: DestinationName
  /** 0 when nothing here is stored. */
  readonly listId: number
  readonly policy: DestinationPolicy
  marked = false
  awaitsLoad = false
  readonly #port: BacklogPort
  readonly #cursor: PendingCursor
  /** By descending priority, first come first. */
  #receivers: Receiver[] = []
  #exclusive: Receiver | null = null
  #lastServed = -1
  #list: StoredList | undefined
  #fetching = false
  /** Messages that expired are on their way out. */
  #isBurying = false
  /** The destination is gone. */
  #discarded = false
  readonly #memory: MemoryMessages
  #acknowledging = 0
  #inFlight = 0
  #enqueued = 0
  #dispatched = 0
  #dequeued = 0
  #expired = 0

  constructor(port: BacklogPort, destination: DestinationName, listId: number) {
    this.#port = port
    this.destination = destination
    this.listId = listId
    this.policy = port.policies.of(destination)
    this.#memory = new MemoryMessages(port, {
      limitBytes: this.policy.memoryLimitBytes,
      hasReceivers: () => this.#receivers.length > 0,
      changed: () => this.#loaded(),
    })
    this.#cursor = new PendingCursor({
      list: () => this.#storedList(),
      space: port.windows,
      takeoverSequence: port.takeoverSequence,
      takeoverDoubtMax: port.takeoverDoubtMax,
      memory: this.#memory.line,
    })
  }

  /** Of all its messages, wherever they are. */
  get bytes(): number {
    return (this.#storedList()?.bytes ?? 0) + this.#memory.bytes
  }

  get counts(): BacklogCounts {
    return {
      depth: this.depth,
      bytes: this.bytes,
      inFlight: this.#inFlight,
      memoryBytes: this.#memory.memoryBytes,
      memoryLimitBytes: this.policy.memoryLimitBytes,
      spilledBytes: this.#memory.spilledBytes,
      enqueued: this.#enqueued,
      dispatched: this.#dispatched,
      dequeued: this.#dequeued,
      expired: this.#expired,
      consumers: this.#receivers.length,
    }
  }

  /** Messages that have not been acknowledged. */
  get depth(): number {
    return (this.#storedList()?.length ?? 0) - this.#acknowledging + this.#memory.count
  }

  get enqueued(): number {
    return this.#enqueued
  }

  get dequeued(): number {
    return this.#dequeued
  }

  /** Whether it holds as much in memory as it may; producers wait then, if the policy says so. */
  get isMemoryFull(): boolean {
    const { memoryLimitBytes, producerFlowControl } = this.policy
    return (
      producerFlowControl && memoryLimitBytes > 0 && this.#memory.memoryBytes >= memoryLimitBytes
    )
  }

  get receivers(): readonly Receiver[] {
    return this.#receivers
  }

  /** Bodies are being loaded: what comes next is not known yet. */
  get isLoading(): boolean {
    return this.#fetching || this.awaitsLoad || this.#memory.isReading
  }

  get isFetching(): boolean {
    return this.#fetching
  }

  /** Somebody who may be served has room for what comes next. */
  get isNeeded(): boolean {
    if (this.#exclusive !== null) return this.#exclusive.free > 0
    return this.#receivers.some((receiver) => receiver.free > 0)
  }

  attach(receiver: Receiver): void {
    const position = this.#receivers.findIndex((other) => other.priority < receiver.priority)
    const at = position === -1 ? this.#receivers.length : position
    this.#receivers.splice(at, 0, receiver)
    if (at <= this.#lastServed) this.#lastServed++
    this.#chooseExclusive()
    this.mark()
  }

  detach(receiver: Receiver): void {
    const position = this.#receivers.indexOf(receiver)
    if (position === -1) return
    this.#receivers.splice(position, 1)
    if (position <= this.#lastServed) this.#lastServed--
    this.#chooseExclusive()
    if (this.#receivers.length === 0) {
      this.shed()
      // Nothing has to be at hand any more.
      this.#memory.eased()
    }
    this.mark()
  }

  mark(): void {
    if (this.#receivers.length > 0) this.#port.dispatcher.mark(this)
  }

  /** A message has been committed to the list. */
  committed(stored: StoredMessage, message: Message | null): void {
    this.#enqueued++
    this.#cursor.committed(stored, message, this.#receivers.length > 0)
    this.mark()
  }

  /** A message joins that is not stored. */
  offer(message: Content): void {
    if (this.#discarded) return
    const place = this.#port.store.nextSequence - 1
    this.#enqueued++
    const entry = Entry.ofMessage(message, place, this.#memory.nextTurn())
    if (this.#receivers.length === 0) entry.stay()
    this.#memory.add(entry)
    this.mark()
  }

  /** Handed out and acknowledged: the entry is done, the store is told. */
  acknowledge(entry: Entry): void {
    this.leave(entry)
    if (entry.stored !== null) this.#port.acks.add(this, entry.place)
  }

  /** Handed out and done; somebody else tells the store. */
  leave(entry: Entry): void {
    this.#inFlight--
    this.#dequeued++
    if (entry.stored === null) this.#memory.forget(entry)
  }

  /** Handed out, and not taken: the entries wait again, before everything behind them. */
  giveBack(entries: readonly Entry[]): void {
    if (entries.length === 0) return
    this.#putBack(entries)
    if (this.#discarded || entries.every(({ stored }) => stored !== null)) return
    this.#cursor.rejoin()
    this.#memory.eased()
  }

  #putBack(entries: readonly Entry[]): void {
    if (entries.length === 0) return
    this.#inFlight -= entries.length
    if (this.#discarded) {
      for (const entry of entries) if (entry.stored === null) this.#memory.forget(entry)
      return
    }
    for (const entry of entries) entry.stay()
    this.#cursor.giveBack(entries)
    if (this.#receivers.length === 0) this.shed()
    this.mark()
  }

  /**
   * Hands these stored messages to an administrator, as if to a consumer: each leaves, or is given
   * back. Those that do not wait here are left out.
   */
  withdraw(sequences: readonly number[]): Entry[] {
    if (this.#discarded) return []
    const entries = this.#cursor.withdraw(sequences)
    this.#inFlight += entries.length
    return entries
  }

  /** Withdrawn messages are not in the list any more. */
  withdrawn(sequences: readonly number[]): void {
    this.#cursor.left(sequences)
  }

  acknowledging(count: number): void {
    this.#acknowledging += count
  }

  acknowledged(count: number): void {
    this.#acknowledging -= count
  }

  /** Hands out what the subscriptions have room for. */
  dispatch(): void {
    while (this.#round());
    this.#memory.line.stay()
    this.#load()
  }

  /** Waiting messages that are not stored, for browsers; runs of those that are spilled. */
  memoryEntries(): (Entry | SpilledRun)[] {
    return this.#cursor.memoryEntries()
  }

  /** Reads a spilled run that is pinned, and leaves it where it is. */
  look(run: SpilledRun, done: (entries: readonly Entry[]) => void): void {
    this.#memory.look(run, done)
  }

  storedList(): StoredList | undefined {
    return this.#storedList()
  }

  /** Drops the oldest waiting message that is not stored, or a spilled run of them. */
  dropOldestMemory(): void {
    this.#memory.dropOldest()
  }

  /** The same of those in memory; false when there is none. */
  dropOldestInMemory(): boolean {
    return this.#memory.dropOldestInMemory()
  }

  /** Waiting messages that are not stored. */
  get memoryWaiting(): number {
    return this.#memory.line.length
  }

  /** The list is gone; so are the messages that only memory held. */
  discard(): void {
    if (this.#discarded) return
    this.#discarded = true
    for (const entry of this.#cursor.returnedMemory()) this.#memory.forget(entry)
    this.#memory.discard()
    this.shed()
    // Somebody may wait for the memory that it had.
    this.#port.dispatcher.schedule()
  }

  lacksBodies(): boolean {
    return this.#cursor.lacksBodies(this.#port.wallMs())
  }

  fetch(entriesMax: number): boolean {
    if (this.#receivers.length === 0) return false
    this.#cursor.readAhead(entriesMax)
    const missing = this.#cursor.missing(this.#port.wallMs(), entriesMax)
    if (missing.length === 0) return false
    this.#fetching = true
    const { store, windows, loader } = this.#port
    const generation = this.#cursor.generation
    const stored = missing.map((entry) => entry.stored).filter((one) => one !== null)
    const bytes = missing.reduce((sum, { length }) => sum + length, 0)
    windows.bodies.reserve(bytes)
    store.fetch(stored, (bodies) => {
      this.#fetching = false
      windows.bodies.release(bytes)
      this.#cursor.loaded(missing, bodies, generation)
      this.#loaded()
      loader.finished()
    })
    return true
  }

  passedOver(): void {
    for (const receiver of this.#receivers) receiver.sourceLoaded()
  }

  /** The window and all bodies that can be loaded again go. */
  shed(): void {
    this.#cursor.park()
    this.#port.loader.release(this)
  }

  #storedList(): StoredList | undefined {
    if (this.#list === undefined && this.listId !== 0) {
      this.#list = this.#port.store.list(this.listId)
    }
    return this.#list
  }

  #chooseExclusive(): void {
    const present = this.#exclusive === null ? -1 : this.#receivers.indexOf(this.#exclusive)
    this.#exclusive = this.#receivers[pickExclusive(this.#receivers, present)] ?? null
  }

  #round(): boolean {
    const receivers = this.#exclusive === null ? this.#receivers : [this.#exclusive]
    let room = 0
    for (const receiver of receivers) room += receiver.free
    if (room === 0 || !this.#port.dispatcher.leaseValid) return false
    const entries = this.#collect(Math.min(room, ROUND_ENTRIES_MAX))
    if (entries.length === 0) return false
    const last = this.#exclusive === null ? this.#lastServed : -1
    const round = assignRound(entries, receivers, last)
    if (this.#exclusive === null) this.#lastServed = round.last
    return this.#handOut(entries, [...receivers], round.targets)
  }

  /** Up to `count` entries that can be handed out as they are. Expired ones leave on the way. */
  #collect(count: number): Entry[] {
    const entries: Entry[] = []
    const expired: Entry[] = []
    const nowMs = this.#port.wallMs()
    let bytes = 0
    while (
      entries.length < count &&
      expired.length < ROUND_ENTRIES_MAX &&
      bytes < ROUND_BYTES_MAX
    ) {
      const next = this.#cursor.peek()
      if (next === undefined) break
      const isExpired = next.isExpired(nowMs)
      // Those that expired before go first; their bodies are read when they are buried.
      if (isExpired ? this.#isBurying : !this.#cursor.hasBody(next)) break
      this.#cursor.take()
      if (isExpired) expired.push(next)
      else {
        entries.push(next)
        bytes += next.length
      }
    }
    if (expired.length > 0) this.#expire(expired)
    return entries
  }

  #expire(expired: readonly Entry[]): void {
    this.#expired += expired.length
    this.#inFlight += expired.length
    this.#isBurying = true
    this.#port.expired(this, expired, () => {
      this.#isBurying = false
      // There may be more of them, and live ones behind them.
      this.mark()
    })
  }

  /** Whether everything found its subscription. */
  #handOut(
    entries: readonly Entry[],
    receivers: readonly Receiver[],
    targets: readonly number[],
  ): boolean {
    const shares: Entry[][] = receivers.map(() => [])
    const left: Entry[] = []
    entries.forEach((entry, i) => (shares[targets[i] ?? -1] ?? left).push(entry))
    this.#inFlight += entries.length
    this.#dispatched += entries.length - left.length
    // At hand, not in the line: what stands behind them is looked at next.
    this.#putBack(left)
    shares.forEach((share, i) => {
      if (share.length > 0) receivers[i]?.deliver(this, share)
    })
    return left.length === 0
  }

  /** Has the bodies loaded that come next, one batch at a time. */
  #load(): void {
    if (this.#receivers.length === 0) return
    const { isNeeded } = this
    this.#loadSpilled(isNeeded)
    if (this.#cursor.isHolding) this.#port.loader.hold(this)
    if (!this.#fetching && !this.awaitsLoad) this.#port.loader.request(this, isNeeded)
  }

  #loadSpilled(isNeeded: boolean): void {
    const expired = this.#memory.load(isNeeded)
    this.#expired += expired
    this.#dequeued += expired
    // What stands behind them may go.
    if (expired > 0) this.mark()
  }

  #loaded(): void {
    this.mark()
    this.passedOver()
  }
}
