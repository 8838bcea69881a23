import { BrokerError, assert } from '@quorate/core/base/errors'
import { CHECK_BYTES, isIntact } from './checked-bytes.ts'
import { FileWindow } from './file-window.ts'
import { readFully } from './file-system.ts'
import type { File } from './file-system.ts'
import type { LogBatch, LogPoint } from './log-batch.ts'
import { discontinuityOf, parseLeading } from './log-batch.ts'
import { HEADER_BYTES, decodeHeader, emptyHeader, recordBytes } from './record.ts'
import type { RecordHeader } from './record.ts'
import type { Segment } from './segment.ts'
import type { SegmentDirectory } from './segment-directory.ts'

/** Bytes of the log that have their check before them: for instance the body of a message. */
export interface ByteRange {
  readonly position: number
  readonly length: number
}

/** One read returns no more than this, unless its first record alone is larger. */
export const READ_MAX_BYTES = 16 * 1024 * 1024
/** Ranges that lie closer than this are read together, gap included... */
export const COALESCE_GAP_BYTES = 16 * 1024
/** ...as long as the whole read stays below this. */
export const COALESCED_READ_MAX_BYTES = 1024 * 1024
/**
 * Reads of one `readAt` under way at a time: they share libuv's few threads with the log's syncs.
 */
const READS_IN_PARALLEL = 2
/** Read at a time when only headers are wanted: each read is a trip to another thread. */
const HEADER_WINDOW_BYTES = 256 * 1024
/** Ends of recent reads that are remembered exactly: sequential readers need no lookup. */
const RECENT_ENDS = 8

/** Reads what is written, verifying everything it returns. */
export class JournalReader {
  readonly #directory: SegmentDirectory
  readonly #recent: LogPoint[] = []
  #nextRecent = 0

  constructor(directory: SegmentDirectory) {
    this.#directory = directory
  }

