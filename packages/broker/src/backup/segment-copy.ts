import { createHash } from 'node:crypto'
import { BrokerError } from '@quorate/core/base/errors'
import { RecordReader } from '../inspection/record-reader.ts'
import { READ_WINDOW_BYTES } from '../inspection/record-reader.ts'
import { checksum } from '../store/journal/checksum.ts'
import type { File } from '../store/journal/file-system.ts'
import { writeFully } from '../store/journal/file-system.ts'
import type { EpochStart, LogPoint } from '../store/journal/log-batch.ts'
import { discontinuityOf } from '../store/journal/log-batch.ts'
import {
  FLAG_SEGMENT_START,
  HEADER_BYTES,
  decodeHeader,
  emptyHeader,
  recordBytes,
} from '../store/journal/record.ts'

export interface SegmentToCopy {
  readonly source: File
  /** As an error names it. */
  readonly name: string
  /** The point before its first record. */
  readonly start: LogPoint
  /** The position where the next segment begins; Infinity for the last. */
  readonly endPosition: number
  /** Null: the bytes are in place already, and only read. */
  readonly target: File | null
}

export interface CopyOrder {
  /** The last record that is copied; Infinity for all there are. */
  readonly throughIndex: number
  readonly signal: AbortSignal
  readonly onProgress: (bytes: number) => void
  /** Told of each run of verified records, which is valid during the call. */
  readonly onRecords?: (records: Buffer, previous: LogPoint) => void
  /** A log whose end is not known: whether it ends here in order. Asked where no record is. */
  readonly isEnd: (place: EndPlace) => Promise<boolean>
}

export interface EndPlace {
  readonly point: LogPoint
  readonly start: LogPoint
  readonly hasHeader: boolean
  /** Bytes of the record, as far as they are known. */
  readonly length: number
}

export interface CopiedSegment {
  readonly end: LogPoint
  readonly bytes: number
  readonly sha256: string
  /** Epochs that begin in it. */
  readonly epochs: readonly EpochStart[]
  readonly isLast: boolean
}

/** Why a run of records ended, and what it takes to go on. */
type Stop =
  | { readonly kind: 'end'; readonly isLast: boolean }
  | { readonly kind: 'more'; readonly needed: number; readonly left: number }
  | { readonly kind: 'bad'; readonly why: string; readonly hasHeader: boolean }

/**
 * Copies segments record by record: each is verified (header, payload, index, chain, epoch) before
 * its bytes are written. Takes the memory of the largest record, whatever the size of the log.
 */
export class SegmentCopier {
  readonly #order: CopyOrder
  readonly #reader = new RecordReader()
  readonly #header = emptyHeader()

  constructor(order: CopyOrder) {
    this.#order = order
  }

  /** Throws JOURNAL_CORRUPT with file and position, and the reason of the signal when it aborts. */
  async copy(segment: SegmentToCopy): Promise<CopiedSegment> {
    const { signal, onProgress, onRecords } = this.#order
    const hash = createHash('sha256')
    const walk: Walk = { segment, point: segment.start, epochs: [] }
    for (let needed = HEADER_BYTES; ;) {
      signal.throwIfAborted()
      const before = walk.point
      const offset = before.position - segment.start.position
      const bytes = await this.#reader.load(segment.source, offset, needed)
      const stop = this.#walk(bytes, walk)
      const good = bytes.subarray(0, walk.point.position - before.position)
      if (good.length > 0) {
        hash.update(good)
        onRecords?.(good, before)
        if (segment.target !== null) await writeFully(segment.target, [good], offset)
        onProgress(good.length)
      }
      const isWholeFile = bytes.length < Math.max(needed, READ_WINDOW_BYTES)
      const ending = await this.#endingOf(stop, { walk, isWholeFile })
      if (ending !== null) return copied(walk, hash.digest('hex'), ending.isLast)
      needed = stop.kind === 'more' ? stop.needed : HEADER_BYTES
    }
  }

  /** Null to go on. */
  async #endingOf(
    stop: Stop,
    { walk, isWholeFile }: { readonly walk: Walk; readonly isWholeFile: boolean },
  ): Promise<{ readonly isLast: boolean } | null> {
    if (stop.kind === 'end') return stop
    if (stop.kind === 'more' && !isWholeFile) return null
    const { segment, point } = walk
    const hasHeader = stop.kind === 'more' ? stop.needed > HEADER_BYTES : stop.hasHeader
    if (segment.endPosition === Infinity && this.#order.throughIndex === Infinity) {
      const length = hasHeader ? recordBytes(this.#header) : HEADER_BYTES
      const isEmptyEnd = stop.kind === 'more' && stop.left === 0
      const place = { point, start: segment.start, hasHeader, length }
      if (isEmptyEnd || (await this.#order.isEnd(place))) return { isLast: true }
    }
    throw damaged(walk, stop.kind === 'more' ? 'the file ends here' : stop.why)
  }

  /** Goes past the whole records at the beginning of these bytes, which begin at the point. */
  #walk(bytes: Buffer, walk: Walk): Stop {
    const header = this.#header
    const { endPosition } = walk.segment
    for (let at = 0; ;) {
      const { position, index } = walk.point
      if (index >= this.#order.throughIndex) return { kind: 'end', isLast: true }
      if (position === endPosition) return { kind: 'end', isLast: false }
      const left = bytes.length - at
      if (left < HEADER_BYTES) return { kind: 'more', needed: HEADER_BYTES, left }
      const fault = decodeHeader(bytes, at, header)
      if (fault !== 'none') return bad(`no record begins here (${fault})`, false)
      const size = recordBytes(header)
      if (position + size > endPosition) return bad('it reaches into the next segment')
      if (left < size) return { kind: 'more', needed: size, left }
      const sum = checksum(bytes, at + HEADER_BYTES, at + size)
      if (sum !== header.payloadChecksum) return bad('its payload is damaged (checksum)')
      const why = this.#discontinuity(walk)
      if (why !== null) throw damaged(walk, `it does not continue the log: ${why}`)
      this.#pass(walk, size)
      at += size
    }
  }

  #discontinuity({ segment, point }: Walk): string | null {
    const begins = (this.#header.flags & FLAG_SEGMENT_START) !== 0
    const shouldBegin = point.position === segment.start.position
    if (begins !== shouldBegin) return begins ? 'it begins a segment' : 'it begins no segment'
    return discontinuityOf(this.#header, point)
  }

  #pass(walk: Walk, size: number): void {
    const { index, epoch, headerChecksum: chain } = this.#header
    if (epoch !== walk.point.epoch) walk.epochs.push({ epoch, firstIndex: index })
    walk.point = { index, epoch, chain, position: walk.point.position + size }
  }
}

interface Walk {
  readonly segment: SegmentToCopy
  readonly epochs: EpochStart[]
  point: LogPoint
}

function copied({ segment, point, epochs }: Walk, sha256: string, isLast: boolean): CopiedSegment {
  const bytes = point.position - segment.start.position
  return { end: point, bytes, sha256, epochs, isLast }
}

function bad(why: string, hasHeader = true): Stop {
  return { kind: 'bad', why, hasHeader }
}

function damaged({ segment, point }: Walk, why: string): BrokerError {
  const offset = point.position - segment.start.position
  const index = point.index + 1
  const text = `${segment.name} at byte ${offset}: record ${index}: ${why}`
  return new BrokerError('JOURNAL_CORRUPT', text, {
    details: { file: segment.name, offset, fromIndex: index },
  })
}
