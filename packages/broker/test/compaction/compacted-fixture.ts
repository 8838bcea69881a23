import assert from 'node:assert/strict'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { silentLog } from '@quorate/core/base/log'
import { COMPACTION_LOOK_MS, COPY_PAUSE_MS, Compactor } from '../../src/compaction/compactor.ts'
import type { CompactedLog, LogSegment } from '../../src/compaction/compactor.ts'
import { COPY_HEAD_ROOM_SHARE, copyRoomOf } from '../../src/compaction/copy-room.ts'
import { recordOf } from '../../src/replication/node-log.ts'
import type { BodyRef } from '../../src/store/body-source.ts'
import { describeFold } from '../../src/store/digest.ts'
import { sequenceIn } from '../../src/store/fold/fold-state.ts'
import { BatchBuilder, EMPTY_LOG } from '../../src/store/journal/log-batch.ts'
import type { LogBatch } from '../../src/store/journal/log-batch.ts'
import type { LogOp } from '../../src/store/log-op.ts'
import { MemoryStore } from '../../src/store/memory/memory-store.ts'
import { SEGMENT_STATE, encodeSegmentState } from '../../src/store/segment-state.ts'

/** A log in memory whose records are applied at once, a store over it, and a compactor. */
export class CompactedFixture implements CompactedLog {
  readonly store = new MemoryStore()
  readonly clock = new ManualClock()
  readonly compactor: Compactor
  fedIndex = Infinity
  /** A disk of this size; without it there is no end of room. */
  diskBytes: number | null = null
  lacksSpace = false
  /** The part of the disk that is to be kept free. */
  headRoomShare = 1 / 2
  segments: LogSegment[] = []
  /** Operations that the compactor appended. */
  readonly appended: LogOp[] = []
  /** Whether records wait before they are settled, until `settle`. */
  isBusy = false
  readonly #waiting: (() => LogOp)[] = []
  readonly #batches: LogBatch[] = []
  readonly #builder = new BatchBuilder({
    tail: EMPTY_LOG,
    epoch: 1,
    segmentStart: null,
    segmentSizeBytes: Infinity,
  })

  constructor() {
    this.compactor = new Compactor({
      log: this,
      fold: this.store.fold,
      appliedIndex: () => this.store.appliedIndex,
      bodies: { readAt: (refs) => Promise.resolve(refs.map((ref) => this.#bodyAt(ref))) },
      clock: this.clock,
      logger: silentLog,
      onFailure: (error) => assert.fail(error),
    })
    this.segments.push({ firstIndex: 1, position: 0 })
    this.compactor.start()
  }

  get freeBytes(): number {
    const first = this.segments.find(({ firstIndex }) => firstIndex >= this.start)
    return (this.diskBytes ?? Infinity) - (this.endPosition - (first?.position ?? 0))
  }

  get headRoomBytes(): number {
    return (this.diskBytes ?? 0) * this.headRoomShare
  }

  get roomBytes(): number {
    const { freeBytes, headRoomBytes } = this
    return copyRoomOf({ freeBytes, headRoomBytes, isShort: freeBytes < headRoomBytes }, false)
  }

  /** Makes the disk so large that copies may write so much and no more. */
  leaveRoom(bytes: number): void {
    const keptFree = (1 - COPY_HEAD_ROOM_SHARE) * this.headRoomShare
    this.diskBytes = (bytes + this.endPosition) / (1 - keptFree)
  }

  get endPosition(): number {
    return this.#builder.position
  }

  /** The first record that the log needs to have. */
  get start(): number {
    return this.store.fold.logStart
  }

  run(...ops: LogOp[]): void {
    for (const op of ops) {
      const { type, payload } = recordOf(op)
      this.#add(type, payload)
    }
  }

  beginSegment(leastBytes = 0): boolean {
    if (this.endPosition - (this.segments.at(-1)?.position ?? 0) < leastBytes) return false
    this.#builder.startSegment()
    this.segments.push({ firstIndex: this.#builder.nextIndex, position: this.#builder.position })
    const state = { replication: Buffer.alloc(0), fold: this.store.encodeState() }
    this.#add(SEGMENT_STATE, encodeSegmentState(state))
    return true
  }

  /** Time for so many steps of the compactor. */
  async compact(steps = 20): Promise<void> {
    for (let i = 0; i < steps; i++) {
      this.clock.advance(Math.max(COMPACTION_LOOK_MS, COPY_PAUSE_MS))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** What was appended before is applied by now. */
  settle(): void {
    this.isBusy = false
    for (const make of this.#waiting.splice(0)) this.appendSettled(make)
  }

  append(op: LogOp): void {
    this.appended.push(op)
    this.run(op)
  }

  appendSettled(make: () => LogOp): void {
    if (this.isBusy) this.#waiting.push(make)
    else this.append(make())
  }

  sequenceAt({ firstIndex }: LogSegment): Promise<number | null | 'unwritten'> {
    const batch = this.#batches.find((each) => each.firstIndex === firstIndex)
    return Promise.resolve(batch === undefined ? 'unwritten' : sequenceIn(batch))
  }

  /** The whole state, as a broker has it that knows nothing but the log from its start on. */
  rebuilt(): string[] {
    const origin = this.#batches.find(({ lastIndex }) => lastIndex === this.start - 1)?.last
    const store = new MemoryStore({ origin: origin ?? EMPTY_LOG })
    for (const batch of this.#batches) {
      if (batch.firstIndex >= this.start) store.apply(batch, batch.lastIndex)
    }
    return [...describeFold(store.fold)]
  }

  state(): string[] {
    return [...describeFold(this.store.fold)]
  }

  /** What waits before the start of the log. */
  get waitingBeforeStart(): number {
    const segment = this.segments.find(({ firstIndex }) => firstIndex === this.start)
    return segment === undefined ? 0 : this.store.fold.segments.before(segment.position).messages
  }

  #add(type: number, payload: Buffer | readonly Buffer[]): void {
    this.#builder.add(type, payload)
    const batch = this.#builder.take()
    this.#batches.push(batch)
    this.store.apply(batch, batch.lastIndex)
  }

  #bodyAt({ position, length }: BodyRef): Buffer {
    const batch = this.#batches.find(({ last }) => last.position > position)
    assert.ok(batch !== undefined, 'a body lies in the log')
    const at = position - batch.previous.position
    return Buffer.concat([...batch.chunks]).subarray(at, at + length)
  }
}
