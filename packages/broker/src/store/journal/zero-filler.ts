import type { File } from './file-system.ts'
import { writeFully } from './file-system.ts'

/** Zeros are written and synced in pieces of this size, so that a log sync never waits for more. */
export const FILL_CHUNK_BYTES = 1024 * 1024

/**
 * Fills a file with zeros ahead of its writer: syncing bytes that overwrite allocated blocks is
 * cheaper than syncing bytes that make the file grow. One piece at a time is under way; a writer
 * that wants to go beyond what is filled stops the filler for good and waits for that piece.
 */
export class ZeroFiller {
  readonly #file: File
  readonly #targetBytes: number
  #filledBytes: number
  #stopped = false
  #running: Promise<void> | null = null

  /** `filledBytes` of the file exist already. */
  constructor(file: File, filledBytes: number, targetBytes: number) {
    this.#file = file
    this.#filledBytes = filledBytes
    this.#targetBytes = targetBytes
  }

  get filledBytes(): number {
    return this.#filledBytes
  }

  /** What `fill` would still take from the disk. */
  get missingBytes(): number {
    return this.isDone ? 0 : this.#targetBytes - this.#filledBytes
  }

  get isDone(): boolean {
    return this.#stopped || this.#filledBytes >= this.#targetBytes
  }

  /** Fills to the end, or until it is stopped. Rejects with the error of the disk. */
  fill(untilBytes = this.#targetBytes): Promise<void> {
    const running = this.#run(Math.min(untilBytes, this.#targetBytes))
    this.#running = running.catch(() => undefined)
    return running
  }

  /**
   * Before the file is written up to `endBytes`: null when zeros reach that far, else a promise
   * that resolves when no more zeros will be written.
   */
  makeWay(endBytes: number): Promise<void> | null {
    return endBytes <= this.#filledBytes ? null : this.stop()
  }

  /** Writes no more zeros; resolves when the piece under way is done. */
  stop(): Promise<void> {
    this.#stopped = true
    return this.#running ?? Promise.resolve()
  }

  async #run(untilBytes: number): Promise<void> {
    while (!this.#stopped && this.#filledBytes < untilBytes) {
      const length = Math.min(FILL_CHUNK_BYTES, untilBytes - this.#filledBytes)
      await writeFully(this.#file, [zeros.subarray(0, length)], this.#filledBytes)
      await this.#file.syncData()
      this.#filledBytes += length
    }
  }
}

const zeros = Buffer.alloc(FILL_CHUNK_BYTES)
