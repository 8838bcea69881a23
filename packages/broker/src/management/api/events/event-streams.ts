import type { Clock, Timer } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import type { DestinationName } from '@quorate/core/model/destination'
import type { ManagedBroker } from '../managed-broker.ts'
import { EventStream } from './event-stream.ts'
import type { EventSink } from './event-stream.ts'
import { nodeFacts } from './node-facts.ts'

/** Streams of events of one node. */
export const EVENT_STREAMS_MAX = 64
/** How often it is looked what has changed, in milliseconds... */
const LOOK_MS = 1000
/** ...unless that takes longer than one part in so many: a node with very many destinations. */
const LOOK_SHARE = 20
/** Between two signs of life, in milliseconds, as far as looks are that often. */
const BEAT_MS = 15_000

/**
 * All who watch this node. It is looked once a second what has changed, for all of them together,
 * and not at all while nobody watches.
 */
export class EventStreams {
  readonly #broker: ManagedBroker
  readonly #clock: Clock
  readonly #streams = new Set<EventStream>()
  #look: Timer | null = null
  #beatAtMs = 0

  constructor(broker: ManagedBroker, clock: Clock) {
    this.#broker = broker
    this.#clock = clock
  }

  get size(): number {
    return this.#streams.size
  }

  /** Throws CONNECTION_LIMIT where there are as many as there may be. */
  checkRoom(): void {
    if (this.#streams.size < EVENT_STREAMS_MAX) return
    throw new BrokerError('CONNECTION_LIMIT', 'Too many streams of events are open.', {
      details: { most: EVENT_STREAMS_MAX },
    })
  }

  /** Tells everything once, and from then on what changes. Returns what ends it. */
  open(sink: EventSink, watched: readonly DestinationName[]): () => void {
    const stream = new EventStream(sink, watched)
    this.#streams.add(stream)
    if (this.#look === null) {
      this.#beatAtMs = this.#clock.monotonicMs() + BEAT_MS
      this.#lookAfter(LOOK_MS)
    }
    const { status, administration } = this.#broker
    stream.tell(nodeFacts(status()), administration())
    return () => this.#forget(stream)
  }

  stop(): void {
    for (const stream of [...this.#streams]) {
      stream.close()
      this.#forget(stream)
    }
  }

  #lookAfter(delayMs: number): void {
    this.#look = this.#clock.after(delayMs, () => {
      const beganMs = this.#clock.monotonicMs()
      this.#look = null
      this.#tellAll()
      const tookMs = this.#clock.monotonicMs() - beganMs
      if (this.#streams.size > 0) this.#lookAfter(Math.max(LOOK_MS, LOOK_SHARE * tookMs))
    })
  }

  #tellAll(): void {
    const node = nodeFacts(this.#broker.status())
    const engine = this.#broker.administration()
    const nowMs = this.#clock.monotonicMs()
    const isBeat = nowMs >= this.#beatAtMs
    if (isBeat) this.#beatAtMs = nowMs + BEAT_MS
    for (const stream of [...this.#streams]) {
      const isThere = stream.tell(node, engine) && (!isBeat || stream.beat())
      if (!isThere) this.#forget(stream)
    }
  }

  #forget(stream: EventStream): void {
    if (!this.#streams.delete(stream) || this.#streams.size > 0) return
    this.#look?.cancel()
    this.#look = null
  }
}
