import { BrokerError } from '@quorate/core/base/errors'

/**
 * Cuts a byte stream into frames of `length u32, bytes`. A frame that lies in one chunk is a slice
 * of it; one that spans chunks is collected once, into a buffer of its announced length. The
 * announced length is checked first, so a peer cannot make us hold more than `limit` bytes.
 */
export class LengthPrefixed {
  #limit: number
  #pending: Buffer | null = null
  #partial: Buffer | null = null
  #filled = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** A peer that has proven who it is may send larger frames. */
  set limit(bytes: number) {
    this.#limit = bytes
  }

  /** A part of a frame has arrived. */
  get isFilling(): boolean {
    return this.#partial !== null
  }

  /** Calls back with each whole frame, without its length. Throws FRAME_TOO_LARGE. */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    let rest = this.#pending === null ? chunk : Buffer.concat([this.#pending, chunk])
    this.#pending = null
    while (rest.length > 0) {
      if (this.#partial !== null) {
        rest = this.#fill(this.#partial, rest, onFrame)
        continue
      }
      if (rest.length < 4) {
        this.#pending = rest
        return
      }
      const length = rest.readUInt32BE(0)
      if (length > this.#limit) {
        throw new BrokerError('FRAME_TOO_LARGE', `a replication frame of ${length} bytes`)
      }
      if (rest.length >= 4 + length) {
        onFrame(rest.subarray(4, 4 + length))
        rest = rest.subarray(4 + length)
      } else {
        this.#partial = Buffer.allocUnsafe(length)
        this.#filled = 0
        rest = rest.subarray(4)
      }
    }
  }

  #fill(partial: Buffer, chunk: Buffer, onFrame: (frame: Buffer) => void): Buffer {
    const taken = Math.min(partial.length - this.#filled, chunk.length)
    chunk.copy(partial, this.#filled, 0, taken)
    this.#filled += taken
    if (this.#filled === partial.length) {
      this.#partial = null
      onFrame(partial)
    }
    return chunk.subarray(taken)
  }
}
