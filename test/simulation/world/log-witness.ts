import assert from 'node:assert/strict'
import type { ConfigEntry } from '@quorate/broker/replication/config-history'
import { configsIn } from '@quorate/broker/replication/log-records'
import { lossesIn } from '@quorate/broker/replication/loss-history'
import type { Journal } from '@quorate/broker/store/journal/journal'
import type { LogBatch, LogPoint } from '@quorate/broker/store/journal/log-batch'
import { forEachRecord, parseBatch } from '@quorate/broker/store/journal/log-batch'
import { HEADER_BYTES } from '@quorate/broker/store/journal/record'
import { OP_TYPES } from '@quorate/broker/store/op-codec'
import { SEGMENT_STATE } from '@quorate/broker/store/segment-state'
import type {
  LogPicture,
  RecordPicture,
} from '../../../packages/broker/test/replication/world/ledger.ts'
import { opsOf } from './log-ops.ts'

export interface WitnessedRecord extends RecordPicture {
  /** Where the record ends in the log. */
  readonly endPosition: number
  readonly batch: LogBatch
  readonly config: ConfigEntry | undefined
  /** It is the start of an epoch that may lack something (R10). */
  readonly tellsOfLoss: boolean
}

/**
 * What one store was told to append and to cut, kept beside its journal: what a start finds has to
 * be a beginning of it, and what the journal says of itself is held against it.
 */
export class LogWitness implements LogPicture {
  #records: WitnessedRecord[] = []
  /** Records that are being cut off. */
  #cutting: WitnessedRecord[] = []
  /** The log is being dropped, to go on behind these records, which others have. */
  #adopting: WitnessedRecord[] | null = null
  #journal: Journal | null = null
  /** What the process that ended had written and synced. */
  #lastWritten = 0
  #lastSynced = 0
  /** A loss of power excuses that what comes behind this record is gone at the next start. */
  #unpoweredBehind = Infinity
  /** So does decay, but it may be found long after. */
  #rotten: number[] = []
  /**
   * Records up to this one were no part of the log when it was last opened. Where a process that
   * ended had moved it to, its disk may not know.
   */
  #origin = 0
  /**
   * It may begin there, and not tell why: it began anew and no files were dropped for it, or decay
   * took the record that told.
   */
  #untoldStart = 0

  get length(): number {
    return this.#records.length
  }

  get writtenIndex(): number {
    return this.#journal?.writtenIndex ?? this.#lastWritten
  }

  get syncedIndex(): number {
    return this.#journal?.syncedIndex ?? this.#lastSynced
  }

  get tail(): { readonly epoch: number } {
    return this.#records.at(-1) ?? { epoch: 0 }
  }

  /** A byte of it has changed, and nobody may have noticed. */
  get isRotten(): boolean {
    return this.#rottenFrom < Infinity
  }

  get #rottenFrom(): number {
    const origin = this.#journal?.origin.index ?? this.#origin
    return Math.min(...this.#rotten.filter((index) => index > origin))
  }

  /** The power failed since its last start. */
  get isUnpowered(): boolean {
    return this.#unpoweredBehind < Infinity
  }

  /** Records are being cut off, and are not known to be gone. */
  get isCutting(): boolean {
    return this.#cutting.length > 0
  }

  /** The configuration that the log itself says is in force (R39). */
  get lastConfig(): ConfigEntry | undefined {
    return this.#records.findLast(({ config }) => config !== undefined)?.config
  }

  get lossEpochs(): readonly number[] {
    return this.#records.filter(({ tellsOfLoss }) => tellsOfLoss).map(({ epoch }) => epoch)
  }

  chainAt(index: number): number | undefined {
    return this.#records[index - 1]?.chain
  }

  recordAt(index: number): WitnessedRecord | undefined {
    return this.#records[index - 1]
  }

  /** The record that has the byte at this position, or the next one. */
  indexAt(position: number): number {
    const at = this.#records.findIndex(({ endPosition }) => endPosition > position)
    return at < 0 ? this.length + 1 : at + 1
  }

  /** Positions inside of this range at which records end. */
  endsBetween(from: number, to: number): number[] {
    const ends = this.#records.map(({ endPosition }) => endPosition)
    return ends.filter((end) => end > from && end < to)
  }

  /** Positions of the first and last byte of this record. */
  bytesOf(index: number): [first: number, last: number] | null {
    const record = this.recordAt(index)
    if (record === undefined) return null
    return [this.recordAt(index - 1)?.endPosition ?? 0, record.endPosition - 1]
  }

