import { assert } from '@quorate/core/base/errors'
import { checksum } from './checksum.ts'

/**
 * Walks over bytes that lie in several buffers as if they were one, copying only what straddles two
 * of them. The caller checks `remaining` first.
 */
export class ChunkCursor {
  readonly #chunks: readonly Buffer[]
  #next = 0
  #current: Buffer = EMPTY
  #offset = 0
  #remaining: number
  #passed: Buffer = EMPTY

  constructor(chunks: readonly Buffer[]) {
    this.#chunks = chunks
    this.#remaining = byteLengthOf(chunks)
  }

  get remaining(): number {
    return this.#remaining
  }

  /** The next `length` bytes: a slice, or a copy when they straddle buffers. */
  take(length: number): Buffer {
    this.#consume(length)
    this.#skipUsedUp()
    const start = this.#offset
    if (length <= this.#current.length - start) {
      this.#offset = start + length
      return this.#current.subarray(start, start + length)
    }
    return this.#gather(length)
  }

  /**
   * Passes the next `length` bytes and says where they begin in `passed`: as `take`, for somebody
   * who reads a few numbers and needs no buffer of their own.
   */
  pass(length: number): number {
    this.#consume(length)
    this.#skipUsedUp()
    const start = this.#offset
    if (length <= this.#current.length - start) {
      this.#offset = start + length
      this.#passed = this.#current
      return start
    }
    this.#passed = this.#gather(length)
    return 0
  }

  /** What holds the bytes that were passed last. */
  get passed(): Buffer {
    return this.#passed
  }

  /** The checksum of the next `length` bytes, which are thereby passed. */
  checksum(length: number): number {
    this.#consume(length)
    let crc = 0
    for (let left = length; left > 0;) {
      this.#skipUsedUp()
      const part = Math.min(left, this.#current.length - this.#offset)
      crc = checksum(this.#current, this.#offset, this.#offset + part, crc)
      this.#offset += part
      left -= part
    }
    return crc
  }

  skip(length: number): void {
    this.#consume(length)
    for (let left = length; left > 0;) {
      this.#skipUsedUp()
      const part = Math.min(left, this.#current.length - this.#offset)
      this.#offset += part
      left -= part
    }
  }

  #consume(length: number): void {
    assert(length <= this.#remaining, 'a cursor is never asked for more than remains')
    this.#remaining -= length
  }

  #skipUsedUp(): void {
    while (this.#offset === this.#current.length && this.#next < this.#chunks.length) {
      this.#current = this.#chunks[this.#next++] ?? EMPTY
      this.#offset = 0
    }
  }

  #gather(length: number): Buffer {
    const gathered = Buffer.allocUnsafe(length)
    for (let filled = 0; filled < length;) {
      this.#skipUsedUp()
      const part = Math.min(length - filled, this.#current.length - this.#offset)
      this.#current.copy(gathered, filled, this.#offset, this.#offset + part)
      this.#offset += part
      filled += part
    }
    return gathered
  }
}

export function byteLengthOf(chunks: readonly Buffer[]): number {
  let total = 0
  for (const chunk of chunks) total += chunk.length
  return total
}

/** The part of `chunks` from byte `start` up to `end`, as slices. */
export function sliceChunks(chunks: readonly Buffer[], start: number, end: number): Buffer[] {
  const slices: Buffer[] = []
  let at = 0
  for (const chunk of chunks) {
    const from = Math.max(start - at, 0)
    const to = Math.min(end - at, chunk.length)
    if (from < to) slices.push(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to))
    at += chunk.length
    if (at >= end) break
  }
  return slices
}

const EMPTY = Buffer.alloc(0)
