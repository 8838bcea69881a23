import { BrokerError, assert } from '@quorate/core/base/errors'
import { checksum } from './checksum.ts'
import { ChunkCursor, byteLengthOf } from './chunk-cursor.ts'
import type { HeaderFault, RecordHeader } from './record.ts'
import {
  FLAG_SEGMENT_START,
  HEADER_BYTES,
  MAX_PAYLOAD_BYTES,
  decodeHeader,
  emptyHeader,
  encodeHeader,
  readHeader,
  recordBytes,
} from './record.ts'

/**
 * A place between two records: everything that the next record has to continue. `index`, `epoch`
 * and `chain` are those of the last record before it, `position` is where that record ends.
 */
export interface LogPoint {
  readonly index: number
  readonly epoch: number
  /** Header checksum of the record `index`; the chain of the next one. */
  readonly chain: number
  /** Bytes of the whole log before this point. */
  readonly position: number
}

/** Before the first record of a log that begins at its beginning. */
export const EMPTY_LOG: LogPoint = { index: 0, epoch: 0, chain: 0, position: 0 }

export interface EpochStart {
  readonly epoch: number
  /** Index of the first record of the epoch. */
  readonly firstIndex: number
}

export interface SegmentStart {
  /** Index of the first record. */
  readonly index: number
  /** Where the segment, and its first record, begins. */
  readonly position: number
  /** The end of the segment before: what the first record continues. */
  readonly previous: LogPoint
}

/**
 * An unbroken run of complete, encoded records: what is written, replicated and read as a whole.
 */
export interface LogBatch {
  readonly chunks: readonly Buffer[]
  readonly byteLength: number
  /** The point that the first record continues. */
  readonly previous: LogPoint
  /** The point after the last record. */
  readonly last: LogPoint
  readonly firstIndex: number
  readonly lastIndex: number
  /** Epochs that begin inside the batch; empty for nearly all. */
  readonly epochStarts: readonly EpochStart[]
  /** Segments that begin inside the batch; empty for nearly all. */
  readonly segmentStarts: readonly SegmentStart[]
  /** Of its records: who looks for rare ones, whose types are low, need not look at each. */
  readonly lowestType: number
}

/** One record of a batch. Reused from record to record: valid during the call only. */
export interface RecordView {
  readonly index: number
  readonly epoch: number
  readonly type: number
  readonly payload: Buffer
  /** Where the record begins in the log. */
  readonly position: number
  /** Where its payload begins in the log. */
  readonly payloadPosition: number
  /** The chain that the next record carries. */
  readonly headerChecksum: number
  readonly beginsSegment: boolean
}

/** A type is one byte. */
const TYPE_MAX = 0xff
const NO_STARTS: readonly never[] = Object.freeze([])

/** Follows a run of records: the points before and after, and the boundaries inside. */
class BatchTrack {
  #index: number
  #epoch: number
  #chain: number
  #position: number
  #previous: LogPoint
  #epochStarts: EpochStart[] | null = null
  #segmentStarts: SegmentStart[] | null = null
  #lowestType = TYPE_MAX

  constructor(previous: LogPoint) {
    this.#previous = previous
    this.#index = previous.index
    this.#epoch = previous.epoch
    this.#chain = previous.chain
    this.#position = previous.position
  }

  get index(): number {
    return this.#index
  }

  get epoch(): number {
    return this.#epoch
  }

  get chain(): number {
    return this.#chain
  }

  get position(): number {
    return this.#position
  }

  get isEmpty(): boolean {
    return this.#index === this.#previous.index
  }

  get byteLength(): number {
    return this.#position - this.#previous.position
  }

