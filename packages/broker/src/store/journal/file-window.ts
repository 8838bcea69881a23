import { checksum } from './checksum.ts'
import type { File } from './file-system.ts'
import { readFully } from './file-system.ts'

/** Reads a file mostly forwards through a buffer of fixed size. */
export class FileWindow {
  readonly #file: File
  readonly #windowBytes: number
  #start = 0
  #bytes: Buffer = EMPTY

  constructor(file: File, windowBytes: number) {
    this.#file = file
    this.#windowBytes = windowBytes
  }

  /** `length` bytes from `offset`, fewer at the end of the file. Valid until the next call. */
  async at(offset: number, length: number): Promise<Buffer> {
    const held = this.held(offset, length)
    if (held !== null) return held
    this.#bytes = await readFully(this.#file, offset, Math.max(length, this.#windowBytes))
    this.#start = offset
    return this.#bytes.subarray(0, length)
  }

  /** The same without a read: null unless the buffer has them all. */
  held(offset: number, length: number): Buffer | null {
    const from = offset - this.#start
    if (from < 0 || from + length > this.#bytes.length) return null
    return this.#bytes.subarray(from, from + length)
  }

  /** Checksum of `length` bytes from `offset`, in memory of one window; null when the file ends. */
  async checksumAt(offset: number, length: number): Promise<number | null> {
    let crc = 0
    for (let done = 0; done < length;) {
      const part = await this.at(offset + done, Math.min(length - done, this.#windowBytes))
      if (part.length === 0) return null
      crc = checksum(part, 0, part.length, crc)
      done += part.length
    }
    return crc
  }
}

const EMPTY: Buffer = Buffer.alloc(0)
