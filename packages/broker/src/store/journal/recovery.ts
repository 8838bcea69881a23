import { join } from 'node:path'
import { assert } from '@quorate/core/base/errors'
import type { Checkpoint } from './checkpoint-file.ts'
import { EpochList } from './epoch-list.ts'
import type { File } from './file-system.ts'
import { readFully, writeFully } from './file-system.ts'
import { FileWindow } from './file-window.ts'
import type { LogPoint } from './log-batch.ts'
import { EMPTY_LOG, discontinuityOf } from './log-batch.ts'
import type { RestFacts } from './log-rest.ts'
import { NO_REST, examineRest } from './log-rest.ts'
import type { CorruptPlace } from './journal-reader.ts'
import { corruptJournal } from './journal-reader.ts'
import {
  FLAG_SEGMENT_START,
  HEADER_BYTES,
  decodeHeader,
  emptyHeader,
  recordBytes,
} from './record.ts'
import type { RecoveryDecision, RecoveryFacts } from './recovery-table.ts'
import { decideRecovery } from './recovery-table.ts'
import { Segment, segmentFileName } from './segment.ts'
import type { FoundFile, SegmentDirectory } from './segment-directory.ts'

export interface RecoveryReport {
  readonly outcome: 'clean' | 'tornTail' | 'corrupt'
  /** The row of the decision table that ended the scan. */
  readonly because: string
  /** Bytes of the torn tail that were cut; 0 otherwise. */
  readonly cutBytes: number
  readonly corruptRange: Required<CorruptPlace> | null
  /**
   * What became of the checkpoint: without it everything was scanned and nothing known as synced.
   */
  readonly checkpoint: 'absent' | 'valid' | 'bad'
  /** The journal had been closed in order. */
  readonly wasClean: boolean
  readonly scannedBytes: number
}

export interface Recovered {
  readonly origin: LogPoint
  /** The end of the valid prefix. */
  readonly tail: LogPoint
  readonly epochs: EpochList
  readonly report: RecoveryReport
}

const SEGMENT_MISSING = 'a segment is missing'

/** Held in memory at a time while a segment is scanned. */
const SCAN_WINDOW_BYTES = 1024 * 1024

/**
 * Finds the end of the log when a journal is opened (R32): scans from the last persisted
 * checkpoint, decides by the table in recovery-table.ts what the first place that is no good record
 * means, and cuts a torn tail. Fills `directory` with the segments of the valid prefix. Everything
 * that it keeps is synced before it returns, so the whole recovered log counts as synced. On
 * corruption no file is changed.
 */
export async function recoverJournal(
  directory: SegmentDirectory,
  opened: { readonly checkpoint: Checkpoint | null; readonly state: 'absent' | 'valid' | 'bad' },
  start: RecoveryStart,
): Promise<Recovered> {
  const files = await directory.findFiles()
  const { checkpoint } = opened
  const origin = checkpoint?.origin ?? (await originOf(directory, files, start))
  const recovery = new Recovery(directory, files, origin, checkpoint)
  return recovery.run(opened.state, start.powerLost)
}

export interface RecoveryStart {
  /** Where a journal without records begins. */
  readonly freshOrigin: LogPoint
  /** It begins there or earlier, as others remember; null: nobody knows. */
  readonly latestOrigin: LogPoint | null
  /** The machine may have stopped since the journal was written: unsynced sectors may be lost. */
  readonly powerLost: boolean
}

class Recovery {
  readonly #directory: SegmentDirectory
  readonly #files: readonly FoundFile[]
  /** Files of segments that were released, and came back because the crash was faster. */
  readonly #released: readonly FoundFile[]
  readonly #origin: LogPoint
  readonly #checkpoint: Checkpoint | null
  #epochs: EpochList
  #tail: LogPoint
  #scanStart: LogPoint
  #touched: Segment[] = []

  constructor(
    directory: SegmentDirectory,
    files: readonly FoundFile[],
    origin: LogPoint,
    checkpoint: Checkpoint | null,
  ) {
    this.#directory = directory
    this.#files = files.filter((file) => file.position >= origin.position)
    this.#released = files.filter((file) => file.position < origin.position)
    this.#origin = origin
    this.#checkpoint = checkpoint
    this.#tail = origin
    this.#scanStart = origin
    this.#epochs = epochsBefore(origin)
  }

