/**
 * Reads the primitives of OpenWire from one whole frame, in the tight or the loose encoding. The
 * two differ only in where booleans live, how long a long is and whether a string says that it is
 * ASCII, so every structure is decoded by the same code for both.
 *
 *   loose: type, fields
 *   tight: type, bit stream, fields; the bit stream holds all booleans in field order
 *
 *   bit stream: count n, then n bytes, least significant bit first
 *     n < 64:  uint8 n    n < 256: C0, uint8 n    else: 80, uint16 n
 *
 * Every method checks the remaining bytes first, so that whatever the bytes are the outcome is a
 * value or one MALFORMED_FRAME; byte sequences are slices of the frame. Of a large frame only one
 * that is most of it is a slice, which may then be the only one: a few bytes of an id must not keep
 * all of it in memory, and its memory can be used for something else around that slice.
 */
import { LARGE_BYTES } from '../base/roomy-memory.ts'
import type { Long, StackElement, WireThrowable } from './commands.ts'
import { malformed } from './malformed.ts'
import { decodeModifiedUtf8 } from './modified-utf8.ts'

/** Causes that one throwable may have below it. */
export const throwableCausesMax = 64

const highestSafe = 0x1f_ffff
const empty = Buffer.alloc(0)

export interface WireReaderOptions {
  readonly tight: boolean
  readonly stackTraceEnabled: boolean
}

export class WireReader {
  readonly tight: boolean
  readonly #stackTraceEnabled: boolean
  #bytes: Buffer = empty
  #position = 0
  #end = 0
  #bitStart = 0
  #bitIndex = 0
  #bitCount = 0
  #shortfall = 0
  /** Sequences up to this size are copied. */
  #copiedBytes = -1

  constructor(options: WireReaderOptions) {
    this.tight = options.tight
    this.#stackTraceEnabled = options.stackTraceEnabled
  }

  /** Starts on a new frame: `bytes` from `start`. */
  reset(bytes: Buffer, start: number): void {
    this.#bytes = bytes
    this.#position = start
    this.#end = bytes.length
    this.#bitIndex = 0
    this.#bitCount = 0
    this.#shortfall = 0
    this.#copiedBytes = bytes.length >= LARGE_BYTES ? bytes.length >> 1 : -1
  }

  /** Lets go of the frame, so that an idle connection does not keep it alive. */
  release(): void {
    this.#bytes = empty
  }

  get position(): number {
    return this.#position
  }

  get remaining(): number {
    return this.#end - this.#position
  }

  /** How many bytes the last failure lacked, or 0 if it failed otherwise. */
  get shortfall(): number {
    return this.#shortfall
  }

