/**
 * Writes the primitives of OpenWire in the tight or the loose encoding; the mirror of WireReader.
 * Frames are appended to one batch of bytes that is taken as a whole, so that many small frames
 * reach the socket in one write.
 *
 *   | taken | frame | frame | size type bits | fields ...
 *           ^ batch               ^ reserved by what the last frame of the type needed
 *
 * Large byte sequences are not copied into it: they are noted, and put between when it is taken.
 */
import { BrokerError } from '../base/errors.ts'
import { LARGE_BYTES } from '../base/roomy-memory.ts'
import type { Long, WireThrowable } from './commands.ts'
import { modifiedUtf8Length, writeModifiedUtf8 } from './modified-utf8.ts'
import type { WireReaderOptions } from './wire-reader.ts'
import { throwableCausesMax } from './wire-reader.ts'

/** Chunks from which batches are cut: small for idle connections, large for busy ones. */
const smallestChunk = 1024
const largestChunk = 64 * 1024
/** Strings up to this length are written unit by unit. */
const shortString = 48
/** A string says its length in 16 bits. */
export const stringBytesMax = 0xffff
/** A tight ASCII string is read with a signed length. */
const asciiBytesMax = 0x7ffe
/** Counts and the length of the bit stream are signed 16-bit numbers to ActiveMQ. */
export const countMax = 0x7fff

export interface WireWriterOptions extends WireReaderOptions {
  readonly sizePrefix: boolean
}

/** A large byte sequence, and where in the batch it belongs. */
interface Insert {
  at: number
  readonly bytes: Buffer
}

export class WireWriter {
  readonly tight: boolean
  readonly #stackTraceEnabled: boolean
  readonly #prefixBytes: number
  #bytes: Buffer
  #chunkBytes = smallestChunk
  #batchStart = 0
  #frameStart = 0
  #bodyStart = 0
  #position = 0
  #bits = new Uint8Array(64)
  #bitCount = 0
  /** Bytes of bit stream that the last frame of each type had. */
  readonly #usualBits = new Uint16Array(256)
  #inserts: Insert[] = []
  #insertedBytes = 0
  /** What was inserted before the frame under way. */
  #insertsBefore = 0
  #insertedBytesBefore = 0

  constructor(options: WireWriterOptions) {
    this.tight = options.tight
    this.#stackTraceEnabled = options.stackTraceEnabled
    this.#prefixBytes = options.sizePrefix ? 4 : 0
    this.#bytes = Buffer.allocUnsafe(this.#chunkBytes)
  }

  /** Bytes that wait to be taken. */
  get batchBytes(): number {
    return this.#position - this.#batchStart + this.#insertedBytes
  }

  /**
   * All frames since the last time, in order: one view, or several with large byte sequences
   * between. They stay valid.
   */
  takeBatch(): Buffer[] {
    const batch = this.#bytes.subarray(this.#batchStart, this.#position)
    if (batch.length * 16 < this.#chunkBytes) {
      this.#chunkBytes = Math.max(smallestChunk, this.#chunkBytes >> 1)
    }
    this.#batchStart = this.#position
    return this.#inserts.length === 0 ? [batch] : this.#withInserts(batch)
  }