  async run(checkpointState: 'absent' | 'valid' | 'bad', powerLost: boolean): Promise<Recovered> {
    await this.#startAtCheckpoint()
    const { lastPage, ...facts } = await this.#scan()
    const { usedBytes, ...rest } = await this.#examineRest()
    const wasSynced = this.#wasSynced()
    const endWritten = this.#tail.position + usedBytes > lastPage
    const row = decideRecovery({ ...facts, ...rest, wasSynced, endWritten, powerLost })
    const outcome = outcomeOf(row.decision)
    if (outcome !== 'corrupt') await this.#settle(outcome === 'tornTail')
    await this.#makeDurable()
    const report: RecoveryReport = {
      outcome,
      because: outcome === 'corrupt' && this.#isMissing() ? SEGMENT_MISSING : row.because,
      cutBytes: outcome === 'tornTail' ? usedBytes : 0,
      corruptRange: outcome === 'corrupt' ? this.#corruptPlace() : null,
      checkpoint: checkpointState,
      wasClean: this.#checkpoint?.clean ?? false,
      scannedBytes: this.#tail.position - this.#scanStart.position,
    }
    return { origin: this.#origin, tail: this.#tail, epochs: this.#epochs, report }
  }

  /**
   * Trusts what lies below the checkpoint if all its bytes are there; otherwise scans everything.
   */
  async #startAtCheckpoint(): Promise<void> {
    const checkpoint = this.#checkpoint
    if (checkpoint === null || !this.#coversAllUpTo(checkpoint.synced.position)) return
    const epochs = new EpochList(checkpoint.epochs)
    const trusted: Segment[] = []
    let before = -1
    for (const file of this.#files) {
      if (file.position >= checkpoint.synced.position) break
      const start = await readStart(this.#directory, file, epochs, this.#origin)
      // One of another log, or in another's place: then everything is read.
      if (start === null || start.index <= before || start.index > checkpoint.synced.index) return
      before = start.index
      trusted.push(new Segment(start))
    }
    for (const segment of trusted) this.#directory.add(segment)
    this.#epochs = epochs
    this.#tail = checkpoint.synced
    this.#scanStart = checkpoint.synced
    if (this.#directory.last !== undefined) this.#touched.push(this.#directory.last)
  }

  #coversAllUpTo(position: number): boolean {
    let covered = this.#origin.position
    for (const file of this.#files) {
      if (covered >= position) break
      if (file.position > covered) return false
      const next = this.#files[this.#files.indexOf(file) + 1]?.position ?? Infinity
      covered = Math.min(file.position + file.sizeBytes, next)
    }
    return covered >= position
  }

  /** Goes on as long as records are good, and says what was wrong with the next one. */
  async #scan(): Promise<RecordFacts> {
    for (;;) {
      const file = this.#fileAt(this.#tail.position)
      if (file === undefined) return NO_RECORD
      const segment = this.#segmentOf(file)
      const facts = await this.#directory.using(segment, (open) =>
        this.#scanFile(segment, file, open),
      )
      if (facts !== null) return facts
    }
  }

  /** Null when the file is used up and the next one begins right there. */
  async #scanFile(segment: Segment, file: FoundFile, open: File): Promise<RecordFacts | null> {
    const window = new FileWindow(open, SCAN_WINDOW_BYTES)
    const header = emptyHeader()
    const nextPosition = this.#fileAfter(file)?.position ?? Infinity
    for (;;) {
      const point = this.#tail
      if (point.position === nextPosition) return null
      const offset = segment.offsetOf(point.position)
      const bytes = await window.at(offset, HEADER_BYTES)
      if (bytes.length < HEADER_BYTES || decodeHeader(bytes, 0, header) !== 'none') {
        return { ...NO_RECORD, lastPage: segment.start.position + lastPageOf(offset, HEADER_BYTES) }
      }
      const end = point.position + recordBytes(header)
      const payload = await window.checksumAt(offset + HEADER_BYTES, header.payloadLength)
      const beginsSegment = (header.flags & FLAG_SEGMENT_START) !== 0
      const facts: RecordFacts = {
        headerValid: true,
        payloadValid: payload === header.payloadChecksum,
        continues:
          discontinuityOf({ ...header, epoch: Math.max(header.epoch, point.epoch) }, point) ===
            null &&
          beginsSegment === (offset === 0) &&
          end <= nextPosition,
        epochPlausible: header.epoch >= point.epoch,
        lastPage: segment.start.position + lastPageOf(offset, recordBytes(header)),
      }
      // The first row of the table; every other row ends the scan.
      if (!isGood(facts)) return facts
      if (header.epoch !== point.epoch) {
        this.#epochs.add([{ epoch: header.epoch, firstIndex: header.index }])
      }
      const { index, epoch, headerChecksum: chain } = header
      this.#tail = { index, epoch, chain, position: end }
      segment.points.add(this.#tail)
    }
  }

