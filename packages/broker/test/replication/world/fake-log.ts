import assert from 'node:assert/strict'
import type { ConfigEntry } from '../../../src/replication/config-history.ts'
import { configsIn } from '../../../src/replication/log-records.ts'
import type { LossEntry } from '../../../src/replication/carried-state.ts'
import { lossesIn } from '../../../src/replication/loss-history.ts'
import type { LogView } from '../../../src/replication/replica/context.ts'
import type { LogBatch, LogPoint } from '../../../src/store/journal/log-batch.ts'
import {
  BatchBuilder,
  EMPTY_LOG,
  forEachRecord,
  parseBatch,
} from '../../../src/store/journal/log-batch.ts'
import type { RecordPicture } from './ledger.ts'

/** One record of the fake log: a batch of its own, and what it says. */
export interface FakeRecord {
  readonly batch: LogBatch
  readonly type: number
  readonly payload: string
  /** The configuration that it brings. */
  readonly config: ConfigEntry | undefined
  /** The possible loss that it tells of, if any (R10). */
  readonly losses: readonly LossEntry[]
}

/** A log in memory that tells written from synced, and can lose what was not synced. */
export class FakeLog implements LogView {
  records: FakeRecord[] = []
  writtenIndex = 0
  syncedIndex = 0
  isShortOfSpace = false
  /** The point before the first record. Only logs of a single replica ever begin later. */
  origin: LogPoint = EMPTY_LOG

  get tail(): LogPoint {
    return this.records.at(-1)?.batch.last ?? this.origin
  }

  endOfEpoch(epoch: number): { epoch: number; lastIndex: number } {
    for (let i = this.records.length - 1; i >= 0; i--) {
      const { last } = (this.records[i] as FakeRecord).batch
      if (last.epoch <= epoch) return { epoch: last.epoch, lastIndex: last.index }
    }
    return { epoch: this.origin.epoch, lastIndex: this.origin.index }
  }

  get length(): number {
    return this.records.length
  }

  recordAt(index: number): RecordPicture | undefined {
    const record = this.records[index - 1]
    if (record === undefined) return undefined
    const { epoch, chain } = record.batch.last
    return { epoch, chain, type: record.type, payload: record.payload }
  }

  chainAt(index: number): number | undefined {
    return this.records[index - 1]?.batch.last.chain
  }

  /** The configuration that the log itself says is in force (R39). */
  get lastConfig(): ConfigEntry | undefined {
    return this.records.findLast(({ config }) => config !== undefined)?.config
  }

  /** Every possible loss that the log itself tells of. */
  get losses(): readonly LossEntry[] {
    return this.records.flatMap(({ losses }) => losses)
  }

  get lossEpochs(): readonly number[] {
    return this.losses.map(({ epoch }) => epoch)
  }

  append(batch: LogBatch): void {
    assert.equal(batch.previous.index, this.tail.index)
    assert.equal(batch.previous.chain, this.tail.chain)
    const bytes = Buffer.concat(batch.chunks)
    let previous = batch.previous
    forEachRecord(batch, ({ type, payload, position }) => {
      const start = position - batch.previous.position
      const one = parseBatch(bytes.subarray(start, start + 40 + payload.length), previous)
      previous = one.last
      const config = configsIn(one)[0]
      const text = payload.toString('latin1')
      this.records.push({ batch: one, type, payload: text, config, losses: lossesIn(one) })
    })
  }

  make(epoch: number, type: number, payload: Buffer): LogBatch {
    const builder = new BatchBuilder({
      tail: this.tail,
      epoch,
      segmentStart: this.records.length === 0 ? null : 0,
      segmentSizeBytes: 1 << 30,
    })
    builder.add(type, payload)
    return builder.take()
  }

  truncate(after: number): void {
    this.records = this.records.slice(0, after)
    this.writtenIndex = Math.min(this.writtenIndex, after)
    this.syncedIndex = Math.min(this.syncedIndex, after)
  }

  /** As many records as are wanted, as far as they are written. */
  read(from: number, count: number): LogBatch | null {
    if (from > this.writtenIndex) return null
    const batches = this.records.slice(from - 1, Math.min(this.writtenIndex, from + count - 1))
    const [first] = batches as [FakeRecord]
    if (batches.length === 1) return first.batch
    const chunks = batches.flatMap(({ batch }) => batch.chunks)
    return parseBatch(Buffer.concat(chunks), first.batch.previous)
  }

  /** What a restart finds: everything written, or after a power cut only what was synced. */
  restarted(powerCut: boolean): FakeLog {
    return this.upTo(powerCut ? this.syncedIndex : this.writtenIndex)
  }

  upTo(kept: number): FakeLog {
    const log = new FakeLog()
    log.records = this.records.slice(0, kept)
    log.writtenIndex = kept
    log.syncedIndex = kept
    return log
  }
}