  #withInserts(batch: Buffer): Buffer[] {
    const pieces: Buffer[] = []
    let from = 0
    for (const { at, bytes } of this.#inserts) {
      if (at > from) pieces.push(batch.subarray(from, at))
      pieces.push(bytes)
      from = at
    }
    if (from < batch.length) pieces.push(batch.subarray(from))
    this.#inserts = []
    this.#insertedBytes = 0
    return pieces
  }

  protected startFrame(type: number): void {
    this.#frameStart = this.#position
    this.#insertsBefore = this.#inserts.length
    this.#insertedBytesBefore = this.#insertedBytes
    this.#bitCount = 0
    let reserved = this.#prefixBytes + 1
    if (this.tight && type !== 0) {
      const bitBytes = this.#usualBits[type] as number
      reserved += bitHeaderBytes(bitBytes) + bitBytes
    }
    this.#room(reserved)
    this.#bodyStart = this.#position
  }

  /** Puts size, type and bit stream in front of the fields. The null object is its type alone. */
  protected finishFrame(type: number): void {
    const bitBytes = (this.#bitCount + 7) >> 3
    let headBytes = this.#prefixBytes + 1
    const bitStream = this.tight && type !== 0
    if (bitStream) {
      if (bitBytes > countMax) throw unencodable('a command has too many fields')
      headBytes += bitHeaderBytes(bitBytes) + bitBytes
      this.#usualBits[type] = bitBytes
    }
    this.#moveBody(headBytes)
    const bytes = this.#bytes
    let at = this.#frameStart
    if (this.#prefixBytes > 0) at = bytes.writeInt32BE(this.frameBytes - 4, at)
    bytes[at++] = type
    if (!bitStream) return
    if (bitBytes >= 256) {
      bytes[at++] = 0x80
      bytes[at++] = bitBytes >> 8
    } else if (bitBytes >= 64) {
      bytes[at++] = 0xc0
    }
    bytes[at++] = bitBytes
    for (let i = 0; i < bitBytes; i++) bytes[at++] = this.#bits[i] as number
  }

  protected abandonFrame(): void {
    this.#position = this.#frameStart
    this.#inserts.length = this.#insertsBefore
    this.#insertedBytes = this.#insertedBytesBefore
  }

  /** Bytes of the frame under way, as far as it goes. */
  protected get frameBytes(): number {
    return this.#position - this.#frameStart + this.#insertedBytes - this.#insertedBytesBefore
  }

  byte(value: number): void {
    const at = this.#room(1)
    this.#bytes[at] = value
  }

  short(value: number): void {
    this.#putUint16(this.#room(2), value)
  }

  int(value: number): void {
    this.#putInt32(this.#room(4), value)
  }

  boolean(value: boolean): void {
    if (this.tight) this.bit(value)
    else this.byte(value ? 1 : 0)
  }

  bit(value: boolean): void {
    const index = this.#bitCount >> 3
    const mask = 1 << (this.#bitCount & 7)
    this.#bitCount += 1
    if (mask === 1) {
      if (index === this.#bits.length) this.#growBits()
      this.#bits[index] = value ? 1 : 0
    } else if (value) {
      this.#bits[index] = (this.#bits[index] as number) | mask
    }
  }

  long(value: Long): void {
    if (typeof value === 'bigint') {
      this.#bigLong(value)
      return
    }
    if (this.tight) {
      if (value >= 0 && value <= 0xffff_ffff) {
        this.#shortLong(value)
        return
      }
      this.bit(true)
      this.bit(true)
    }
    const at = this.#room(8)
    this.#putInt32(at, Math.floor(value / 0x1_0000_0000))
    this.#putInt32(at + 4, value >>> 0)
  }

  string(text: string | null): void {
    if (text === null) {
      this.boolean(false)
      return
    }
    this.boolean(true)
    if (text.length > shortString) {
      this.#longString(text)
      return
    }
    const start = this.#room(2 + 3 * text.length)
    const bytes = this.#bytes
    let to = start + 2
    let ascii = true
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f || unit === 0) {
        ascii = false
        to = writeModifiedUtf8(text, bytes, start + 2)
        break
      }
      bytes[to++] = unit
    }
    if (this.tight) this.bit(ascii)
    this.#putUint16(start, to - start - 2)
    this.#position = to
  }

  bytes(value: Uint8Array | null): void {
    if (value === null) {
      this.boolean(false)
      return
    }
    this.boolean(true)
    this.int(value.length)
    this.fixedBytes(value)
  }

  /** A large one must not change until it has been sent. */
  fixedBytes(value: Uint8Array): void {
    if (value.length >= LARGE_BYTES) {
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
      this.#inserts.push({ at: this.#position - this.#batchStart, bytes })
      this.#insertedBytes += value.length
      return
    }
    const at = this.#room(value.length)
    this.#bytes.set(value, at)
  }

  /** Leaves out causes beyond throwableCausesMax. */
  throwable(outermost: WireThrowable | null): void {
    let current = outermost
    for (let depth = 0; ; depth++) {
      if (depth > throwableCausesMax) current = null
      this.boolean(current !== null)
      if (current === null) return
      this.string(current.className)
      this.string(current.message)
      if (!this.#stackTraceEnabled) return
      this.count(current.stackTrace.length)
      for (const element of current.stackTrace) {
        this.string(element.className)
        this.string(element.methodName)
        this.string(element.fileName)
        this.int(element.lineNumber)
      }
      current = current.cause
    }
  }

  count(value: number): void {
    if (value > countMax) throw unencodable(`a list of ${value} items`)
    this.short(value)
  }

  /** Leaves two bytes open and says where. */
  reserveShort(): number {
    return this.#room(2) - this.#frameStart
  }

  fillShort(mark: number, value: number): void {
    this.#putUint16(this.#frameStart + mark, value)
  }

  #shortLong(value: number): void {
    this.bit(value > 0xffff)
    this.bit(value > 0 && value <= 0xffff)
    if (value > 0xffff) this.int(value)
    else if (value > 0) this.short(value)
  }

  #bigLong(value: bigint): void {
    const asNumber = Number(value)
    if (Number.isSafeInteger(asNumber)) {
      this.long(asNumber)
      return
    }
    if (BigInt.asIntN(64, value) !== value) throw unencodable('a number beyond 64 bits')
    if (this.tight) {
      this.bit(true)
      this.bit(true)
    }
    const at = this.#room(8)
    this.#bytes.writeBigInt64BE(value, at)
  }

  #longString(text: string): void {
    const length = modifiedUtf8Length(text)
    if (length > stringBytesMax) throw unencodable(`a string of ${length} bytes`)
    // Readers take the length of an ASCII string as signed, that of any other as unsigned.
    if (this.tight) this.bit(length === text.length && length <= asciiBytesMax)
    const at = this.#room(2 + length)
    this.#putUint16(at, length)
    writeModifiedUtf8(text, this.#bytes, at + 2)
  }

  #putUint16(at: number, value: number): void {
    const bytes = this.#bytes
    bytes[at] = value >> 8
    bytes[at + 1] = value
  }

  #putInt32(at: number, value: number): void {
    const bytes = this.#bytes
    bytes[at] = value >> 24
    bytes[at + 1] = value >> 16
    bytes[at + 2] = value >> 8
    bytes[at + 3] = value
  }

  /** Makes room and moves on; the answer is where to write. */
  #room(byteCount: number): number {
    const at = this.#position
    if (at + byteCount > this.#bytes.length) return this.#growBytes(byteCount)
    this.#position = at + byteCount
    return at
  }

  #growBytes(byteCount: number): number {
    const batch = this.#bytes.subarray(this.#batchStart, this.#position)
    this.#chunkBytes = Math.min(largestChunk, this.#chunkBytes * 2)
    const wanted = batch.length + byteCount
    const size = wanted > this.#chunkBytes ? wanted + (wanted >> 1) : this.#chunkBytes
    const larger = Buffer.allocUnsafeSlow(size)
    larger.set(batch)
    const moved = this.#batchStart
    this.#bytes = larger
    this.#batchStart = 0
    this.#frameStart -= moved
    this.#bodyStart -= moved
    this.#position -= moved
    return this.#room(byteCount)
  }

  #growBits(): void {
    const larger = new Uint8Array(this.#bits.length * 2)
    larger.set(this.#bits)
    this.#bits = larger
  }

  /** Only when the bit stream is not as long as that of the last frame of this type. */
  #moveBody(headBytes: number): void {
    const wanted = this.#frameStart + headBytes
    const shift = wanted - this.#bodyStart
    if (shift === 0) return
    const bodyBytes = this.#position - this.#bodyStart
    if (shift > 0) this.#room(shift)
    else this.#position += shift
    const start = this.#frameStart + headBytes - shift
    this.#bytes.copyWithin(start + shift, start, start + bodyBytes)
    this.#bodyStart = start + shift
    for (let i = this.#insertsBefore; i < this.#inserts.length; i++) {
      ;(this.#inserts[i] as Insert).at += shift
    }
  }
}

function bitHeaderBytes(bitBytes: number): number {
  if (bitBytes < 64) return 1
  return bitBytes < 256 ? 2 : 3
}

/** Pieces of a batch as one. */
export function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
}

/** A command that no frame can hold. */
export function unencodable(what: string): BrokerError {
  return new BrokerError('INVALID_ARGUMENT', `${what} cannot be encoded`)
}