  /** Looks through everything behind the tail. */
  async #examineRest(): Promise<RestFacts> {
    const { clean, synced } = this.#checkpoint ?? { clean: false, synced: null }
    // Closed in order: nothing was ever written behind the checkpoint.
    if (clean && synced?.index === this.#tail.index) return NO_REST
    return examineRest(this.#directory, this.#files, this.#tail)
  }

  #wasSynced(): boolean {
    return this.#checkpoint !== null && this.#tail.index < this.#checkpoint.synced.index
  }

  /** Makes the files match the tail, and the medium match the files. */
  async #settle(cutsTail: boolean): Promise<void> {
    const directory = this.#directory
    const { position } = this.#tail
    // A segment that was begun and holds nothing: whether the next record begins one is not ours to
    // say (the leader's flag decides).
    for (const file of this.#files.filter((found) => found.position >= position).reverse()) {
      const known = directory.last
      if (known?.start.position === file.position) await directory.removeLast()
      else await directory.fileSystem.remove(this.#pathOf(file))
      directory.noteNamesChanged()
    }
    const last = directory.last
    if (cutsTail && last !== undefined) await this.#shorten(last, last.offsetOf(position))
    await this.#trimFullSegments()
    for (const file of this.#released) await directory.fileSystem.remove(this.#pathOf(file))
    directory.noteNamesChanged()
    await directory.syncNames()
  }

  /**
   * After a sync that failed, the pages that it did not write count as clean: the next sync says
   * yes and writes nothing (R37). So what no checkpoint knows to be on the medium is written once
   * more, as it was read and verified, before it counts as synced.
   */
  async #makeDurable(): Promise<void> {
    for (const segment of this.#touched) {
      if (!this.#directory.all.includes(segment)) continue
      const next = this.#directory.all[this.#directory.all.indexOf(segment) + 1]
      const from = Math.max(this.#scanStart.position, segment.start.position)
      const to = Math.min(this.#tail.position, next?.start.position ?? Infinity)
      await this.#directory.using(segment, async (file) => {
        for (let at = from; at < to; at += SCAN_WINDOW_BYTES) {
          const length = Math.min(SCAN_WINDOW_BYTES, to - at)
          const bytes = await readFully(file, segment.offsetOf(at), length)
          await writeFully(file, [bytes], segment.offsetOf(at))
        }
        await file.syncData()
      })
    }
  }

  /** All replicas have the same files: a full segment ends with its last record. */
  async #trimFullSegments(): Promise<void> {
    for (const [i, segment] of this.#directory.all.entries()) {
      const next = this.#directory.all[i + 1]
      const file = this.#files.find((found) => found.position === segment.start.position)
      if (next === undefined || file === undefined) continue
      const length = segment.offsetOf(next.start.position)
      if (file.sizeBytes > length) await this.#shorten(segment, length)
    }
  }

