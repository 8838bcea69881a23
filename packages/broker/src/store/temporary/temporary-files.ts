import { join } from 'node:path'
import type { Clock } from '@quorate/core/base/clock'
import { BrokerError, assert, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { File, FileSystem } from '../journal/file-system.ts'
import { readFully, writeFully } from '../journal/file-system.ts'
import type {
  TemporaryMessage,
  TemporaryPlace,
  TemporaryStore,
  TemporaryView,
} from '../temporary-store.ts'
import { decodeRun, encodeRun } from './run-codec.ts'

/** Bytes after which a file is left, and another begun. */
export const TEMPORARY_FILE_BYTES_MAX = 4 << 20
/** Where the limit is small, a file is that share of it. */
const FILE_SHARE = 1 / 8
/** How long a disk that took nothing is left alone, in milliseconds. */
export const TEMPORARY_RETRY_MS = 1000
/** Lost messages are logged so often at most, in milliseconds. */
const LOST_LOG_MS = 10_000
/** ActiveMQ's name for the folder. */
export const TEMPORARY_FOLDER = 'tmp_storage'
const OURS = /^\d+-\d+\.spill$/

export interface TemporaryFilesOptions {
  readonly fileSystem: FileSystem
  readonly directory: string
  /** Of the leadership: no two of a broker have files of the same name. */
  readonly epoch: number
  /** What all files may take, at this moment: it may follow the size of the disk. */
  readonly limitBytes: () => number
  /** What is left free of a disk of this size. */
  readonly headRoomBytes: (totalBytes: number) => number
  readonly clock: Clock
  readonly log: Log
}

class SpillFile {
  readonly path: string
  readonly file: File
  sizeBytes = 0
  /** Runs in it that are needed. */
  runs = 0

  constructor(path: string, file: File) {
    this.path = path
    this.file = file
  }
}

interface Place extends TemporaryPlace {
  readonly file: SpillFile
  readonly position: number
  readonly length: number
  readonly serial: number
}

/**
 * The temporary store in files that are written from front to back, and go when nothing in them is
 * needed any more. Nothing is synced: what a power failure would take is not promised to anybody.
 */
export class TemporaryFiles implements TemporaryStore {
  readonly #options: TemporaryFilesOptions
  readonly #files = new Set<SpillFile>()
  readonly #busy = new Set<Promise<void>>()
  #current: SpillFile | null = null
  #isAppending = false
  #closed = false
  #fileCount = 0
  #serial = 0
  #usedBytes = 0
  #lostMessages = 0
  #lostLoggedMs = -Infinity
  /** On the monotonic clock: nothing is tried before. */
  #retryAtMs = -Infinity
  /** Why nothing is written, '' when all is well. */
  #trouble = ''

  constructor(options: TemporaryFilesOptions) {
    this.#options = options
  }

  get isFull(): boolean {
    const { limitBytes, clock } = this.#options
    return this.#usedBytes >= limitBytes() || clock.monotonicMs() < this.#retryAtMs
  }

  get view(): TemporaryView {
    return {
      usedBytes: this.#usedBytes,
      limitBytes: this.#options.limitBytes(),
      isFull: this.isFull,
      lostMessages: this.#lostMessages,
    }
  }

  append(
    runs: readonly (readonly TemporaryMessage[])[],
    done: (places: readonly TemporaryPlace[] | null) => void,
  ): void {
    assert(!this.#isAppending, 'one append at a time')
    this.#isAppending = true
    const written = this.#append(runs).catch((error: unknown) => this.#failed(error))
    this.#during(
      written.then((places) => {
        this.#isAppending = false
        if (!this.#closed) done(places)
      }),
    )
  }

  fetch(
    place: TemporaryPlace,
    done: (messages: readonly (TemporaryMessage | null)[]) => void,
  ): void {
    const { file, position, length, count, serial } = place as Place
    let reason = 'they are not as they were written'
    const read = readFully(file.file, position, length).then(
      (bytes) => decodeRun(bytes, count, { epoch: this.#options.epoch, serial }),
      (error: unknown) => {
        reason = toBrokerError(error, 'STORE_UNAVAILABLE').message
        return new Array<null>(count).fill(null)
      },
    )
    this.#during(
      read.then((messages) => {
        if (this.#closed) return
        this.#countLost(messages, reason)
        done(messages)
      }),
    )
  }

  release(place: TemporaryPlace): void {
    const { file } = place as Place
    file.runs--
    this.#dropIfDone(file)
  }

  /** Ends the store and removes its files. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled([...this.#busy])
    for (const file of this.#files) this.#drop(file)
    await Promise.allSettled([...this.#busy])
  }

  /** All or nothing of the runs goes into one file. */
  async #append(runs: readonly (readonly TemporaryMessage[])[]): Promise<Place[]> {
    const file = this.#current ?? (await this.#begin())
    const places: Place[] = []
    const chunks: Buffer[] = []
    let position = file.sizeBytes
    for (const run of runs) {
      const serial = ++this.#serial
      const encoded = encodeRun(run, { epoch: this.#options.epoch, serial })
      const length = encoded.reduce((sum, chunk) => sum + chunk.length, 0)
      places.push({ file, position, length, serial, count: run.length } as Place)
      chunks.push(...encoded)
      position += length
    }
    await writeFully(file.file, chunks, file.sizeBytes)
    this.#usedBytes += position - file.sizeBytes
    file.sizeBytes = position
    file.runs += places.length
    if (position >= this.#fileBytes) this.#current = null
    this.#recovered()
    return places
  }

  get #fileBytes(): number {
    return Math.min(TEMPORARY_FILE_BYTES_MAX, this.#options.limitBytes() * FILE_SHARE)
  }

  async #begin(): Promise<SpillFile> {
    const { fileSystem, directory, epoch } = this.#options
    // Somebody may have removed it.
    await fileSystem.makeDirectory(directory)
    await this.#checkDisk()
    const path = join(directory, `${epoch}-${++this.#fileCount}.spill`)
    const file = new SpillFile(path, await fileSystem.open(path, 'create'))
    this.#files.add(file)
    this.#current = file
    return file
  }

  /** Between two looks no more than a file is written. */
  async #checkDisk(): Promise<void> {
    const { fileSystem, directory, headRoomBytes } = this.#options
    const unknown = { freeBytes: Infinity, totalBytes: Infinity }
    const disk = await fileSystem.space(directory).catch(() => unknown)
    if (disk.freeBytes - this.#fileBytes >= headRoomBytes(disk.totalBytes)) return
    throw new BrokerError('STORE_FULL', 'the disk has no space beside its head-room')
  }

  #failed(error: unknown): null {
    const { clock, log } = this.#options
    this.#retryAtMs = clock.monotonicMs() + TEMPORARY_RETRY_MS
    const file = this.#current
    this.#current = null
    // What a failed write has left behind is in nobody's way in a file that is not written again.
    if (file !== null) this.#dropIfDone(file)
    const reason = toBrokerError(error, 'STORE_UNAVAILABLE').message
    if (this.#trouble === '' && !this.#closed) {
      log.warn('temporary store: nothing can be written, messages stay in memory', { reason })
    }
    this.#trouble = reason
    return null
  }

  #recovered(): void {
    if (this.#trouble !== '') this.#options.log.info('temporary store: writes again')
    this.#trouble = ''
  }

  #countLost(messages: readonly (TemporaryMessage | null)[], reason: string): void {
    const lost = messages.reduce((sum, message) => sum + (message === null ? 1 : 0), 0)
    if (lost === 0) return
    this.#lostMessages += lost
    this.#logLost(lost, reason)
  }

  #logLost(messages: number, reason: string): void {
    const { clock, log } = this.#options
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#lostLoggedMs < LOST_LOG_MS) return
    this.#lostLoggedMs = nowMs
    const total = this.#lostMessages
    log.error('temporary store: messages cannot be read back', { messages, total, reason })
  }

  #dropIfDone(file: SpillFile): void {
    // One that is being written will have runs again.
    const isInUse = file === this.#current && this.#isAppending
    if (file.runs === 0 && !isInUse) this.#drop(file)
  }

  #drop(file: SpillFile): void {
    if (!this.#files.delete(file)) return
    if (file === this.#current) this.#current = null
    this.#usedBytes -= file.sizeBytes
    const { fileSystem, log } = this.#options
    const removed = file.file.close().then(() => fileSystem.remove(file.path))
    this.#during(
      removed.catch((error: unknown) => {
        log.warn('temporary store: a file cannot be removed', { reason: String(error) })
      }),
    )
  }

  #during(work: Promise<void>): void {
    this.#busy.add(work)
    void work.finally(() => this.#busy.delete(work))
  }
}

/**
 * Removes what a broker that was killed has left behind. Never rejects: the next start tries again.
 */
export async function removeLeftovers(
  fileSystem: FileSystem,
  directory: string,
  log: Log,
): Promise<void> {
  try {
    const names = (await fileSystem.list(directory)).filter((name) => OURS.test(name))
    for (const name of names) await fileSystem.remove(join(directory, name))
    if (names.length > 0) log.info('temporary store: leftovers removed', { files: names.length })
  } catch (error) {
    const reason = toBrokerError(error, 'STORE_UNAVAILABLE').message
    log.warn('temporary store: leftovers cannot be removed', { reason })
  }
}
