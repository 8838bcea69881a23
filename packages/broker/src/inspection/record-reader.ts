import type { File } from '../store/journal/file-system.ts'
import { HEADER_BYTES, MAX_PAYLOAD_BYTES } from '../store/journal/record.ts'

/** Read from a file at a time, unless a single record is larger. */
export const READ_WINDOW_BYTES = 4 * 1024 * 1024

/**
 * Reads stretches of files into one buffer that is used again and again: a log of any size is read
 * in the memory of its largest record. A second buffer, of the largest size that a record can have,
 * is made when the first such record comes; pages that no record reaches take no memory.
 */
export class RecordReader {
  #buffer = Buffer.allocUnsafeSlow(READ_WINDOW_BYTES)

  /**
   * The bytes from `offset`: at least `needed`, and fewer only where the file ends. Valid until the
   * next call.
   */
  async load(file: File, offset: number, needed: number): Promise<Buffer> {
    if (needed > this.#buffer.length) {
      this.#buffer = Buffer.allocUnsafeSlow(HEADER_BYTES + MAX_PAYLOAD_BYTES)
    }
    const wanted = Math.max(needed, READ_WINDOW_BYTES)
    let filled = 0
    while (filled < wanted) {
      const count = await file.read(this.#buffer.subarray(filled, wanted), offset + filled)
      if (count === 0) break
      filled += count
    }
    return this.#buffer.subarray(0, filled)
  }
}