  async #shorten(segment: Segment, length: number): Promise<void> {
    await this.#directory.using(segment, async (file) => {
      await file.truncate(length)
      await file.sync()
    })
  }

  #corruptPlace(): Required<CorruptPlace> {
    const { position, index } = this.#tail
    const start = this.#isMissing() ? position : (this.#fileAt(position)?.position ?? position)
    return { fromIndex: index + 1, file: segmentFileName(start), offset: position - start }
  }

  /** A later file is there, and the one that should begin right here is not. */
  #isMissing(): boolean {
    const { position } = this.#tail
    const before = this.#files.findLast((file) => file.position <= position)
    const end = before === undefined ? this.#origin.position : before.position + before.sizeBytes
    return end === position && this.#files.some((file) => file.position > position)
  }

  #segmentOf(file: FoundFile): Segment {
    const last = this.#directory.last
    if (last?.start.position === file.position) return last
    assert(file.position === this.#tail.position, 'a scan enters a file at its beginning')
    const segment = new Segment(this.#tail)
    this.#directory.add(segment)
    this.#touched.push(segment)
    return segment
  }

  /** The file that should hold the byte at `position`. */
  #fileAt(position: number): FoundFile | undefined {
    const file = this.#files.findLast((found) => found.position <= position)
    const isOpen = this.#directory.last?.start.position === file?.position
    return isOpen || file?.position === position ? file : undefined
  }

  #fileAfter(file: FoundFile): FoundFile | undefined {
    return this.#files[this.#files.indexOf(file) + 1]
  }

  #pathOf(file: FoundFile): string {
    return join(this.#directory.path, segmentFileName(file.position))
  }
}

/** A log that does not begin at its beginning knows one epoch from before. */
export function epochsBefore(origin: LogPoint): EpochList {
  const { epoch, index } = origin
  return new EpochList(index === 0 ? [] : [{ epoch, firstIndex: index }])
}

interface RecordFacts extends Pick<
  RecoveryFacts,
  'headerValid' | 'payloadValid' | 'continues' | 'epochPlausible'
> {
  /** Where in the log the last page begins that the record, or what is known of it, reaches. */
  readonly lastPage: number
}

const NO_RECORD: RecordFacts = {
  headerValid: false,
  payloadValid: false,
  continues: false,
  epochPlausible: false,
  lastPage: Infinity,
}

function isGood(facts: RecordFacts): boolean {
  return facts.headerValid && facts.payloadValid && facts.continues && facts.epochPlausible
}

function outcomeOf(decision: RecoveryDecision): RecoveryReport['outcome'] {
  switch (decision) {
    case 'keep':
    case 'end':
      return 'clean'
    case 'torn':
      return 'tornTail'
    case 'corrupt':
      return 'corrupt'
  }
}

/**
 * The kernel copies a write page by page, and a process ends between two of them. (Between two
 * calls, too, where a batch has more buffers than one call takes: its second half is missing then.)
 * So what is broken off has nothing in the last page that it was to reach, nor behind it: bytes
 * there mean that all of it was written.
 */
export function lastPageOf(offset: number, length: number): number {
  return Math.max(offset, Math.floor((offset + length - 1) / PAGE_BYTES) * PAGE_BYTES)
}

const PAGE_BYTES = 4096

/**
 * Where a journal without a checkpoint begins: what its first record says it continues, unless that
 * is later than it can be. Then the first segments are missing, as the scan will find.
 */
async function originOf(
  directory: SegmentDirectory,
  files: readonly FoundFile[],
  { freshOrigin, latestOrigin }: RecoveryStart,
): Promise<LogPoint> {
  const first = files[0]
  if (first === undefined) return freshOrigin
  if (first.position === 0) return EMPTY_LOG
  if (latestOrigin !== null && latestOrigin.position < first.position) return latestOrigin
  const start = await readStart(directory, first, new EpochList(), latestOrigin ?? NOWHERE)
  if (start !== null) return start
  const place = { file: segmentFileName(first.position), offset: 0 }
  throw corruptJournal(
    place,
    'the first record is damaged and no checkpoint tells where the log is',
  )
}

const NOWHERE: LogPoint = { ...EMPTY_LOG, position: -1 }

/** The point before the first record of a file; null when that record has no valid header. */
async function readStart(
  directory: SegmentDirectory,
  file: FoundFile,
  epochs: EpochList,
  origin: LogPoint,
): Promise<LogPoint | null> {
  if (file.position === origin.position) return origin
  const path = join(directory.path, segmentFileName(file.position))
  const open = await directory.fileSystem.open(path, 'read')
  try {
    const header = emptyHeader()
    const bytes = await new FileWindow(open, HEADER_BYTES).at(0, HEADER_BYTES)
    if (bytes.length < HEADER_BYTES || decodeHeader(bytes, 0, header) !== 'none') return null
    const index = header.index - 1
    return { index, epoch: epochs.of(index), chain: header.chain, position: file.position }
  } finally {
    await open.close()
  }
}
