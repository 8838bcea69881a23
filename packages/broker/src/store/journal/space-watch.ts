import type { Clock, Timer } from '@quorate/core/base/clock'
import { toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { DiskSpace, FileSystem } from './file-system.ts'
import type { LogPoint } from './log-batch.ts'
import type { SpaceLimits, SpaceView } from './store-space.ts'
import { StoreSpace } from './store-space.ts'

/** How often the disk is asked what is left. Between, our own growth is counted. */
export const SPACE_LOOK_MS = 1_000
/** A disk that does not say how full it is: only its errors tell. */
const UNKNOWN: DiskSpace = { freeBytes: Infinity, totalBytes: Infinity }

/** What of a journal counts; null before it is open. */
export interface SpaceUser {
  readonly tail: LogPoint
  readonly startPosition: number
  readonly headroomBytes: number
}

export interface SpaceWatchOptions {
  readonly fileSystem: FileSystem
  readonly directory: string
  readonly limits: SpaceLimits
  readonly segmentSizeBytes: number
  readonly clock: Clock
  readonly log: Log
}

/** Looks at the disk now and then, and says whether new messages fit. */
export class SpaceWatch {
  readonly #options: SpaceWatchOptions
  readonly #space: StoreSpace
  #journal: SpaceUser | null = null
  #timer: Timer | null = null
  #isLooking = false
  #isUnknown: boolean

  private constructor(options: SpaceWatchOptions, disk: DiskSpace) {
    this.#options = options
    this.#isUnknown = disk === UNKNOWN
    this.#space = new StoreSpace(options.limits, options.segmentSizeBytes, disk)
  }

  /** Takes a first look. Never rejects. */
  static async open(options: SpaceWatchOptions): Promise<SpaceWatch> {
    const { fileSystem, directory, log } = options
    const disk = await fileSystem.space(directory).catch((error: unknown) => {
      log.warn(UNTOLD, { reason: toBrokerError(error).message })
      return UNKNOWN
    })
    return new SpaceWatch(options, disk)
  }

  /** No new messages: the head-room is touched, or the limit reached. */
  get isShort(): boolean {
    return this.isShortWith(0)
  }

  /** The same once so much has been appended that the journal does not have yet. */
  isShortWith(bytes: number): boolean {
    return this.#space.isShortAt(this.#usedBytes + bytes)
  }

  get view(): SpaceView {
    return this.#space.viewAt(this.#usedBytes)
  }

  /** Size of the disk, the last that it told; null as long as it has told none. */
  get diskBytes(): number | null {
    return this.#space.diskBytes
  }

  /** Whether so much may be taken from the disk before it is needed. */
  mayPrepare(bytes: number): boolean {
    return this.#space.mayPrepare(bytes)
  }

  /** The journal is open: what it holds counts from now on. */
  async attach(journal: SpaceUser): Promise<void> {
    this.#journal = journal
    await this.look()
    const { limits, log } = this.#options
    const { limitBytes: storeLimitBytes, diskBytes } = this.#space
    const { limitPercent } = limits
    if (limitPercent !== null && diskBytes !== null) {
      const fields = { limitPercent, diskBytes, storeLimitBytes }
      log.info('store: the limit is a share of the disk, and follows its size', fields)
    }
    const { limitBytes, freeBytes, headRoomBytes } = this.view
    if (limitBytes >= storeLimitBytes) return
    const fields = { storeLimitBytes, limitBytes, freeBytes, headRoomBytes }
    log.info('store: the disk has less than storeLimit, so the limit is what it has', fields)
  }

  start(): void {
    this.#timer ??= this.#options.clock.every(SPACE_LOOK_MS, () => void this.look())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Asks the disk, unless it is being asked. Never rejects. */
  async look(): Promise<void> {
    const journal = this.#journal
    if (this.#isLooking || journal === null) return
    this.#isLooking = true
    try {
      const { fileSystem, directory } = this.#options
      const disk = await fileSystem.space(directory)
      this.#isUnknown = false
      this.#note(disk, journal)
    } catch (error) {
      this.#noteUntold(error, journal)
    } finally {
      this.#isLooking = false
    }
  }

  #note(disk: DiskSpace, { headroomBytes }: SpaceUser): void {
    const look = { ...disk, preparedBytes: headroomBytes, usedBytes: this.#usedBytes }
    if (!this.#space.look(look)) return
    const { log } = this.#options
    const { isShort, ...fields } = this.view
    if (isShort) log.warn('store: no space for new messages, their senders have to wait', fields)
    else log.info('store: there is space for new messages again', fields)
  }

  #noteUntold(error: unknown, journal: SpaceUser): void {
    const reason = toBrokerError(error).message
    if (!this.#isUnknown) this.#options.log.warn(UNTOLD, { reason })
    this.#isUnknown = true
    this.#note(UNKNOWN, journal)
  }

  get #usedBytes(): number {
    const journal = this.#journal
    return journal === null ? 0 : journal.tail.position - journal.startPosition
  }
}

const UNTOLD =
  'store: the file system does not tell how full it is, the limit of the log alone counts'