  append(batch: LogBatch): void {
    assert.equal(batch.previous.index, this.length, 'records are appended without gaps (S3)')
    assert.equal(batch.previous.chain, this.chainAt(this.length) ?? 0, 'and continue the log (S3)')
    const bytes = Buffer.concat(batch.chunks)
    let previous = batch.previous
    forEachRecord(batch, ({ type, payload, position }) => {
      const start = position - batch.previous.position
      const one = parseBatch(bytes.subarray(start, start + HEADER_BYTES + payload.length), previous)
      previous = one.last
      const { epoch, chain, position: endPosition } = one.last
      // Each segment repeats the one in force: that is no change.
      const config = type === SEGMENT_STATE ? undefined : configsIn(one)[0]
      const told = { batch: one, config, tellsOfLoss: lossesIn(one).length > 0 }
      this.#records.push({ epoch, chain, type, payload: '', endPosition, ...told })
    })
  }

  /** A cut begins: until it is done, a crash may undo it. */
  truncate(after: number): void {
    this.#cutting = this.#records.splice(after)
  }

  /** The cut is on the medium. */
  truncated(): void {
    this.#cutting = []
  }

  /** The log is dropped, and will begin behind these records: they need not be there (R38). */
  restart(adopted: readonly WitnessedRecord[]): void {
    this.#cutting = this.#records
    this.#records = []
    this.#adopting = [...adopted]
  }

  /** It begins there on the medium. */
  restarted(): void {
    this.#records = this.#adopting ?? []
    this.#untoldStart = this.#records.length
    this.#adopting = null
    this.#cutting = []
    // Whatever was wrong with what was there is gone with it.
    this.#rotten = []
  }

  /** The first records, up to this one; null when it has another one there. */
  upTo({ index, chain }: LogPoint): readonly WitnessedRecord[] | null {
    return this.chainAt(index) === chain ? this.#records.slice(0, index) : null
  }

  lostPower(): void {
    this.#unpoweredBehind = Math.min(this.#unpoweredBehind, this.syncedIndex)
  }

  rotted(from: number): void {
    this.#rotten.push(from)
  }

  /** The process ended; the disk has what it has. */
  closed(): void {
    this.#lastWritten = this.writtenIndex
    this.#lastSynced = this.syncedIndex
    this.#journal = null
  }

  /** A process found this on the disk. Returns the records that were known and are gone. */
  opened(journal: Journal): readonly RecordPicture[] {
    this.#journal = journal
    this.#origin = journal.origin.index
    if (journal.origin.index === this.#adopting?.length) this.restarted()
    // Ended half way: what is left of it is nothing that anybody relies upon.
    const isHalfDropped = this.#adopting !== null
    this.#adopting = null
    const { index, chain } = journal.tail
    const { isRotten } = this
    const excused = Math.min(this.#unpoweredBehind, this.#rottenFrom - 1)
    const kept = Math.min(this.#lastWritten, excused, this.length)
    // The cut did not happen, or only some of its files are gone.
    if (index > this.length) this.#records.push(...this.#cutting)
    this.#cutting = []
    this.#unpoweredBehind = Infinity
    if (index < this.#rottenFrom) this.#rotten = []
    assert.ok(index >= kept, `a start finds ${index} records, ${kept} should be there`)
    assert.ok(index <= this.length, `a start finds ${index} records, ${this.length} were written`)
    assert.equal(chain, this.chainAt(index) ?? 0, `a start finds another record ${index}`)
    const gone = this.#records.splice(index)
    if (isRotten || isHalfDropped) this.#untoldStart = journal.origin.index
    else this.#mustTellItsStart(journal.origin.index, gone)
    return gone
  }

  /**
   * R19: files are dropped when the copies of what waited there, and the record that says where the
   * log begins, are synced: no loss of power takes these.
   */
  #mustTellItsStart(origin: number, gone: readonly WitnessedRecord[]): void {
    if (origin === this.#untoldStart) return
    const tells = ({ type, batch }: WitnessedRecord): boolean =>
      type === OP_TYPES['log-start'] &&
      opsOf(batch).some((op) => op.kind === 'log-start' && op.index > origin)
    const isKnown = this.#records.some(tells) || !gone.some(tells)
    assert.ok(isKnown, `a start finds a log behind ${origin}, and not why it begins there (R19)`)
  }
}
