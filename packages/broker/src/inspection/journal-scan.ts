import { join } from 'node:path'
import type { File } from '../store/journal/file-system.ts'
import { readFully } from '../store/journal/file-system.ts'
import type { LogPoint, RecordView } from '../store/journal/log-batch.ts'
import { EMPTY_LOG, discontinuityOf, emptyView } from '../store/journal/log-batch.ts'
import { checksum } from '../store/journal/checksum.ts'
import type { RecordHeader } from '../store/journal/record.ts'
import {
  FLAG_SEGMENT_START,
  HEADER_BYTES,
  decodeHeader,
  emptyHeader,
  recordBytes,
} from '../store/journal/record.ts'
import { segmentFileName } from '../store/journal/segment.ts'
import type { FoundFile } from '../store/journal/segment-directory.ts'
import type { DataDirectory } from './data-directory.ts'
import type { FindingKind, Findings } from './findings.ts'
import { isSystemError } from './findings.ts'
import { judgeEnd } from './log-end.ts'
import { READ_WINDOW_BYTES, RecordReader } from './record-reader.ts'

export interface ScanRequest {
  readonly data: DataDirectory
  readonly findings: Findings
  /** A process has the directory open: the end of its log may move while it is read. */
  readonly isRunning: boolean
  /** The machine has stopped since the log was written, as far as is known (recovery-table.ts). */
  readonly powerLost: boolean
  /** Segments that lie wholly before this record are not read. */
  readonly fromIndex?: number
  readonly signal?: AbortSignal | undefined
  /** Told how many bytes more were read. */
  readonly onProgress?: ((bytes: number) => void) | undefined
}

/** One record, valid during the call only. */
export interface ScannedRecord extends RecordView {
  readonly file: string
  readonly offset: number
  /** Of the whole record. */
  readonly bytes: number
  /** The payload is what its checksum says; otherwise only the header can be relied upon. */
  readonly isWhole: boolean
}

/** Called for each record, in order; the scan ends when it returns false. */
export type RecordVisitor = (record: ScannedRecord) => boolean

export interface ScannedSegment {
  readonly file: string
  readonly sizeBytes: number
  /** The point before its first record. */
  readonly start: LogPoint
  /** The point after the last record that was read. */
  readonly end: LogPoint
}

export interface ScanOutcome {
  readonly origin: LogPoint
  readonly tail: LogPoint
  readonly segments: readonly ScannedSegment[]
  readonly records: number
  /** What lies behind damage that no length leads across, or in files that are missing. */
  readonly unread: { readonly bytes: number; readonly records: number }
  readonly ended: 'end' | 'visitor' | 'interrupted'
}

/**
 * Reads the log of a data directory from its origin to its end in bounded memory, and says what is
 * wrong with it. Behind a header that cannot be trusted it goes on with the next segment.
 */
export async function scanJournal(
  request: ScanRequest,
  visit: RecordVisitor,
): Promise<ScanOutcome> {
  return new Scan(request, visit).run()
}

interface OpenSegment {
  readonly found: FoundFile
  readonly name: string
  readonly file: File
  /** Where the next segment begins; Infinity for the last. */
  readonly end: number
}

/** Why a run of records ended. */
type Stop =
  | { readonly kind: 'segment-end' }
  | { readonly kind: 'visitor' }
  | { readonly kind: 'more'; readonly needed: number; readonly left: number }
  | { readonly kind: 'header'; readonly why: string }
  | { readonly kind: 'payload' }

class Scan {
  readonly #request: ScanRequest
  readonly #visit: RecordVisitor
  readonly #reader = new RecordReader()
  readonly #header = emptyHeader()
  readonly #view = emptyRecord()
  readonly #segments: ScannedSegment[] = []
  #files: readonly FoundFile[] = []
  #point: LogPoint = EMPTY_LOG
  /** The records up to the point are known without a gap; false behind damage. */
  #isConnected = true
  #records = 0
  #unreadBytes = 0
  #unreadRecords = 0
  #ended: ScanOutcome['ended'] | null = null

  constructor(request: ScanRequest, visit: RecordVisitor) {
    this.#request = request
    this.#visit = visit
  }

