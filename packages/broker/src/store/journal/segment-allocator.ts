import { join } from 'node:path'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import type { Clock, Timer } from '@quorate/core/base/clock'
import type { File } from './file-system.ts'
import type { LogPoint } from './log-batch.ts'
import { Segment } from './segment.ts'
import type { SegmentDirectory } from './segment-directory.ts'
import { ZeroFiller } from './zero-filler.ts'

export interface SegmentAllocatorOptions {
  readonly directory: SegmentDirectory
  readonly segmentSizeBytes: number
  readonly clock: Clock
  readonly listener: SegmentAllocatorListener
  /** Whether so many bytes may be taken from the disk before they are needed. */
  readonly mayPrepare: (bytes: number) => boolean
}

export interface SegmentAllocatorListener {
  /** True when the disk has no room for the next segment, false when it has room again. */
  spaceLow(low: boolean): void
  fatal(error: unknown): void
}

/**
 * Zeros that a new journal begins with; the rest of its first segment follows in the background.
 */
const FIRST_FILL_BYTES = 4 * 1024 * 1024
/** The next segment is prepared once this share of the current one is used. */
const SPARE_FROM_SHARE = 1 / 8
/** After a full disk: how long to wait before asking again. */
const SPACE_RETRY_MS = 5_000
const SPARE_NAME = 'next.spare'

interface Allocation {
  readonly file: File
  readonly filler: ZeroFiller
}

/**
 * Has the next segment ready, filled with zeros, before the current one is used up. The spare
 * carries a name of its own and holds nothing but zeros, so a spare found at start is simply
 * removed. A full disk (ENOSPC) is no error here but a warning in time: what is allocated already
 * belongs to the head-room in which the broker finishes what it began (R37).
 */
export class SegmentAllocator {
  readonly #directory: SegmentDirectory
  readonly #segmentSizeBytes: number
  readonly #clock: Clock
  readonly #listener: SegmentAllocatorListener
  readonly #mayPrepare: (bytes: number) => boolean
  #current: Allocation | null = null
  #spare: Allocation | null = null
  #openingSpare: Promise<void> | null = null
  #usedBytes = 0
  #working: Promise<void> | null = null
  #stopped = false
  #spaceLow = false
  #retry: Timer | null = null

  constructor(options: SegmentAllocatorOptions) {
    this.#directory = options.directory
    this.#segmentSizeBytes = options.segmentSizeBytes
    this.#clock = options.clock
    this.#listener = options.listener
    this.#mayPrepare = options.mayPrepare
  }