  advance(header: RecordHeader): void {
    const { index, epoch } = header
    if (epoch !== this.#epoch) {
      this.#epochStarts ??= []
      this.#epochStarts.push({ epoch, firstIndex: index })
    }
    if ((header.flags & FLAG_SEGMENT_START) !== 0) {
      this.#segmentStarts ??= []
      this.#segmentStarts.push({ index, position: this.#position, previous: this.point() })
    }
    if (header.type < this.#lowestType) this.#lowestType = header.type
    this.#index = index
    this.#epoch = epoch
    this.#chain = header.headerChecksum
    this.#position += recordBytes(header)
  }

  point(): LogPoint {
    return {
      index: this.#index,
      epoch: this.#epoch,
      chain: this.#chain,
      position: this.#position,
    }
  }

  /** The batch of everything since the last call, whose bytes are `chunks`. */
  finish(chunks: readonly Buffer[]): LogBatch {
    const previous = this.#previous
    const last = this.point()
    const batch: LogBatch = {
      chunks,
      byteLength: last.position - previous.position,
      previous,
      last,
      firstIndex: previous.index + 1,
      lastIndex: last.index,
      epochStarts: this.#epochStarts ?? NO_STARTS,
      segmentStarts: this.#segmentStarts ?? NO_STARTS,
      lowestType: this.#lowestType,
    }
    this.#lowestType = TYPE_MAX
    this.#previous = last
    this.#epochStarts = null
    this.#segmentStarts = null
    return batch
  }
}

export interface BatchBuilderOptions {
  /** The end of the log that the records continue. */
  readonly tail: LogPoint
  /** The epoch of every record added; not below that of the tail. */
  readonly epoch: number
  /** Where the segment of the tail begins; null when the next record begins one (empty log). */
  readonly segmentStart: number | null
  /** A segment is closed before it would grow beyond this. */
  readonly segmentSizeBytes: number
}

/**
 * The leader's pen: turns payloads into records and runs of records into batches. Large payloads
 * are taken by reference and must not change afterwards; small ones are copied next to their
 * headers, which costs less than a buffer of their own in every write and every socket.
 */
export class BatchBuilder {
  readonly #epoch: number
  readonly #segmentSizeBytes: number
  readonly #track: BatchTrack
  readonly #header = emptyHeader()
  readonly #firstIndex: number
  #segmentStart: number | null
  #chunks: Buffer[] = []
  #slab: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES)
  /** The run of the slab that is not in `#chunks` yet. */
  #runStart = 0
  #runEnd = 0

  constructor(options: BatchBuilderOptions) {
    assert(options.epoch >= options.tail.epoch, 'epochs never go back in a log')
    this.#epoch = options.epoch
    this.#segmentSizeBytes = options.segmentSizeBytes
    this.#segmentStart = options.segmentStart
    this.#track = new BatchTrack(options.tail)
    this.#firstIndex = options.tail.index + 1
  }

  /** Index that the next record will have. */
  get nextIndex(): number {
    return this.#track.index + 1
  }

  /** Where the next record will begin. The record added last ended here. */
  get position(): number {
    return this.#track.position
  }

  get isEmpty(): boolean {
    return this.#track.isEmpty
  }

  /** Nothing was ever added. */
  get isAtStart(): boolean {
    return this.nextIndex === this.#firstIndex
  }

  /** Bytes added since the last `take`. */
  get byteLength(): number {
    return this.#track.byteLength
  }

  /** True when a record with this much payload would be the first of a new segment. */
  startsSegment(payloadLength: number): boolean {
    const start = this.#segmentStart
    if (start === null) return true
    const used = this.#track.position - start
    // A record larger than a segment gets one to itself.
    return used > 0 && used + HEADER_BYTES + payloadLength > this.#segmentSizeBytes
  }

  /** Makes the next record the first of a new segment, whatever its size. */
  startSegment(): void {
    this.#segmentStart = null
  }