  /**
   * Whole records from `fromIndex` on, as many as fit `maxBytes` (at least one), none beyond `end`
   * or `throughIndex`, all of one segment. JOURNAL_CORRUPT when the first of them is damaged.
   */
  async read(range: ReadRange, end: LogPoint): Promise<LogBatch> {
    const { fromIndex } = range
    const previous = await this.pointAt(fromIndex - 1)
    const segment = this.#directory.holding(fromIndex)
    assert(segment !== undefined, 'every record lies in a segment')
    const next = this.#directory.after(segment)
    const available = Math.min(next?.start.position ?? end.position, end.position)
    // At the very end of a segment the record is the first of the next one, which `holding` gave.
    const limit = available - previous.position
    const through = Math.min(range.throughIndex ?? end.index, end.index)
    const batch = await this.#directory.using(segment, async (file) => {
      const offset = segment.offsetOf(previous.position)
      let wanted = Math.min(limit, Math.max(HEADER_BYTES, Math.min(range.maxBytes, READ_MAX_BYTES)))
      for (;;) {
        const bytes = await readFully(file, offset, wanted)
        const leading = parseLeading(bytes, previous, through)
        if (leading.batch !== null) return leading.batch
        const larger = Math.min(limit, Math.max(HEADER_BYTES, leading.incompleteBytes))
        if (leading.fault !== null || larger <= bytes.length) {
          throw this.#corrupt(segment, previous, leading.fault ?? 'the file ends inside it')
        }
        wanted = larger
      }
    })
    this.#remember(segment, batch.last)
    return batch
  }

  /**
   * The bytes of each range, in order, each held against the check before it. JOURNAL_CORRUPT names
   * the first record that is found damaged. It names none for a range that no segment holds before
   * `end`, or that is not what its record, whole as it is, has there: then who asks is wrong, or
   * the check was when it was written, and not the log.
   */
  async readAt(ranges: readonly ByteRange[], end: LogPoint): Promise<Buffer[]> {
    const results = new Array<Buffer>(ranges.length)
    const groups = this.#groupsOf(ranges, end)
    const failures: unknown[] = []
    let next = 0
    const work = async (): Promise<void> => {
      while (failures.length === 0 && next < groups.length) {
        await this.#readGroup(groups[next++]!, results).catch((error) => failures.push(error))
      }
    }
    // All of them, also after a failure: nobody may change files that one of them still reads.
    await Promise.all(Array.from({ length: READS_IN_PARALLEL }, work))
    // The groups ascend, so whatever lies before a damaged one was read, or is in `failures`.
    if (failures.length > 0) throw failures.reduce(earlierDamage)
    return results
  }

  /**
   * The point after record `index`, which is written. Reads headers from the nearest known point.
   */
  async pointAt(index: number): Promise<LogPoint> {
    const first = this.#directory.first
    if (first !== undefined && index === first.start.index) return first.start
    const recent = this.#recent.find((point) => point.index === index)
    if (recent !== undefined) return recent
    const segment = this.#directory.holding(index)
    assert(segment !== undefined, 'every record lies in a segment')
    const next = this.#directory.after(segment)
    if (next?.start.index === index) return next.start
    const known = segment.points.before(index)
    return known.index === index ? known : this.#walk(segment, known, index)
  }

  /** Forgets what lies behind a cut. */
  truncateAfter(index: number): void {
    const kept = this.#recent.filter((point) => point.index <= index)
    this.#recent.splice(0, this.#recent.length, ...kept)
    this.#nextRecent = 0
  }

  async #walk(segment: Segment, from: LogPoint, index: number): Promise<LogPoint> {
    return this.#directory.using(segment, async (file) => {
      const walk = walkOf(segment, file)
      let point = from
      while (point.index < index) {
        const { window } = walk
        const offset = segment.offsetOf(point.position)
        // A promise for each record would cost more than the record.
        const bytes = window.held(offset, HEADER_BYTES) ?? (await window.at(offset, HEADER_BYTES))
        point = this.#pass(walk, point, bytes)
      }
      return point
    })
  }

  /**
   * Why this range is not what its check says: the record that holds its first byte is damaged, or
   * else the log is whole there.
   */
  async #blame(segment: Segment, range: ByteRange): Promise<BrokerError> {
    const first = range.position - CHECK_BYTES
    return this.#directory.using(segment, async (file) => {
      const walk = walkOf(segment, file)
      const { header, window } = walk
      let point = segment.points.beforePosition(first)
      for (;;) {
        const bytes = await window.at(segment.offsetOf(point.position), HEADER_BYTES)
        const next = this.#pass(walk, point, bytes)
        if (next.position > first) break
        point = next
      }
      const payloadAt = segment.offsetOf(point.position) + HEADER_BYTES
      const payload = await window.checksumAt(payloadAt, header.payloadLength)
      if (payload === header.payloadChecksum) return notInTheLog(range)
      const { position: at, length } = range
      return this.#corrupt(segment, point, `the ${length} bytes at ${at} are not what was written`)
    })
  }

  /** The point after the record that begins at `point` with these bytes, read to `walk.header`. */
  #pass({ segment, header }: Walk, point: LogPoint, bytes: Buffer): LogPoint {
    const fault = bytes.length < HEADER_BYTES ? 'content' : decodeHeader(bytes, 0, header)
    if (fault !== 'none') throw this.#corrupt(segment, point, `invalid header (${fault})`)
    const discontinuity = discontinuityOf(header, point)
    if (discontinuity !== null) throw this.#corrupt(segment, point, discontinuity)
    const { index, epoch, headerChecksum: chain } = header
    const next = { index, epoch, chain, position: point.position + recordBytes(header) }
    segment.points.add(next)
    return next
  }

  #remember(segment: Segment, point: LogPoint): void {
    segment.points.add(point)
    this.#recent[this.#nextRecent] = point
    this.#nextRecent = (this.#nextRecent + 1) % RECENT_ENDS
  }

  #groupsOf(ranges: readonly ByteRange[], logEnd: LogPoint): ReadGroup[] {
    const order = ranges.map((range, slot) => ({ range, slot }))
    order.sort((a, b) => a.range.position - b.range.position)
    const groups: ReadGroup[] = []
    let group: ReadGroup | undefined
    for (const { range, slot } of order) {
      const start = range.position - CHECK_BYTES
      const end = range.position + range.length
      const segment = this.#segmentOf(start, end, logEnd)
      if (segment === null) throw notInTheLog(range)
      if (group === undefined || group.segment !== segment || !fits(group, start, end)) {
        group = { segment, start, end, members: [] }
        groups.push(group)
      }
      group.end = Math.max(group.end, end)
      group.members.push({ slot, range })
    }
    return groups
  }

  async #readGroup(group: ReadGroup, results: Buffer[]): Promise<void> {
    const { segment, start, end } = group
    const bytes = await this.#directory.using(segment, (file) =>
      readFully(file, segment.offsetOf(start), end - start),
    )
    for (const { slot, range } of group.members) {
      const from = range.position - start
      if (!isIntact(bytes, from - CHECK_BYTES, range.length)) {
        throw await this.#blame(segment, range)
      }
      results[slot] = bytes.subarray(from, from + range.length)
    }
  }

  /** The segment that holds these bytes before the end of the log, whole. */
  #segmentOf(start: number, end: number, logEnd: LogPoint): Segment | null {
    const segment = this.#directory.at(start)
    if (segment === undefined || end > logEnd.position) return null
    return segment === this.#directory.at(end - 1) ? segment : null
  }

  #corrupt(segment: Segment, previous: LogPoint, why: string): BrokerError {
    const offset = segment.offsetOf(previous.position)
    const where = { file: segment.fileName, offset, fromIndex: previous.index + 1 }
    return corruptJournal(where, why)
  }
}