  /** Bytes that can be written before the disk is asked for more. */
  get headroomBytes(): number {
    const current = (this.#current?.filler.filledBytes ?? 0) - this.#usedBytes
    return Math.max(0, current) + (this.#spare?.filler.filledBytes ?? 0)
  }

  /** For a journal without segments: the beginning of the first one, and the rest in background. */
  async prepareFirst(): Promise<void> {
    this.#stopped = false
    this.#usedBytes = 0
    await this.#openSpare()
    await this.#spare?.filler.fill(FIRST_FILL_BYTES)
    this.#work()
  }

  /** Goes on filling the last segment of an opened or cut journal. */
  resume(file: File, fileBytes: number, usedBytes: number): void {
    this.#stopped = false
    this.#usedBytes = usedBytes
    this.#current = { file, filler: new ZeroFiller(file, fileBytes, this.#segmentSizeBytes) }
    this.#work()
  }

  /** The next segment, in a file of its own under its final name; directory not synced yet. */
  async create(start: LogPoint): Promise<{ segment: Segment; file: File }> {
    await this.#current?.filler.stop()
    await this.#openingSpare
    const segment = new Segment(start)
    const path = this.#directory.pathOf(segment)
    this.#usedBytes = 0
    if (this.#spare === null) {
      // The writer was faster: this segment grows as it is written.
      const file = await this.#directory.fileSystem.open(path, 'create')
      this.#current = { file, filler: new ZeroFiller(file, 0, 0) }
    } else {
      this.#current = this.#spare
      this.#spare = null
      await this.#directory.fileSystem.rename(this.#sparePath(), path)
    }
    this.#directory.noteNamesChanged()
    this.#work()
    return { segment, file: this.#current.file }
  }

  /** See ZeroFiller.makeWay; `endBytes` counts from the start of the current segment. */
  makeWay(endBytes: number): Promise<void> | null {
    return this.#current?.filler.makeWay(endBytes) ?? null
  }

  noteUsed(usedBytes: number): void {
    const wantedBefore = this.#wantsSpare()
    this.#usedBytes = usedBytes
    if (!wantedBefore && this.#wantsSpare()) this.#work()
  }

  /**
   * Stops, and removes the spare; resolves when nothing is being written. `resume` or
   * `prepareFirst` begin anew. The current segment belongs to the directory.
   */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#retry?.cancel()
    await this.#current?.filler.stop()
    await this.#spare?.filler.stop()
    await this.#working
    this.#current = null
    const spare = this.#spare
    this.#spare = null
    if (spare === null) return
    await spare.file.close()
    await this.#directory.fileSystem.remove(this.#sparePath())
  }

  #wantsSpare(): boolean {
    return this.#usedBytes >= this.#segmentSizeBytes * SPARE_FROM_SHARE
  }

  #work(): void {
    if (this.#working !== null || this.#stopped) return
    this.#working = this.#fillAll()
      .then(() => this.#noteSpace(false))
      .catch((error: unknown) => this.#noteFailure(error))
      .finally(() => {
        this.#working = null
        if (this.#hasWork()) this.#work()
      })
  }

  #hasWork(): boolean {
    if (this.#stopped || this.#spaceLow) return false
    if (this.#current !== null && !this.#current.filler.isDone) return true
    return this.#spare === null ? this.#wantsSpare() : !this.#spare.filler.isDone
  }

  async #fillAll(): Promise<void> {
    this.#mustFit(this.#current?.filler.missingBytes ?? 0)
    await this.#current?.filler.fill()
    if (this.#spare === null && this.#wantsSpare()) await this.#openSpare()
    this.#mustFit(this.#spare?.filler.missingBytes ?? 0)
    await this.#spare?.filler.fill()
  }

  /**
   * Zeros never take what is left for the index and the other files: what they would use up, others
   * may need to end in order. Records are written without them where there are none.
   */
  #mustFit(bytes: number): void {
    if (bytes === 0 || this.#mayPrepare(bytes)) return
    throw new BrokerError('STORE_FULL', 'no room to prepare a segment', { details: { bytes } })
  }

  async #openSpare(): Promise<void> {
    const open = async (): Promise<void> => {
      const file = await this.#directory.fileSystem.open(this.#sparePath(), 'create')
      this.#spare = { file, filler: new ZeroFiller(file, 0, this.#segmentSizeBytes) }
    }
    this.#openingSpare = open()
    try {
      await this.#openingSpare
    } finally {
      this.#openingSpare = null
    }
  }

  #noteSpace(low: boolean): void {
    if (this.#spaceLow === low) return
    this.#spaceLow = low
    this.#listener.spaceLow(low)
  }

  #noteFailure(error: unknown): void {
    if (toBrokerError(error).code !== 'STORE_FULL') {
      this.#stopped = true
      this.#listener.fatal(error)
      return
    }
    this.#noteSpace(true)
    this.#retry = this.#clock.after(SPACE_RETRY_MS, () => this.#work())
  }

  #sparePath(): string {
    return join(this.#directory.path, SPARE_NAME)
  }
}

/** Removes what an earlier process prepared: its content is not known to be zeros any more. */
export async function removeLeftOverSpare(directory: SegmentDirectory): Promise<void> {
  const path = join(directory.path, SPARE_NAME)
  if ((await directory.fileSystem.size(path)) !== null) await directory.fileSystem.remove(path)
}
