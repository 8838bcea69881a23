import { BrokerError } from '../base/errors.ts'
import { LARGE_BYTES, allocateRoomy } from '../base/roomy-memory.ts'
import { malformed } from './malformed.ts'

const prefixBytes = 4
const smallestPartial = 256
const empty = Buffer.alloc(0)

/**
 * Cuts the bytes of a socket into frames:
 *
 *   frame = size: int32, size bytes
 *
 * A frame inside one chunk is a slice of it. One that spans chunks is gathered in a buffer that
 * grows with what has arrived, never by what a size announces - but for a large one, which has to
 * be admitted and then gets memory of its size at once, so that it is never copied again.
 */
export class FrameSplitter {
  #maxFrameBytes: number
  #chunk: Buffer = empty
  #at = 0
  #partial: Buffer = empty
  #partialLength = 0
  readonly #admit: (byteCount: number) => boolean
  /** The large frame that is arriving. */
  #large: Buffer | null = null
  #largeLength = 0

  /**
   * `maxFrameBytes` does not count the size prefix. `admit` is asked before a large frame gets its
   * memory; while it declines, next() has no frame and asks again.
   */
  constructor(maxFrameBytes: number, admit: (byteCount: number) => boolean = () => true) {
    this.#maxFrameBytes = maxFrameBytes
    this.#admit = admit
  }

  /** Applies from the next frame on. */
  set maxFrameBytes(value: number) {
    this.#maxFrameBytes = value
  }

  /** Bytes that have arrived and were not handed out. */
  get pendingBytes(): number {
    return this.#largeLength + this.#partialLength + this.#chunk.length - this.#at
  }

  push(chunk: Buffer): void {
    const left = this.#chunk.length - this.#at
    this.#chunk = left === 0 ? chunk : Buffer.concat([this.#chunk.subarray(this.#at), chunk])
    this.#at = 0
  }

  /** The next whole frame without its prefix, or null until more arrives. */
  next(): Buffer | null {
    if (this.#large !== null) return this.#fillLarge(this.#large)
    if (this.#partialLength > 0) return this.#completePartial()
    const left = this.#chunk.length - this.#at
    if (left >= prefixBytes) {
      const size = this.#checkedSize(this.#chunk.readInt32BE(this.#at))
      const start = this.#at + prefixBytes
      if (left - prefixBytes >= size) {
        this.#at = start + size
        return this.#chunk.subarray(start, this.#at)
      }
      if (size >= LARGE_BYTES) return this.#beginLarge(size)
    }
    this.#moveToPartial(left)
    return null
  }

  /** All pending bytes in one piece, for streams whose frames have no prefix. */
  peek(): Buffer {
    if (this.#partialLength === 0) return this.#chunk.subarray(this.#at)
    this.#moveToPartial(this.#chunk.length - this.#at)
    return this.#partial.subarray(0, this.#partialLength)
  }

  /** Drops the first bytes of what peek() showed. */
  skip(byteCount: number): void {
    if (this.#partialLength === 0) {
      this.#at += byteCount
      return
    }
    this.#chunk = this.#partial.subarray(byteCount, this.#partialLength)
    this.#at = 0
    this.#partial = empty
    this.#partialLength = 0
  }

  #completePartial(): Buffer | null {
    if (!this.#fillPartial(prefixBytes)) return null
    const size = this.#checkedSize(this.#partial.readInt32BE(0))
    if (size >= LARGE_BYTES && this.#partialLength === prefixBytes) return this.#beginLarge(size)
    if (!this.#fillPartial(prefixBytes + size)) return null
    const frame = this.#partial.subarray(prefixBytes, prefixBytes + size)
    this.#partial = empty
    this.#partialLength = 0
    return frame
  }

  /** Its prefix is all that has been looked at. */
  #beginLarge(size: number): Buffer | null {
    if (!this.#admit(size)) return null
    if (this.#partialLength > 0) {
      this.#partial = empty
      this.#partialLength = 0
    } else {
      this.#at += prefixBytes
    }
    this.#large = allocateRoomy(size)
    return this.#fillLarge(this.#large)
  }

  #fillLarge(large: Buffer): Buffer | null {
    const missing = large.length - this.#largeLength
    const taken = Math.min(missing, this.#chunk.length - this.#at)
    this.#chunk.copy(large, this.#largeLength, this.#at, this.#at + taken)
    this.#largeLength += taken
    this.#passed(taken)
    if (taken < missing) return null
    this.#large = null
    this.#largeLength = 0
    return large
  }

  /** Moves bytes over until the partial frame has `wanted` of them; false if there are too few. */
  #fillPartial(wanted: number): boolean {
    const missing = wanted - this.#partialLength
    if (missing > 0) this.#moveToPartial(Math.min(missing, this.#chunk.length - this.#at), wanted)
    return this.#partialLength >= wanted
  }

  #moveToPartial(byteCount: number, most = Infinity): void {
    if (byteCount === 0) return
    const length = this.#partialLength + byteCount
    if (length > this.#partial.length) {
      const capacity = Math.max(smallestPartial, Math.min(most, 2 * length))
      const larger = Buffer.allocUnsafeSlow(capacity)
      this.#partial.copy(larger, 0, 0, this.#partialLength)
      this.#partial = larger
    }
    this.#chunk.copy(this.#partial, this.#partialLength, this.#at, this.#at + byteCount)
    this.#partialLength = length
    this.#passed(byteCount)
  }

  #passed(byteCount: number): void {
    this.#at += byteCount
    if (this.#at === this.#chunk.length) {
      this.#chunk = empty
      this.#at = 0
    }
  }

  #checkedSize(size: number): number {
    if (size <= 0) throw malformed(`a frame of ${size} bytes`)
    if (size > this.#maxFrameBytes) {
      const message = `a frame of ${size} bytes where ${this.#maxFrameBytes} are allowed`
      throw new BrokerError('FRAME_TOO_LARGE', message)
    }
    return size
  }
}