  async run(): Promise<ScanOutcome> {
    const origin = await this.#origin()
    this.#point = origin
    const { data, findings, fromIndex = 0 } = this.#request
    this.#files = data.files.filter(({ position }) => position >= origin.position)
    for (const { position } of data.files.slice(0, data.files.length - this.#files.length)) {
      const file = join('journal', segmentFileName(position))
      findings.note('meta', { file }, 'the segment was released: the next start removes it')
    }
    const first = await this.#fileBefore(fromIndex)
    this.#isConnected = first === 0
    for (const [i, found] of [...this.#files.entries()].slice(first)) {
      await this.#enter(found, i > first || first === 0)
      await this.#readSegment(found, this.#files[i + 1]?.position ?? Infinity)
      if (this.#ended !== null) break
    }
    this.#checkEnd()
    return {
      origin,
      tail: this.#point,
      segments: this.#segments,
      records: this.#records,
      unread: { bytes: this.#unreadBytes, records: this.#unreadRecords },
      ended: this.#ended ?? 'end',
    }
  }

  /**
   * Where the log begins: as its checkpoint says, else as its first record or the meta file does.
   */
  async #origin(): Promise<LogPoint> {
    const { checkpoint, meta, files } = this.#request.data
    const first = files[0]
    if (checkpoint.value !== null) return checkpoint.value.origin
    if (first === undefined || first.position === 0) return EMPTY_LOG
    const latest = meta.value?.logStart ?? null
    if (latest !== null && latest.position < first.position) return latest
    const header = await this.#firstHeader(first)
    const index = header === null ? 0 : header.index - 1
    return { index, epoch: 0, chain: header?.chain ?? 0, position: first.position }
  }

  /** The place of the last segment that begins at or before this record, as the headers say. */
  async #fileBefore(index: number): Promise<number> {
    for (let i = this.#files.length - 1; i > 0 && index > 0; i--) {
      const header = await this.#firstHeader(this.#files[i]!)
      if (header !== null && header.index <= index) return i
    }
    return 0
  }

  /** Null when the first record of a file has no valid header, or cannot be read. */
  async #firstHeader(found: FoundFile): Promise<RecordHeader | null> {
    try {
      return await this.#using(found, async (file) => {
        const header = emptyHeader()
        const bytes = await readFully(file, 0, HEADER_BYTES)
        const isWhole = bytes.length === HEADER_BYTES
        return isWhole && decodeHeader(bytes, 0, header) === 'none' ? header : null
      })
    } catch (error) {
      if (!isSystemError(error)) throw error
      return null
    }
  }

  /** Finds the point where the records of this file begin, if the file before does not tell. */
  async #enter(found: FoundFile, tellsGaps: boolean): Promise<void> {
    const { index, epoch, position } = this.#point
    if (this.#isConnected && position === found.position) return
    const header = await this.#firstHeader(found)
    const gap = found.position - position
    if (this.#isConnected && gap > 0) {
      const file = join('journal', segmentFileName(position))
      const missing = header === null ? '' : `, records ${index + 1} to ${header.index - 1}`
      const message = `missing: no file holds the ${gap} bytes from position ${position} on${missing}`
      this.#request.findings.damage('missing-segment', { file, index: index + 1 }, message)
      this.#unreadBytes += gap
    }
    if (header === null) {
      this.#point = { ...this.#point, position: found.position }
      return
    }
    if (tellsGaps) this.#unreadRecords += Math.max(0, header.index - 1 - index)
    const next = Math.max(header.index - 1, tellsGaps ? index : 0)
    this.#point = { index: next, epoch, chain: header.chain, position: found.position }
    this.#isConnected = true
  }

  async #readSegment(found: FoundFile, end: number): Promise<void> {
    const name = join('journal', segmentFileName(found.position))
    const start = this.#point
    try {
      await this.#using(found, (file) => this.#readRecords({ found, name, file, end }))
    } catch (error) {
      if (!isSystemError(error)) throw error
      this.#atUnreadable(error, name, { found, end })
    }
    this.#segments.push({ file: name, sizeBytes: found.sizeBytes, start, end: this.#point })
  }

  /** The disk does not give it, or somebody has removed it meanwhile. */
  #atUnreadable(
    error: unknown,
    name: string,
    { found, end }: { readonly found: FoundFile; readonly end: number },
  ): void {
    const offset = this.#point.position - found.position
    const index = this.#isConnected ? this.#point.index + 1 : null
    const message = `it cannot be read: ${error instanceof Error ? error.message : String(error)}`
    this.#request.findings.damage('unreadable', { file: name, offset, index }, message)
    this.#unreadBytes += Math.min(end - found.position, found.sizeBytes) - offset
    this.#isConnected = false
  }

  async #using<T>(found: FoundFile, use: (file: File) => Promise<T>): Promise<T> {
    const file = await this.#request.data.fileSystem.open(this.#pathOf(found), 'read')
    try {
      return await use(file)
    } finally {
      await file.close()
    }
  }

  async #readRecords(segment: OpenSegment): Promise<void> {
    let needed = HEADER_BYTES
    for (;;) {
      const offset = this.#point.position - segment.found.position
      if (this.#request.signal?.aborted === true) this.#ended = 'interrupted'
      if (this.#ended !== null) return
      const bytes = await this.#reader.load(segment.file, offset, needed)
      const stop = this.#walk(bytes, segment)
      this.#request.onProgress?.(this.#point.position - segment.found.position - offset)
      if (stop.kind === 'segment-end') return
      if (stop.kind === 'visitor') this.#ended = 'visitor'
      else if (stop.kind === 'more') {
        const isWholeFile = bytes.length < Math.max(needed, READ_WINDOW_BYTES)
        needed = stop.needed
        if (isWholeFile && !(await this.#atFileEnd(stop.left, stop.needed, segment))) return
      } else if (stop.kind === 'header') {
        await this.#atBadHeader(stop.why, segment)
        return
      } else {
        needed = HEADER_BYTES
        await this.#atBadPayload(segment)
      }
    }
  }

  /** Takes the whole records at the beginning of these bytes, which begin at the point. */
  #walk(bytes: Buffer, segment: OpenSegment): Stop {
    const header = this.#header
    for (let at = 0; ; at += recordBytes(header)) {
      const { position } = this.#point
      if (position === segment.end) return { kind: 'segment-end' }
      const left = bytes.length - at
      if (left < HEADER_BYTES) return { kind: 'more', needed: HEADER_BYTES, left }
      const fault = decodeHeader(bytes, at, header)
      if (fault !== 'none') return { kind: 'header', why: headerFault(fault, bytes, at) }
      const size = recordBytes(header)
      if (position + size > segment.end) {
        return { kind: 'header', why: `record ${header.index} reaches into the next segment` }
      }
      if (left < size) return { kind: 'more', needed: size, left }
      const payload = bytes.subarray(at + HEADER_BYTES, at + size)
      const isWhole = checksum(payload, 0, payload.length) === header.payloadChecksum
      if (!isWhole) return { kind: 'payload' }
      if (!this.#take(payload, true, segment)) return { kind: 'visitor' }
    }
  }

  /** Goes past the record in `#header`; false when the visitor has seen enough. */
  #take(payload: Buffer, isWhole: boolean, segment: OpenSegment): boolean {
    const header = this.#header
    const point = this.#point
    const offset = point.position - segment.found.position
    this.#checkContinuity(offset, segment)
    const { index, epoch, headerChecksum: chain } = header
    this.#point = { index, epoch, chain, position: point.position + recordBytes(header) }
    this.#isConnected = true
    this.#records++
    const view = this.#view
    view.index = index
    view.epoch = epoch
    view.type = header.type
    view.payload = payload
    view.position = point.position
    view.payloadPosition = point.position + HEADER_BYTES
    view.headerChecksum = chain
    view.beginsSegment = (header.flags & FLAG_SEGMENT_START) !== 0
    view.file = segment.name
    view.offset = offset
    view.bytes = recordBytes(header)
    view.isWhole = isWhole
    return this.#visit(view)
  }

  #checkContinuity(offset: number, segment: OpenSegment): void {
    const header = this.#header
    const begins = (header.flags & FLAG_SEGMENT_START) !== 0
    const wrongFlag = begins ? 'it begins a segment' : 'it does not begin a segment'
    const why =
      discontinuityOf(header, this.#point) ?? (begins === (offset === 0) ? null : wrongFlag)
    if (why === null) return
    const kind: FindingKind = offset === 0 ? 'foreign-segment' : 'out-of-order'
    const after = this.#point.index === 0 ? 'nothing' : `record ${this.#point.index}`
    const what = offset === 0 ? 'the segment does not belong here' : 'the log does not go on'
    const message = `${what}: record ${header.index} does not continue ${after}: ${why}`
    const place = { file: segment.name, offset, index: header.index }
    this.#request.findings.damage(kind, place, message)
  }

  /** The file holds no whole record any more. True when there may be more of it by now. */
  async #atFileEnd(left: number, needed: number, segment: OpenSegment): Promise<boolean> {
    if (left === 0) return false
    const isHeader = needed === HEADER_BYTES
    const inside = isHeader ? 'a header' : `record ${this.#header.index}`
    const length = isHeader ? HEADER_BYTES : needed
    await this.#atFault('cut-short', `the file ends inside ${inside}`, { segment, length })
    return false
  }

  async #atBadHeader(why: string, segment: OpenSegment): Promise<void> {
    await this.#atFault('damaged-header', why, { segment, length: HEADER_BYTES })
  }

  /** Nothing behind this place can be found by its length: the segment is given up. */
  async #atFault(
    kind: FindingKind,
    why: string,
    { segment, length }: { readonly segment: OpenSegment; readonly length: number },
  ): Promise<void> {
    const hasHeader = length !== HEADER_BYTES
    const end = await this.#judge(segment, { hasHeader, length })
    if (end.isEnd) {
      this.#ended = 'end'
      return
    }
    const { position, index } = this.#point
    const offset = position - segment.found.position
    const place = { file: segment.name, offset, index: this.#isConnected ? index + 1 : null }
    this.#request.findings.damage(kind, place, `${why}${end.because}`)
    if (segment.end !== Infinity) this.#unreadBytes += segment.end - position
    else if (kind === 'cut-short') this.#unreadBytes += segment.found.sizeBytes - offset
    else this.#unreadBytes += end.usedBytes
    this.#isConnected = false
  }

  async #atBadPayload(segment: OpenSegment): Promise<void> {
    const length = recordBytes(this.#header)
    const end = await this.#judge(segment, { hasHeader: true, length })
    if (end.isEnd) {
      this.#ended = 'end'
      return
    }
    const offset = this.#point.position - segment.found.position
    const place = { file: segment.name, offset, index: this.#header.index }
    const message = `the payload of record ${this.#header.index} is damaged${end.because}`
    this.#request.findings.damage('damaged-payload', place, message)
    this.#unreadBytes += this.#header.payloadLength
    this.#unreadRecords++
    if (!this.#take(NO_PAYLOAD, false, segment)) this.#ended = 'visitor'
  }

  #judge(
    { found, name }: OpenSegment,
    record: { readonly hasHeader: boolean; readonly length: number },
  ): ReturnType<typeof judgeEnd> {
    const files = this.#files.filter((file) => file.position >= found.position)
    return judgeEnd({ ...this.#request, files, point: this.#point, found, name, ...record })
  }

  /** A file that ends between two records looks whole; the checkpoint knows what was there. */
  #checkEnd(): void {
    const { data, findings } = this.#request
    const synced = data.checkpoint.value?.synced
    if (synced === undefined || this.#ended !== null) return
    const { index, position } = this.#point
    if (!this.#isConnected) this.#unreadRecords += Math.max(0, synced.index - index)
    if (!this.#isConnected || position >= synced.position) return
    const last = this.#files.at(-1)
    const start = last?.position ?? position
    const place = {
      file: join('journal', segmentFileName(start)),
      offset: position - start,
      index: index + 1,
    }
    const lost = `records ${index + 1} to ${synced.index} are missing, which were synced`
    const message = last === undefined ? `no file: ${lost}` : `the log ends here: ${lost}`
    findings.damage(last === undefined ? 'missing-segment' : 'cut-short', place, message)
    this.#unreadBytes += synced.position - position
    this.#unreadRecords += synced.index - index
  }

  #pathOf(found: FoundFile): string {
    return join(this.#request.data.journalPath, segmentFileName(found.position))
  }
}

const NO_PAYLOAD = Buffer.alloc(0)

function headerFault(fault: string, bytes: Buffer, at: number): string {
  if (bytes.subarray(at, at + HEADER_BYTES).every((byte) => byte === 0)) {
    return 'zeros where a record should be'
  }
  const words: Readonly<Record<string, string>> = {
    magic: 'no record begins here (magic)',
    checksum: 'the header is damaged (checksum)',
    content: 'the header holds values that cannot be (content)',
  }
  return words[fault] ?? fault
}

function emptyRecord(): { -readonly [K in keyof ScannedRecord]: ScannedRecord[K] } {
  return { ...emptyView(), file: '', offset: 0, bytes: 0, isWhole: true }
}
