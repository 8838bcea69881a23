import { join } from 'node:path'
import { BrokerError, InvariantViolation, assert, toBrokerError } from '@quorate/core/base/errors'
import { Appender } from './appender.ts'
import type { Checkpoint } from './checkpoint-file.ts'
import { CheckpointFile } from './checkpoint-file.ts'
import { CHECKPOINT_BYTES, CheckpointPace } from './checkpoint-pace.ts'
import type { EpochList } from './epoch-list.ts'
import type { JournalOptions } from './journal-options.ts'
import { JournalReader } from './journal-reader.ts'
import type { ByteRange, CorruptPlace } from './journal-reader.ts'
import type { EpochStart, LogBatch, LogPoint } from './log-batch.ts'
import { EMPTY_LOG } from './log-batch.ts'
import { ReadGate } from './read-gate.ts'
import type { RecoveryReport, Recovered } from './recovery.ts'
import { epochsBefore, recoverJournal } from './recovery.ts'
import type { SegmentPlace } from './segment.ts'
import { SegmentAllocator, removeLeftOverSpare } from './segment-allocator.ts'
import { SegmentDirectory } from './segment-directory.ts'
import type { Keep } from './tail-cutter.ts'
import { cutTail, divergedStoreOf } from './tail-cutter.ts'

interface Parts {
  readonly options: JournalOptions
  readonly directory: SegmentDirectory
  readonly checkpointFile: CheckpointFile
  readonly recovered: Recovered
}

/**
 * The append-only log of records, in segment files that are byte-identical on all replicas. It
 * knows records, not what they mean. One process at a time (see DirectoryLock).
 */
export class Journal {
  readonly #options: JournalOptions
  readonly #directory: SegmentDirectory
  /** Nobody knows what an earlier process left. */
  #isToPrune = true
  readonly #checkpointFile: CheckpointFile
  readonly #allocator: SegmentAllocator
  readonly #appender: Appender
  readonly #reader: JournalReader
  readonly #gate = new ReadGate()
  #epochs: EpochList
  #origin: LogPoint
  #tail: LogPoint
  #segmentStart: number | null
  #corrupt: CorruptPlace | null
  #checkpointed: LogPoint
  #checkpointing: Promise<void> | null = null
  readonly #checkpointPace: CheckpointPace
  #cutting = false
  #closed = false

  private constructor(parts: Parts) {
    const { options, recovered } = parts
    const { tail, origin, epochs, report } = recovered
    this.#options = options
    this.#directory = parts.directory
    this.#checkpointFile = parts.checkpointFile
    this.#origin = origin
    this.#tail = tail
    this.#segmentStart = this.#directory.last?.start.position ?? null
    this.#epochs = epochs
    this.#corrupt = report.corruptRange
    this.#checkpointed = tail
    this.#reader = new JournalReader(this.#directory)
    this.#allocator = this.#newAllocator()
    this.#appender = this.#newAppender(tail)
    this.#checkpointPace = new CheckpointPace(options.clock, () => this.#checkpoint())
  }

  /**
   * Opens or creates the journal in `directory` and recovers it. Rejects with the error of the
   * disk, or with JOURNAL_CORRUPT when not even the beginning of the log can be made out.
   */
  static async open(
    options: JournalOptions,
  ): Promise<{ journal: Journal; recovery: RecoveryReport }> {
    try {
      return await Journal.#open(options)
    } catch (error) {
      throw storageError(error)
    }
  }

