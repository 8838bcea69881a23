import { BrokerError } from './errors.ts'

/**
 * Reads big-endian primitives from one whole frame. Every method checks the remaining bytes first:
 * whatever the bytes are, the outcome is a value or one MALFORMED_FRAME, and nothing is allocated
 * beyond the frame, because byte strings are slices of it.
 */
export class ByteReader {
  readonly bytes: Buffer
  #position: number
  readonly #end: number

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes
    this.#position = start
    this.#end = end
  }

  get position(): number {
    return this.#position
  }

  get remaining(): number {
    return this.#end - this.#position
  }

  uint8(): number {
    return this.bytes.readUInt8(this.#take(1))
  }

  int8(): number {
    return this.bytes.readInt8(this.#take(1))
  }

  /** A byte that must be 0 or 1. */
  boolean(): boolean {
    const value = this.uint8()
    if (value > 1) throw malformed(`a boolean cannot be ${value}`)
    return value === 1
  }

  uint16(): number {
    return this.bytes.readUInt16BE(this.#take(2))
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#take(2))
  }

  uint32(): number {
    return this.bytes.readUInt32BE(this.#take(4))
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#take(4))
  }

  int64(): bigint {
    return this.bytes.readBigInt64BE(this.#take(8))
  }

  /** An unsigned 64-bit number that must be exact as a JavaScript number (below 2^53). */
  uint53(): number {
    const at = this.#take(8)
    const high = this.bytes.readUInt32BE(at)
    if (high > 0x1f_ffff) throw malformed('a 64-bit number exceeds 2^53')
    return high * 0x1_0000_0000 + this.bytes.readUInt32BE(at + 4)
  }

  /** `length` bytes as a slice of the frame, not a copy. */
  slice(length: number): Buffer {
    const at = this.#take(length)
    return this.bytes.subarray(at, at + length)
  }

  /** uint32 length, then that many bytes. */
  lengthPrefixed(): Buffer {
    return this.slice(this.uint32())
  }

  /** uint16 length, then UTF-8. */
  string16(): string {
    const length = this.uint16()
    const at = this.#take(length)
    return this.bytes.toString('utf8', at, at + length)
  }

  /** uint16 count, then that many items read by `item`. */
  list16<T>(item: (reader: ByteReader) => T): T[] {
    const count = this.uint16()
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(item(this))
    return items
  }

  /** Asserts that the frame is used up. */
  end(): void {
    if (this.remaining !== 0) throw malformed(`${this.remaining} bytes too many`)
  }

  #take(length: number): number {
    const at = this.#position
    if (length < 0 || length > this.#end - at) {
      throw malformed(`${length} bytes wanted, ${this.#end - at} left`)
    }
    this.#position = at + length
    return at
  }
}

function malformed(message: string): BrokerError {
  return new BrokerError('MALFORMED_FRAME', message)
}