  /**
   * Adds a record and returns its index; it begins where `position` was before the call. Throws
   * RESOURCE_LIMIT for a payload that no record can hold: nothing has been added then.
   */
  add(type: number, payload: Buffer | readonly Buffer[]): number {
    const length = Buffer.isBuffer(payload) ? payload.length : byteLengthOf(payload)
    mustFitRecord(length)
    const header = this.#header
    header.payloadLength = length
    header.payloadChecksum = checksumOf(payload)
    header.chain = this.#track.chain
    header.epoch = this.#epoch
    header.index = this.#track.index + 1
    header.type = type
    header.flags = 0
    if (this.startsSegment(length)) {
      header.flags = FLAG_SEGMENT_START
      this.#segmentStart = this.#track.position
    }
    const inlined = length <= INLINED_PAYLOAD_MAX_BYTES
    const at = this.#reserve(inlined ? HEADER_BYTES + length : HEADER_BYTES)
    encodeHeader(this.#slab, at, header)
    if (inlined) copyInto(this.#slab, at + HEADER_BYTES, payload)
    else this.#reference(payload)
    this.#track.advance(header)
    return header.index
  }

  /** Everything added since the last call, as a batch. There must be something. */
  take(): LogBatch {
    assert(!this.isEmpty, 'an empty batch is never taken')
    this.#endRun()
    const chunks = this.#chunks
    this.#chunks = []
    return this.#track.finish(chunks)
  }

  #reserve(length: number): number {
    if (this.#runEnd + length > this.#slab.length) {
      this.#endRun()
      // Slices of the old slab live on in batches; it is never written again.
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
      this.#runStart = 0
      this.#runEnd = 0
    }
    const at = this.#runEnd
    this.#runEnd = at + length
    return at
  }

  #reference(payload: Buffer | readonly Buffer[]): void {
    this.#endRun()
    if (Buffer.isBuffer(payload)) this.#chunks.push(payload)
    else for (const part of payload) if (part.length > 0) this.#chunks.push(part)
  }

