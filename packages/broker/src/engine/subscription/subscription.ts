import type { DestinationName } from '@quorate/core/model/destination'
import type { Client, ClientSink, Consumer, ConsumerOptions } from '../client.ts'
import type { PatternSubscriber } from '../destination/destination-registry.ts'
import type { Queue } from '../destination/queue.ts'
import type { Topic, TopicOrigin, TopicSubscriber } from '../destination/topic.ts'
import { Backlog } from '../dispatch/backlog.ts'
import type { BacklogPort, Receiver } from '../dispatch/backlog.ts'
import type { TurnWork } from '../dispatch/dispatcher.ts'
import type { Entry } from '../dispatch/entry.ts'
import { PrefetchWindow } from '../dispatch/prefetch-window.ts'
import type { EngineCore } from '../engine-core.ts'
import { SilentRecord } from '../pending-records.ts'
import { NO_PENDING_LIMIT, defaultPolicy } from '../policy/destination-policy.ts'
import { ROUND_BYTES_MAX } from '../policy/limits.ts'
import { Browser } from './browser.ts'
import { DispatchedMessage } from './dispatched-message.ts'
import { InFlightList } from './in-flight-list.ts'
import type { Matcher } from './matcher.ts'
import { PullWaiters } from './pull-waiters.ts'
import { TopicFeed } from './topic-feed.ts'

/** The connection a subscription belongs to. */
export interface SubscriptionOwner extends Client {
  readonly sink: ClientSink
  /** Its transport takes deliveries. */
  readonly isWritable: boolean
  /** Something was given to the sink. */
  touch(): void
  subscriptionClosed(subscription: Subscription): void
}

/** Deliveries up to this one count as seen: all of them. */
export const ALL_SEEN = Number.MAX_SAFE_INTEGER

/**
 * A consumer inside the engine: it receives from any number of backlogs (queues, a durable
 * subscription) and topics, keeps what is unacknowledged, and gives it back when it ends.
 */