  byte(): number {
    const at = this.#take(1)
    return ((this.#bytes[at] as number) << 24) >> 24
  }

  uint8(): number {
    const at = this.#take(1)
    return this.#bytes[at] as number
  }

  uint16(): number {
    const at = this.#take(2)
    const bytes = this.#bytes
    return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
  }

  short(): number {
    return (this.uint16() << 16) >> 16
  }

  int(): number {
    return this.#int32(this.#take(4))
  }

  /** A bit of the bit stream, or a byte that is or is not zero. */
  boolean(): boolean {
    if (this.tight) return this.bit()
    const at = this.#take(1)
    return this.#bytes[at] !== 0
  }

  bit(): boolean {
    const index = this.#bitIndex
    if (index >= this.#bitCount) throw malformed('the bit stream is too short')
    this.#bitIndex = index + 1
    return (((this.#bytes[this.#bitStart + (index >> 3)] as number) >> (index & 7)) & 1) === 1
  }

  /** Tight: two bits for zero, 16 unsigned bits, 32 unsigned bits, all of it. Loose: all of it. */
  long(): Long {
    if (this.tight) {
      const wide = this.bit()
      const second = this.bit()
      if (!wide) return second ? this.uint16() : 0
      if (!second) return this.int() >>> 0
    }
    const at = this.#take(8)
    const high = this.#int32(at)
    const low = this.#int32(at + 4) >>> 0
    // -2^53 itself is left to bigint: it is not a safe integer.
    if (high > highestSafe || high < -highestSafe - 1 || (high === -highestSafe - 1 && low === 0)) {
      return this.#bytes.readBigInt64BE(at)
    }
    return high * 0x1_0000_0000 + low
  }

  string(): string | null {
    if (!this.boolean()) return null
    const ascii = this.tight && this.bit()
    const length = this.uint16()
    if (length === 0) return ''
    const at = this.#take(length)
    if (ascii) return this.#bytes.toString('latin1', at, at + length)
    return decodeModifiedUtf8(this.#bytes, at, at + length)
  }

  /** Null, or an int32 length and that many bytes, as a slice of the frame. */
  bytes(): Buffer | null {
    if (!this.boolean()) return null
    const length = this.int()
    if (length < 0) throw malformed('a length is negative')
    return this.fixedBytes(length)
  }

  fixedBytes(length: number): Buffer {
    const at = this.#take(length)
    const slice = this.#bytes.subarray(at, at + length)
    return length <= this.#copiedBytes ? Buffer.from(slice) : slice
  }

  /**
   * throwable = notNull, class: string, message: string
   *             [if traces are negotiated: int16 n, n * element, cause: throwable]
   * element   = class, method, file: string, line: int32
   */
  throwable(): WireThrowable | null {
    let outermost: WireThrowable | null = null
    let previous: WireThrowable | null = null
    for (let depth = 0; this.boolean(); depth++) {
      if (depth > throwableCausesMax) throw malformed('a throwable has too many causes')
      const className = this.string()
      const message = this.string()
      const stackTrace = this.#stackTraceEnabled ? this.#stackTrace() : []
      const current: WireThrowable = { className, message, stackTrace, cause: null }
      if (previous === null) outermost = current
      else previous.cause = current
      previous = current
      if (!this.#stackTraceEnabled) break
    }
    return outermost
  }

  /** An int16 count of items, of which each takes at least one bit, or one byte if loose. */
  count(): number {
    const count = this.short()
    if (!this.tight) return this.#backed(count, count)
    if (count < 0 || count > this.#bitCount - this.#bitIndex) throw exceeded()
    return count
  }

  /** Reads the header of a tight frame's bit stream. */
  openBits(): void {
    let length = this.uint8()
    if (length === 0xc0) length = this.uint8()
    else if (length === 0x80) length = this.uint16()
    this.#bitStart = this.#take(length)
    this.#bitIndex = 0
    this.#bitCount = length * 8
  }

  /** Runs `read` on a bit stream of its own that starts here. */
  withOwnBits<T>(read: () => T): T {
    const [start, index, count] = [this.#bitStart, this.#bitIndex, this.#bitCount]
    this.openBits()
    const value = read()
    this.#bitStart = start
    this.#bitIndex = index
    this.#bitCount = count
    return value
  }

  #stackTrace(): StackElement[] {
    const count = this.short()
    // Each element holds at least its line number.
    this.#backed(count, count * 4)
    const elements: StackElement[] = []
    for (let i = 0; i < count; i++) {
      const className = this.string()
      const methodName = this.string()
      const fileName = this.string()
      elements.push({ className, methodName, fileName, lineNumber: this.int() })
    }
    return elements
  }

  /** Passes a count on if the frame can hold what it announces. */
  #backed(count: number, byteCount: number): number {
    if (count < 0) throw exceeded()
    if (byteCount > this.remaining) {
      this.#shortfall = byteCount - this.remaining
      throw exceeded()
    }
    return count
  }

  #int32(at: number): number {
    const bytes = this.#bytes
    return (
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    )
  }

  #take(length: number): number {
    const at = this.#position
    const next = at + length
    if (next > this.#end) {
      this.#shortfall = next - this.#end
      throw malformed(`${length} bytes wanted, ${this.#end - at} left`)
    }
    this.#position = next
    return at
  }
}

function exceeded(): Error {
  return malformed('a count exceeds the frame')
}
