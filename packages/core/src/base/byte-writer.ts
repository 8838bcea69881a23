import { assert } from './errors.ts'

/** Writes big-endian primitives into one growing buffer. The mirror of ByteReader. */
export class ByteWriter {
  #buffer: Buffer
  #length = 0

  constructor(initialBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(Math.max(16, initialBytes))
  }

  get length(): number {
    return this.#length
  }

  uint8(value: number): this {
    const at = this.#reserve(1)
    this.#buffer.writeUInt8(value, at)
    return this
  }

  int8(value: number): this {
    const at = this.#reserve(1)
    this.#buffer.writeInt8(value, at)
    return this
  }

  boolean(value: boolean): this {
    return this.uint8(value ? 1 : 0)
  }

  uint16(value: number): this {
    const at = this.#reserve(2)
    this.#buffer.writeUInt16BE(value, at)
    return this
  }

  int16(value: number): this {
    const at = this.#reserve(2)
    this.#buffer.writeInt16BE(value, at)
    return this
  }

  uint32(value: number): this {
    const at = this.#reserve(4)
    this.#buffer.writeUInt32BE(value, at)
    return this
  }

  int32(value: number): this {
    const at = this.#reserve(4)
    this.#buffer.writeInt32BE(value, at)
    return this
  }

  int64(value: bigint): this {
    const at = this.#reserve(8)
    this.#buffer.writeBigInt64BE(value, at)
    return this
  }

  uint53(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'a 64-bit number must be exact')
    const at = this.#reserve(8)
    this.#buffer.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at)
    this.#buffer.writeUInt32BE(value >>> 0, at + 4)
    return this
  }

  bytes(value: Uint8Array): this {
    const at = this.#reserve(value.length)
    this.#buffer.set(value, at)
    return this
  }

  lengthPrefixed(value: Uint8Array): this {
    return this.uint32(value.length).bytes(value)
  }

  string16(value: string): this {
    const length = Buffer.byteLength(value)
    assert(length <= 0xffff, 'a string of this field holds at most 65,535 bytes')
    this.uint16(length)
    // Reserving may replace the buffer, so it comes first.
    const at = this.#reserve(length)
    this.#buffer.write(value, at, 'utf8')
    return this
  }

  list16<T>(items: readonly T[], item: (writer: this, value: T) => void): this {
    assert(items.length <= 0xffff, 'a list of this field holds at most 65,535 items')
    this.uint16(items.length)
    for (const value of items) item(this, value)
    return this
  }

  /** Overwrites four bytes at `at`: for a length that is known only at the end. */
  patchUint32(at: number, value: number): this {
    assert(at + 4 <= this.#length, 'only written bytes can be patched')
    this.#buffer.writeUInt32BE(value, at)
    return this
  }

  /** The bytes written, as a view; the writer must not be used afterwards. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  #reserve(length: number): number {
    const at = this.#length
    const wanted = at + length
    if (wanted > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(wanted, this.#buffer.length * 2))
      this.#buffer.copy(larger, 0, 0, at)
      this.#buffer = larger
    }
    this.#length = wanted
    return at
  }
}