export class Subscription
  implements Consumer, Receiver, TurnWork, TopicSubscriber, PatternSubscriber
{
  readonly options: ConsumerOptions
  readonly inFlight = new InFlightList()
  readonly client: SubscriptionOwner
  marked = false
  readonly #core: EngineCore
  readonly #matcher: Matcher | null
  readonly #window: PrefetchWindow
  readonly #pulls: PullWaiters
  readonly #feed: TopicFeed
  readonly #browser: Browser | null
  readonly #backlogs: Backlog[] = []
  readonly #queues: Queue[] = []
  readonly #topics: Topic[] = []
  readonly #missesNothing: boolean
  /** Made with the first topic of which it is to miss nothing. */
  #topicBacklog: Backlog | null = null
  #browserEnded = false
  #nextDeliveryId = 1
  #closed = false

  constructor(
    core: EngineCore,
    client: SubscriptionOwner,
    options: ConsumerOptions,
    matcher: Matcher | null,
  ) {
    this.#core = core
    this.client = client
    this.options = options
    this.#matcher = matcher
    this.#window = new PrefetchWindow(options.prefetch)
    this.#pulls = new PullWaiters(core.clock, () => this.#pullTimedOut())
    const limit = pendingLimit(core, options)
    this.#missesNothing = limit === NO_PENDING_LIMIT
    const most = this.#missesNothing ? defaultPolicy.pendingMessageLimit : limit
    this.#feed = new TopicFeed(core.feeds, most)
    this.#browser = options.browser ? new Browser(core.store) : null
  }

  get priority(): number {
    return this.options.priority
  }

  get exclusive(): boolean {
    return this.options.exclusive
  }

  get noLocal(): boolean {
    return this.options.noLocal
  }

  get isClosed(): boolean {
    return this.#closed
  }

  get free(): number {
    return this.#closed || !this.client.isWritable ? 0 : this.#window.free
  }

  /** Messages leave their lists by what it acknowledges. */
  get drawsOnLists(): boolean {
    return this.#backlogs.length > 0
  }

  /** Bytes of topics' messages that wait for it. */
  get pendingBytes(): number {
    return this.#feed.bytes + (this.#topicBacklog?.bytes ?? 0)
  }

  accepts(entry: Entry): boolean {
    return this.#matcher === null || this.#matcher(entry)
  }

  attachQueue(queue: Queue): void {
    if (this.#queues.includes(queue)) return
    this.#queues.push(queue)
    queue.consumers++
    if (this.#browser === null) {
      this.attachBacklog(queue.backlog)
      return
    }
    const others = queue.backlog.receivers.filter((one) => one instanceof Subscription)
    const handedOut = others.flatMap((one) => [...one.inFlight])
    const mine = handedOut.filter(({ source, entry }) => {
      return source === queue.backlog && entry.stored === null
    })
    this.#browser.add(
      queue.backlog,
      mine.map(({ entry }) => entry),
    )
    this.#mark()
  }

  attachTopic(topic: Topic): void {
    if (this.#topics.includes(topic)) return
    this.#topics.push(topic)
    topic.subscribe(this, this.#missesNothing && topic.id !== 0 ? this.#ownBacklog() : null)
  }

  /** Messages come from here too. */
  attachBacklog(backlog: Backlog): void {
    this.#backlogs.push(backlog)
    backlog.attach(this)
  }

  offer(entry: Entry, origin: TopicOrigin): void {
    if (this.#closed || !this.accepts(entry)) return
    if (this.#topicBacklog !== null && origin.id !== 0) {
      this.#topicBacklog.offer(entry)
      return
    }
    this.#feed.offer(entry, origin, this.free)
    this.#mark()
  }

  deliver(source: Backlog, entries: readonly Entry[]): void {
    if (this.#closed) {
      source.giveBack(entries)
      return
    }
    // What a topic's subscriber was sent never comes again, however it waited.
    const back = source === this.#topicBacklog ? null : source
    if (back === null) for (const entry of entries) source.leave(entry)
    this.#send(entries.map((entry) => this.#dispatched(back, source.destination, entry)))
  }

  sourceLoaded(): void {
    if (this.#pulls.hasImpatient) this.#mark()
  }

  /** What does not come from a backlog: topics' messages, a browser's pages, the end of pulls. */
  dispatch(): void {
    if (this.#closed) return
    if (this.#feed.length > 0) this.#dispatchFeed()
    if (this.#browser !== null) this.#dispatchBrowser(this.#browser)
    if (this.#pulls.hasImpatient) this.#answerImpatient()
  }

  setPrefetch(prefetch: number): void {
    this.#window.resize(prefetch)
    this.wake()
  }

  pull(timeoutMs: number): void {
    if (this.#closed || !this.#window.pull()) return
    this.#pulls.add(timeoutMs)
    this.wake()
  }

  /** There may be room for more. */
  wake(): void {
    for (const backlog of this.#backlogs) backlog.mark()
    this.#mark()
  }

  /** The client has seen it; it stays unacknowledged. */
  seen(delivery: DispatchedMessage): void {
    if (delivery.seen) return
    delivery.seen = true
    this.#window.seen()
  }

  /** It is not with the client any more. false when it was not. */
  settle(delivery: DispatchedMessage): boolean {
    if (delivery.state === 'settled' || !this.inFlight.remove(delivery)) return false
    delivery.state = 'settled'
    this.#window.settle(delivery.seen)
    return true
  }

  close(lastDeliveredId: number): void {
    if (this.#closed) return
    this.#closed = true
    this.#pulls.close()
    this.#browser?.close()
    for (const backlog of this.#backlogs) backlog.detach(this)
    for (const queue of this.#queues) queue.consumers--
    for (const topic of this.#topics) {
      topic.unsubscribe(this)
      this.#core.registry.forgetUnheard(topic)
    }
    this.#core.registry.unsubscribePattern(this)
    this.#feed.close()
    // What an open transaction has acknowledged stays with it until its end.
    const back = [...this.inFlight].filter(({ state }) => state === 'out')
    for (const delivery of back) delivery.state = 'settled'
    this.inFlight.clear()
    this.takeBack(back, lastDeliveredId)
    this.#topicBacklog?.discard()
    if (this.#topicBacklog !== null) this.#core.flow.eased()
    this.client.subscriptionClosed(this)
  }

  /** This leadership is over: nothing goes back, nobody is told (R29). */
  abandon(): void {
    this.#closed = true
    this.#pulls.close()
  }

  /**
   * Settled deliveries go back to where they came from. Those up to `lastDeliveredId` count as
   * failed, in the log too, so that the count survives a failover (R44).
   */
  takeBack(deliveries: readonly DispatchedMessage[], lastDeliveredId: number): void {
    const sources = new Map<Backlog, DispatchedMessage[]>()
    for (const delivery of deliveries) {
      if (delivery.source === null) continue
      const group = sources.get(delivery.source)
      if (group === undefined) sources.set(delivery.source, [delivery])
      else group.push(delivery)
    }
    for (const [source, group] of sources) {
      const failed = group.filter(({ id }) => id <= lastDeliveredId).map(({ entry }) => entry)
      this.countFailures(source, failed)
      source.giveBack(group.map(({ entry }) => entry))
    }
  }

  /** These deliveries failed: their messages' counters rise. */
  countFailures(source: Backlog, entries: readonly Entry[]): void {
    const sequences: number[] = []
    for (const entry of entries) {
      entry.redeliveries++
      if (entry.stored !== null) sequences.push(entry.place)
    }
    if (sequences.length === 0) return
    sequences.sort((one, other) => one - other)
    const op = { kind: 'redelivered', list: source.listId, sequences } as const
    this.#core.records.append(op, new SilentRecord())
  }

  /**
   * Where messages wait that it is not to miss. Those of advisories do not: every client of JMS
   * subscribes to some, and would count as one that consumes.
   */
  #ownBacklog(): Backlog {
    if (this.#topicBacklog === null) {
      this.#topicBacklog = topicBacklog(this.#core, this.options.destination)
      this.attachBacklog(this.#topicBacklog)
    }
    return this.#topicBacklog
  }

  #mark(): void {
    if (!this.#closed) this.#core.dispatcher.mark(this)
  }

  #dispatched(
    source: Backlog | null,
    destination: DestinationName,
    entry: Entry,
  ): DispatchedMessage {
    return new DispatchedMessage(this.#nextDeliveryId++, this, { source, destination }, entry)
  }

  #send(deliveries: DispatchedMessage[]): void {
    for (const delivery of deliveries) this.inFlight.push(delivery)
    this.#window.handOut(deliveries.length)
    this.#pulls.fulfil(deliveries.length)
    this.client.sink.dispatch(this, deliveries)
    this.client.touch()
  }

  #dispatchFeed(): void {
    this.#feed.stay()
    const deliveries: DispatchedMessage[] = []
    const nowMs = this.#core.clock.wallMs()
    let bytes = 0
    for (let free = this.free; free > 0 && bytes < ROUND_BYTES_MAX; free--) {
      const next = this.#feed.take(nowMs)
      if (next === undefined) break
      bytes += next.entry.length
      deliveries.push(this.#dispatched(null, next.origin.destination, next.entry))
    }
    if (deliveries.length > 0) this.#send(deliveries)
    // The peer may not read: more of it in the next turn, if it does.
    if (bytes >= ROUND_BYTES_MAX) this.#mark()
  }

  #dispatchBrowser(browser: Browser): void {
    const taken = browser.take(this.free, () => this.#mark())
    if (taken.length > 0) {
      this.#send(
        taken.map(({ entry, backlog }) => this.#dispatched(null, backlog.destination, entry)),
      )
    }
    if (!browser.isDone || this.#browserEnded) return
    this.#browserEnded = true
    this.client.sink.endOfMessages(this)
    this.client.touch()
  }

  #answerImpatient(): void {
    for (const backlog of this.#backlogs) backlog.dispatch()
    if (!this.#backlogs.some((backlog) => backlog.isLoading)) this.#pullTimedOut()
  }

  #pullTimedOut(): void {
    for (let left = this.#pulls.expire(); left > 0; left--) {
      this.#window.cancelPull()
      this.client.sink.endOfMessages(this)
      this.client.touch()
    }
  }
}

/** As in ActiveMQ a consumer may ask for less than the policy allows, not for more. */
function pendingLimit(core: EngineCore, { destination, pendingLimit: asked }: ConsumerOptions) {
  const { pendingMessageLimit } = core.backlogs.policies.of(destination)
  if (asked <= 0) return pendingMessageLimit
  return pendingMessageLimit === NO_PENDING_LIMIT ? asked : Math.min(asked, pendingMessageLimit)
}

/** What waits for one subscriber, and nobody else: what has expired of it just goes. */
function topicBacklog(core: EngineCore, destination: DestinationName): Backlog {
  const port: BacklogPort = {
    ...core.backlogs,
    keepsExpired: () => false,
    expired: (source, entries, done) => {
      for (const entry of entries) source.leave(entry)
      done()
    },
  }
  return new Backlog(port, destination, 0)
}