export interface ReadRange {
  readonly fromIndex: number
  readonly maxBytes: number
  readonly throughIndex?: number | undefined
}

interface ReadGroup {
  readonly segment: Segment
  readonly start: number
  end: number
  readonly members: { readonly slot: number; readonly range: ByteRange }[]
}

/** A walk over the headers of one segment. */
interface Walk {
  readonly segment: Segment
  readonly window: FileWindow
  /** Of the record passed last. */
  readonly header: RecordHeader
}

function walkOf(segment: Segment, file: File): Walk {
  return { segment, window: new FileWindow(file, HEADER_WINDOW_BYTES), header: emptyHeader() }
}

function fits(group: ReadGroup, position: number, end: number): boolean {
  return position - group.end <= COALESCE_GAP_BYTES && end - group.start <= COALESCED_READ_MAX_BYTES
}

export interface CorruptPlace {
  readonly file: string
  readonly offset: number
  /** The first record that cannot be trusted, where known. */
  readonly fromIndex?: number
}

/**
 * A position or a length that the log never gave, or a check that was wrong from the beginning. No
 * file is named: nothing there is damaged, and cutting the log would mend nothing. Ranges come from
 * the index, which is made anew from the log (LevelStore).
 */
function notInTheLog({ position, length }: ByteRange): BrokerError {
  const message = `no record holds a body of ${length} bytes at ${position}: is the index damaged?`
  return new BrokerError('JOURNAL_CORRUPT', message, { details: { position, length } })
}

/** Of two failures the one that names the earlier record; the first when neither names one. */
function earlierDamage(a: unknown, b: unknown): unknown {
  return damagedRecordOf(b) < damagedRecordOf(a) ? b : a
}

function damagedRecordOf(error: unknown): number {
  const fromIndex = error instanceof BrokerError ? error.details.fromIndex : undefined
  return typeof fromIndex === 'number' ? fromIndex : Infinity
}

export function corruptJournal(place: CorruptPlace, why: string): BrokerError {
  const record = place.fromIndex === undefined ? '' : ` (record ${place.fromIndex})`
  const message = `journal ${place.file} at offset ${place.offset}${record}: ${why}`
  return new BrokerError('JOURNAL_CORRUPT', message, { details: { ...place } })
}
