import { Deque } from '@quorate/core/base/deque'
import { BrokerError } from '@quorate/core/base/errors'
import { LARGE_BYTES } from '@quorate/core/base/roomy-memory'
import { byteLengthOf } from '../store/journal/chunk-cursor.ts'
import { BatchBuilder, mustFitRecord } from '../store/journal/log-batch.ts'
import type { LogBatch, LogPoint } from '../store/journal/log-batch.ts'
import { HEADER_BYTES } from '../store/journal/record.ts'

export interface RecordContent {
  readonly type: number
  readonly payload: Buffer | readonly Buffer[]
}

/** Makes the content of a record when everything before it has been applied. */
export type SettledContent = () => RecordContent

export interface LeaderLogOptions {
  readonly segmentSizeBytes: number
  /** Runs the work once at the end of this turn of the event loop. */
  readonly schedule: (work: () => void) => void
  /** Takes the batch of the turn: to the journal and to the followers. */
  readonly onBatch: (batch: LogBatch) => void
  readonly appliedIndex: () => number
  /** The first record of a segment (segment-state.ts). */
  readonly segmentState: SettledContent
}

interface Settled {
  readonly content: SettledContent
  readonly beginsSegment: boolean
}

/** A segment is at least so many times larger than the state that it begins with. */
const STATE_SHARE = 4
/** The same for one that ends early: one byte of state sets another one free. */
const EARLY_STATE_SHARE = 2

/**
 * Where the leader's records become one batch per turn of the event loop. Open for one epoch at a
 * time; what was appended and not yet handed on when it closes was never sent anywhere.
 *
 * Some records tell how things stand where they are in the log: the state that a segment begins
 * with, and messages that are copied forward. Their content is made when all before them has been
 * applied, and what is appended meanwhile waits behind them:
 *
 *   applied | 7  8 | 9     10  11       9 begins a segment: when 8 is applied its content is made,
 *                    state held          and 9, 10 and 11 leave together
 */
export class LeaderLog {
  readonly #options: LeaderLogOptions
  #builder: BatchBuilder | null = null
  #isScheduled = false
  /** Where the segment of the tail begins. */
  #segmentStart = 0
  #stateBytes = 0
  /** Batches that are cut already: a large record is one of its own. */
  #cut: LogBatch[] = []
  #cutBytes = 0
  readonly #held = new Deque<Settled | RecordContent>()
  #heldBytes = 0

  constructor(options: LeaderLogOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#builder !== null
  }

  /** Bytes appended and not handed on. */
  get gatheredBytes(): number {
    return this.#heldBytes + this.#cutBytes + (this.#builder?.byteLength ?? 0)
  }

  /** `segmentStart`: where the segment of the tail begins, null before the first. */
  open(epoch: number, tail: LogPoint, segmentStart: number | null): void {
    this.#segmentStart = segmentStart ?? tail.position
    // It is full when we say so, not at some size: its last record does not know of the next.
    this.#builder = new BatchBuilder({ tail, epoch, segmentStart, segmentSizeBytes: Infinity })
  }

  close(): void {
    this.#builder = null
    this.#cut = []
    this.#cutBytes = 0
    this.#held.clear()
    this.#heldBytes = 0
  }

  /**
   * Returns the record's index. Throws LEADERSHIP_LOST when this node does not lead (R47),
   * RESOURCE_LIMIT when no record can hold that much.
   */
  append(type: number, payload: Buffer | readonly Buffer[]): number {
    const builder = this.#opened()
    const length = lengthOf(payload)
    mustFitRecord(length)
    this.#schedule()
    // Nothing is applied before the first record of an epoch is committed (R20): that one waits
    // for nothing.
    const mayHold = !builder.isAtStart
    if (mayHold && this.#held.length === 0 && this.#isFull(builder, length)) {
      this.#held.push({ content: this.#options.segmentState, beginsSegment: true })
    }
    if (this.#held.length === 0) return this.#add(builder, type, payload, length)
    this.#held.push({ type, payload })
    this.#heldBytes += length
    return builder.nextIndex + this.#held.length - 1
  }

  /** Appends a record whose content is made when everything before it has been applied. */
  appendSettled(content: SettledContent): void {
    this.#opened()
    this.#schedule()
    this.#held.push({ content, beginsSegment: false })
  }

  /**
   * Begins a segment before the present one is full, unless that has less than `leastBytes`.
   * Returns whether it does. Throws LEADERSHIP_LOST.
   */
  beginSegment(leastBytes: number): boolean {
    const builder = this.#opened()
    if (builder.isAtStart || this.#held.length > 0) return false
    const used = builder.position - this.#segmentStart
    if (used < Math.max(leastBytes, EARLY_STATE_SHARE * this.#stateBytes)) return false
    this.#schedule()
    this.#held.push({ content: this.#options.segmentState, beginsSegment: true })
    return true
  }

  /** More has been applied. */
  settled(): void {
    if (this.#held.length > 0) this.flush()
  }

  flush(): void {
    this.#isScheduled = false
    const builder = this.#builder
    if (builder === null) return
    this.#takeHeld(builder)
    this.#cutOff(builder)
    // The leadership may end at any of them; what is left is dropped then.
    for (let batch = this.#cut.shift(); batch !== undefined; batch = this.#cut.shift()) {
      this.#cutBytes -= batch.byteLength
      this.#options.onBatch(batch)
    }
  }

  /** A large record travels alone: together they would be too large for a frame. */
  #add(
    builder: BatchBuilder,
    type: number,
    payload: RecordContent['payload'],
    length: number,
  ): number {
    const isLarge = length >= LARGE_BYTES
    if (isLarge) this.#cutOff(builder)
    const index = builder.add(type, payload)
    if (isLarge) this.#cutOff(builder)
    return index
  }

  #cutOff(builder: BatchBuilder): void {
    if (builder.isEmpty) return
    const batch = builder.take()
    this.#cut.push(batch)
    this.#cutBytes += batch.byteLength
  }

  #opened(): BatchBuilder {
    if (this.#builder !== null) return this.#builder
    throw new BrokerError('LEADERSHIP_LOST', 'this broker no longer leads')
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#options.schedule(() => this.flush())
  }

  #isFull(builder: BatchBuilder, length: number): boolean {
    const used = builder.position - this.#segmentStart
    const isFull = used > 0 && used + HEADER_BYTES + length > this.#options.segmentSizeBytes
    return isFull && used >= STATE_SHARE * this.#stateBytes
  }

  #takeHeld(builder: BatchBuilder): void {
    for (let next = this.#held.peek(); next !== undefined; next = this.#held.peek()) {
      if ('content' in next) {
        if (this.#options.appliedIndex() !== builder.nextIndex - 1) return
        this.#addSettled(builder, next)
      } else {
        const length = lengthOf(next.payload)
        this.#add(builder, next.type, next.payload, length)
        this.#heldBytes -= length
      }
      this.#held.shift()
    }
  }

  #addSettled(builder: BatchBuilder, { content, beginsSegment }: Settled): void {
    const { type, payload } = content()
    const length = lengthOf(payload)
    if (beginsSegment) {
      builder.startSegment()
      this.#segmentStart = builder.position
      this.#stateBytes = length
    }
    this.#add(builder, type, payload, length)
  }
}

function lengthOf(payload: Buffer | readonly Buffer[]): number {
  return Buffer.isBuffer(payload) ? payload.length : byteLengthOf(payload)
}