  #endRun(): void {
    if (this.#runEnd === this.#runStart) return
    this.#chunks.push(this.#slab.subarray(this.#runStart, this.#runEnd))
    this.#runStart = this.#runEnd
  }
}

/** Headers and small payloads are laid out in slabs of this size. */
const SLAB_BYTES = 64 * 1024
/** A payload up to this size is copied beside its header instead of referenced. */
const INLINED_PAYLOAD_MAX_BYTES = 4096

function checksumOf(payload: Buffer | readonly Buffer[]): number {
  if (Buffer.isBuffer(payload)) return checksum(payload, 0, payload.length)
  let crc = 0
  for (const part of payload) crc = checksum(part, 0, part.length, crc)
  return crc
}

function copyInto(target: Buffer, at: number, payload: Buffer | readonly Buffer[]): void {
  if (Buffer.isBuffer(payload)) {
    target.set(payload, at)
    return
  }
  let end = at
  for (const part of payload) {
    target.set(part, end)
    end += part.length
  }
}

/**
 * Verifies bytes that should be complete records continuing `previous`: magic, both checksums,
 * chain, dense index, epochs that never go back. Keeps slices of the bytes. Anything else, an empty
 * run included, is one MALFORMED_FRAME.
 */
export function parseBatch(bytes: Buffer | readonly Buffer[], previous: LogPoint): LogBatch {
  const chunks = Buffer.isBuffer(bytes) ? [bytes] : bytes
  const cursor = new ChunkCursor(chunks)
  const track = new BatchTrack(previous)
  const header = emptyHeader()
  while (cursor.remaining > 0) {
    parseRecord(cursor, track, header)
    track.advance(header)
  }
  if (track.isEmpty) throw malformed('a batch without records', previous.index + 1)
  return track.finish(chunks)
}

function parseRecord(cursor: ChunkCursor, track: BatchTrack, header: RecordHeader): void {
  const expected = track.index + 1
  if (cursor.remaining < HEADER_BYTES) throw malformed('the header is cut short', expected)
  const at = cursor.pass(HEADER_BYTES)
  const fault = headerFaultText(decodeHeader(cursor.passed, at, header))
  if (fault !== null) throw malformed(fault, expected)
  if (header.payloadLength > cursor.remaining) throw malformed('the payload is cut short', expected)
  if (cursor.checksum(header.payloadLength) !== header.payloadChecksum) {
    throw malformed('the payload does not match its checksum', expected)
  }
  const discontinuity = discontinuityOf(header, track)
  if (discontinuity !== null) throw malformed(discontinuity, expected)
}

export interface LeadingRecords {
  /** The complete, valid records at the beginning; null when there is none. */
  readonly batch: LogBatch | null
  /** What is wrong with the record after them; null when it is merely incomplete or absent. */
  readonly fault: string | null
  /** Bytes of the incomplete record after them as far as known, header included; 0 when absent. */
  readonly incompleteBytes: number
}

/** Like parseBatch for bytes that may end inside a record, up to the record `throughIndex`. */
export function parseLeading(
  bytes: Buffer,
  previous: LogPoint,
  throughIndex: number,
): LeadingRecords {
  const track = new BatchTrack(previous)
  const header = emptyHeader()
  let at = 0
  let fault: string | null = null
  let incompleteBytes = 0
  while (at < bytes.length && track.index < throughIndex && fault === null) {
    incompleteBytes = HEADER_BYTES
    if (bytes.length - at < HEADER_BYTES) break
    fault = headerFaultText(decodeHeader(bytes, at, header))
    if (fault !== null) break
    const end = at + recordBytes(header)
    incompleteBytes = end - at
    if (end > bytes.length) break
    fault =
      checksum(bytes, at + HEADER_BYTES, end) === header.payloadChecksum
        ? discontinuityOf(header, track)
        : 'the payload does not match its checksum'
    if (fault !== null) break
    incompleteBytes = 0
    track.advance(header)
    at = end
  }
  const batch = track.isEmpty ? null : track.finish([bytes.subarray(0, at)])
  return { batch, fault, incompleteBytes }
}

function headerFaultText(fault: HeaderFault): string | null {
  return fault === 'none' ? null : `the header is invalid (${fault})`
}

/** Why a record, sound in itself, does not continue the log at `point`; null when it does. */
export function discontinuityOf(header: RecordHeader, point: LogPoint): string | null {
  if (header.index !== point.index + 1) return `its index is ${header.index}`
  if (header.chain !== point.chain) return 'its chain is another one'
  if (header.epoch < point.epoch) return `its epoch ${header.epoch} is below ${point.epoch}`
  if (point.position === 0 && (header.flags & FLAG_SEGMENT_START) === 0) {
    return 'the first record begins no segment'
  }
  return null
}

/** Throws RESOURCE_LIMIT for a payload that no record can hold. */
export function mustFitRecord(bytes: number): void {
  if (bytes <= MAX_PAYLOAD_BYTES) return
  throw new BrokerError('RESOURCE_LIMIT', 'This is more than one record of the log can hold.', {
    details: { bytes, maxPayloadBytes: MAX_PAYLOAD_BYTES },
  })
}

function malformed(what: string, index: number): BrokerError {
  return new BrokerError('MALFORMED_FRAME', `log record ${index}: ${what}`, {
    details: { index, maxPayloadBytes: MAX_PAYLOAD_BYTES },
  })
}

/** To be filled in with one record after the other. */
export function emptyView(): { -readonly [K in keyof RecordView]: RecordView[K] } {
  return {
    index: 0,
    epoch: 0,
    type: 0,
    payload: NO_PAYLOAD,
    position: 0,
    payloadPosition: 0,
    headerChecksum: 0,
    beginsSegment: false,
  }
}

/** Calls `visit` for each record of a batch, in order. The bytes are taken as verified. */
export function forEachRecord(batch: LogBatch, visit: (record: RecordView) => void): void {
  const cursor = new ChunkCursor(batch.chunks)
  const header = emptyHeader()
  const view = emptyView()
  let position = batch.previous.position
  while (cursor.remaining > 0) {
    const at = cursor.pass(HEADER_BYTES)
    const isValid = readHeader(cursor.passed, at, header)
    assert(isValid, 'a batch holds nothing but valid records')
    view.index = header.index
    view.epoch = header.epoch
    view.type = header.type
    view.payload = cursor.take(header.payloadLength)
    view.position = position
    view.payloadPosition = position + HEADER_BYTES
    view.headerChecksum = header.headerChecksum
    view.beginsSegment = (header.flags & FLAG_SEGMENT_START) !== 0
    position += recordBytes(header)
    visit(view)
  }
}

const NO_PAYLOAD: Buffer = Buffer.alloc(0)