  static async #open(
    options: JournalOptions,
  ): Promise<{ journal: Journal; recovery: RecoveryReport }> {
    const { fileSystem, log } = options
    await fileSystem.makeDirectory(options.directory)
    const directory = new SegmentDirectory(fileSystem, options.directory)
    await removeLeftOverSpare(directory)
    const path = join(options.directory, 'checkpoint')
    const opened = await CheckpointFile.open(fileSystem, path)
    const recovered = await recoverJournal(directory, opened, {
      freshOrigin: options.origin ?? EMPTY_LOG,
      latestOrigin: options.originWitness?.latestOrigin ?? null,
      powerLost: options.powerLost ?? false,
    })
    const { report, tail } = recovered
    const fields = { ...report, lastIndex: tail.index, position: tail.position }
    if (report.outcome === 'corrupt') log.error('journal: corrupt, nothing was cut', fields)
    else log.info('journal: recovered', fields)
    const journal = new Journal({ options, directory, checkpointFile: opened.file, recovered })
    if (report.outcome !== 'corrupt') await journal.#begin()
    return { journal, recovery: report }
  }

  /** The end of the log as appended; the last records may not be written yet. */
  get tail(): LogPoint {
    return this.#tail
  }

  get writtenIndex(): number {
    return this.#appender.written.index
  }

  get syncedIndex(): number {
    return this.#appender.synced.index
  }

  /** Bytes appended and not yet written: what the caller's back-pressure looks at (R30). */
  get queuedBytes(): number {
    return this.#appender.queuedBytes
  }

  /** Bytes that can be written before the disk is asked for more. */
  get headroomBytes(): number {
    return this.#allocator.headroomBytes
  }

  /** The point before the oldest record kept. */
  get origin(): LogPoint {
    return this.#origin
  }

  /** Index of the oldest record kept, or of the first to come. */
  get firstIndex(): number {
    return this.#origin.index + 1
  }

  get startPosition(): number {
    return this.#origin.position
  }

  /** Where the segment of the tail begins; null when the next record has to begin one. */
  get segmentStart(): number | null {
    return this.#segmentStart
  }

  /** Set while records behind the tail are damaged: the copy is suspect until `repair` (R32). */
  get corrupt(): CorruptPlace | null {
    return this.#corrupt
  }

  /** The epochs in the log, ascending. */
  get epochs(): readonly EpochStart[] {
    return this.#epochs.starts
  }

  /** The largest epoch in the log that is at most `epoch`, and its last index (R14). */
  endOfEpoch(epoch: number): { epoch: number; lastIndex: number } {
    const { at, next } = this.#epochs.around(epoch)
    return {
      epoch: at?.epoch ?? this.#origin.epoch,
      lastIndex: next === undefined ? this.#tail.index : next.firstIndex - 1,
    }
  }

  /** Queues a batch that continues the tail; the listener hears when it is written and synced. */
  append(batch: LogBatch): void {
    assert(!this.#closed && !this.#cutting, 'nothing is appended while the journal closes or cuts')
    assert(this.#corrupt === null, 'a corrupt journal takes no records before its repair')
    assert(isSamePoint(batch.previous, this.#tail), 'a batch continues the tail')
    this.#appender.append(batch)
    this.#tail = batch.last
    if (batch.epochStarts.length > 0) this.#epochs.add(batch.epochStarts)
    const begun = batch.segmentStarts.at(-1)
    if (begun !== undefined) this.#segmentStart = begun.position
  }

  /** Resolves when everything appended is written (R7); rejects when the disk failed. */
  idle(): Promise<void> {
    return this.#appender.idle()
  }

  /** Resolves when everything appended is synced, whatever the policy. */
  sync(): Promise<void> {
    return this.#appender.sync()
  }

  /**
   * Whole, verified records from `fromIndex` on, up to about `maxBytes` but at least one, not
   * beyond `throughIndex`; null when nothing is written there yet. Rejects with JOURNAL_CORRUPT
   * (`details`: file, offset, fromIndex), or RESOURCE_LIMIT for records that are not kept any more.
   */
  read(fromIndex: number, maxBytes: number, throughIndex?: number): Promise<LogBatch | null> {
    return this.#reading(async () => {
      const written = this.#appender.written
      if (fromIndex > Math.min(written.index, throughIndex ?? written.index)) return null
      this.#mustBeKept(fromIndex)
      return this.#reader.read({ fromIndex, maxBytes, throughIndex }, written)
    })
  }

  /**
   * The bytes of these ranges, in order: message bodies, for instance. All of them must be written,
   * with their check before them (checked-bytes.ts), and are verified. Neighbours are read at once.
   * Rejects with JOURNAL_CORRUPT, with the details of `read` when the log is damaged, and without
   * `file` when it never held such a range.
   */
  readAt(ranges: readonly ByteRange[]): Promise<Buffer[]> {
    return this.#reading(() => this.#reader.readAt(ranges, this.#appender.written))
  }

  /** The point after record `index`; `index` may be one less than the first kept. */
  async pointAt(index: number): Promise<LogPoint> {
    if (index === this.#tail.index) return this.#tail
    assert(index < this.#tail.index, 'a point is asked for inside the log')
    if (index > this.#appender.written.index) await this.idle()
    return this.#reading(async () => {
      if (index === this.#origin.index) return this.#origin
      this.#mustBeKept(index)
      return this.#reader.pointAt(index)
    })
  }

  /**
   * Removes every record behind `index` (R16). Waits for what is being written, keeps the cut bytes
   * in `diverged/`, and lowers `tail`, `writtenIndex`, `syncedIndex` and `epochs` only when the cut
   * is on the medium; resolves with the new tail. Nothing may be appended meanwhile.
   */
  async truncateAfter(index: number): Promise<LogPoint> {
    assert(this.#corrupt === null, 'a corrupt journal is repaired, not truncated')
    assert(index <= this.#tail.index, 'a cut lies inside the log')
    if (index === this.#tail.index) return this.#tail
    return this.#cut(index, 'some')
  }

  /**
   * After corruption: moves everything from `fromIndex` on into `diverged/`, so that it can be
   * appended again as the leader has it (R32). The caller remembers it as suspect before.
   * `fromIndex` is at most one behind the tail.
   */
  async repair(fromIndex: number): Promise<LogPoint> {
    assert(fromIndex <= this.#tail.index + 1, 'a repair begins inside the log or at its end')
    this.#isToPrune = true
    return this.#cut(fromIndex - 1, 'most')
  }

  /** What damage put aside is with others again: only the newest of it stays. */
  async pruneDiverged(): Promise<void> {
    if (!this.#isToPrune || this.#options.isAlone === true) return
    this.#isToPrune = false
    await this.#gate.exclusively(() => divergedStoreOf(this.#directory).prune())
  }

  /**
   * Removes whole segments in which every record lies below `index`: nothing refers to them any
   * more. The log then begins at a later segment.
   */
  async releaseBefore(index: number): Promise<void> {
    await this.#gate.exclusively(async () => {
      // Not earlier: a cut may have been first.
      const keep = this.#directory.holding(Math.min(index, this.#appender.synced.index))
      if (this.#closed || this.#cutting || keep === undefined || keep === this.#directory.first)
        return
      await this.#options.originWitness?.remember(keep.start)
      // Meanwhile it may have begun to close, or a cut, which knows where the log began.
      if (this.#closed || this.#cutting) return
      this.#origin = keep.start
      // First what is remembered, then the files: those left by a crash are removed at the start.
      await this.#writeCheckpoint(false)
      while (this.#directory.first !== undefined && this.#directory.first !== keep) {
        await this.#directory.removeFirst()
      }
      await this.#directory.syncNames()
    })
  }

  /**
   * Drops all of it: from now on the log begins, and ends, at `origin` (R38). The caller has made
   * sure that it is remembered as suspect. A crash in between leaves an empty log.
   */
  async restartAt(origin: LogPoint): Promise<void> {
    await this.#cut(this.#origin.index, 'some')
    await this.#gate.exclusively(async () => {
      await this.#options.originWitness?.remember(origin)
      this.#origin = origin
      this.#tail = origin
      this.#epochs = epochsBefore(origin)
      this.#appender.resume(origin, null, null)
      this.#checkpointed = origin
      await this.#checkpointing
      await this.#checkpointFile.write(this.#checkpointOf(origin, false))
    })
  }

  /** Where the segments begin, in order. */
  get segments(): readonly SegmentPlace[] {
    return this.#directory.all.map(({ place }) => place)
  }

  /**
   * Ends it. `clean`: everything is synced and remembered first, so that the next open is quick.
   */
  async close({ clean }: { readonly clean: boolean }): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#checkpointPace.stop()
    if (clean && this.#appender.failure === null) await this.#appender.quiesce()
    await this.#appender.stop()
    await this.#allocator.stop()
    await this.#checkpointing
    if (clean && this.#corrupt === null && this.#appender.failure === null) {
      await this.#writeCheckpoint(true)
    }
    await this.#gate.exclusively(() => this.#directory.close())
    await this.#checkpointFile.close()
  }

  /** From here on the journal on disk counts as in use. */
  async #begin(): Promise<void> {
    await this.#writeCheckpoint(false)
    await this.#resume()
  }

  async #resume(): Promise<void> {
    const segment = this.#directory.last ?? null
    const file = segment === null ? null : await this.#directory.acquire(segment)
    this.#appender.resume(this.#tail, segment, file)
    if (segment === null || file === null) return this.#allocator.prepareFirst()
    const fileBytes = await this.#options.fileSystem.size(this.#directory.pathOf(segment))
    this.#allocator.resume(file, fileBytes ?? 0, segment.offsetOf(this.#tail.position))
  }

  async #cut(index: number, keep: Keep): Promise<LogPoint> {
    assert(!this.#closed && !this.#cutting, 'one cut at a time')
    assert(index >= this.#origin.index, 'nothing is cut before the oldest record kept')
    this.#cutting = true
    try {
      await this.#appender.quiesce()
      const point = await this.pointAt(index)
      await this.#gate.exclusively(() => this.#cutAt(point, keep))
      return point
    } finally {
      this.#cutting = false
    }
  }

  async #cutAt(point: LogPoint, keep: Keep): Promise<void> {
    try {
      await this.#cutFiles(point, this.#options.isAlone === true ? 'all' : keep)
    } catch (error) {
      // Half cut: only a new start, with its recovery, knows what is there.
      this.#appender.fail(error)
      throw storageError(error)
    }
  }

  async #cutFiles(point: LogPoint, keep: Keep): Promise<void> {
    const endPosition = this.#corrupt === null ? this.#tail.position : Infinity
    await this.#allocator.stop()
    this.#appender.detach()
    await this.#checkpointing
    const remember = (): Promise<void> =>
      this.#checkpointFile.write(this.#checkpointOf(point, false))
    const how = { origin: this.#origin.position, endPosition, keep, remember }
    const { isKept } = await cutTail(this.#directory, point, how)
    if (!isKept) {
      const fields = { fromIndex: point.index + 1, fromPosition: point.position }
      this.#options.log.warn('journal: no room for a copy of what was cut', fields)
    }
    this.#reader.truncateAfter(point.index)
    this.#epochs.truncateAfter(point.index)
    this.#tail = point
    this.#segmentStart = this.#directory.last?.start.position ?? null
    this.#checkpointed = point
    this.#corrupt = null
    await this.#resume()
  }

  #checkpointIsDue(synced: LogPoint): boolean {
    const segmentStart = this.#directory.last?.start.position ?? 0
    const { position } = this.#checkpointed
    return position < segmentStart || synced.position - position >= CHECKPOINT_BYTES
  }

  #checkpoint(): void {
    const due = this.#appender.synced.index !== this.#checkpointed.index
    const blocked = this.#checkpointing !== null || this.#cutting || this.#closed
    if (!due || blocked || this.#appender.failure !== null) return
    this.#checkpointing = this.#checkpointPace
      .measure(() => this.#writeCheckpoint(false))
      .catch((error: unknown) => this.#appender.fail(error))
      .finally(() => {
        this.#checkpointing = null
        // For what was synced meanwhile.
        this.#checkpointPace.plan()
      })
  }

  async #writeCheckpoint(clean: boolean): Promise<void> {
    const point = this.#appender.synced
    await this.#checkpointFile.write(this.#checkpointOf(point, clean))
    this.#checkpointed = point
  }

  #checkpointOf(synced: LogPoint, clean: boolean): Checkpoint {
    return { origin: this.#origin, synced, epochs: this.#epochs.upTo(synced.index), clean }
  }

  /** Reads never run while files are cut, and fail with errors of the table only. */
  async #reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await this.#gate.reading(read)
    } catch (error) {
      throw storageError(error)
    }
  }

  #mustBeKept(index: number): void {
    if (index >= this.firstIndex) return
    throw new BrokerError('RESOURCE_LIMIT', `record ${index} is not kept any more`, {
      details: { index, firstIndex: this.firstIndex },
    })
  }

  #newAllocator(): SegmentAllocator {
    const { segmentSizeBytes, clock, listener, mayPrepare } = this.#options
    return new SegmentAllocator({
      directory: this.#directory,
      segmentSizeBytes,
      clock,
      mayPrepare: mayPrepare ?? (() => true),
      listener: {
        spaceLow: (low) => listener.spaceLow?.(low),
        fatal: (error) => this.#appender.fail(error),
      },
    })
  }

  #newAppender(tail: LogPoint): Appender {
    const { syncPolicy: policy, clock, listener } = this.#options
    const options = {
      directory: this.#directory,
      allocator: this.#allocator,
      policy,
      clock,
      listener: {
        written: (point: LogPoint) => listener.written(point.index),
        synced: (point: LogPoint) => {
          listener.synced(point.index)
          if (this.#checkpointIsDue(point)) this.#checkpoint()
          else if (this.#checkpointing === null) this.#checkpointPace.plan()
        },
        fatal: (error: BrokerError) => {
          this.#options.log.error('journal: the disk failed', { code: error.code, error })
          listener.fatal(error)
        },
      },
    }
    return new Appender(options, tail)
  }
}

/** The disk's errors as ours; a broken assumption stays what it is. */
function storageError(error: unknown): Error {
  return error instanceof InvariantViolation ? error : toBrokerError(error, 'STORE_UNAVAILABLE')
}

function isSamePoint(a: LogPoint, b: LogPoint): boolean {
  return (
    a === b ||
    (a.index === b.index && a.chain === b.chain && a.position === b.position && a.epoch === b.epoch)
  )
}
