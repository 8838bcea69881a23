import { BrokerError } from '@quorate/core/base/errors'
import { VARINT_BYTES_MAX, readVarint, writeVarint } from '../varint.ts'
import type { VarintCursor } from '../varint.ts'
import { StoredEntry } from './stored-entry.ts'

/**
 * Messages of one page as bytes, in ascending order of sequence: about seven bytes for a message of
 * 1 KB, where an object takes some two hundred. For each of them:
 *
 * ```
 *   sequence     varint, distance from the sequence before (the first: from the page's `first`)
 *   position     varint, distance from the position before, times two; plus one when it is lower
 *   length       varint
 *   traits u8    priority, + 0x10 with an expiration, + 0x20 with redeliveries
 *   expirationMs varint, if any
 *   redeliveries varint, if any
 * ```
 *
 * Positions may go down as well: a message that is copied forward in the log keeps its sequence.
 */
const PRIORITY_MASK = 0x0f
/** JMS knows 0 to 9. */
const PRIORITY_MAX = 9
const HAS_EXPIRATION = 0x10
const HAS_REDELIVERIES = 0x20
const KNOWN_TRAITS = PRIORITY_MASK | HAS_EXPIRATION | HAS_REDELIVERIES

/** Largest encoding of one message. */
export const ENTRY_BYTES_MAX = 5 * VARINT_BYTES_MAX + 1
/** Room that the first message makes; doubled as often as needed. */
const ROOM_BYTES = 64

/** Which messages they are. */
export interface PackedKey {
  /** Of their page. */
  readonly first: number
  readonly count: number
}

export class PackedEntries {
  readonly #first: number
  #bytes: Buffer
  #end = 0
  #count = 0
  /** Of the last message. */
  #sequence: number
  #position = 0
  /** What reading has made of it already, for who unpacks it next. */
  #unpacked: StoredEntry[] | null = null

  /** Empty, for a page with this key; or with the memory of what was read. */
  private constructor(first: number, bytes: Buffer) {
    this.#first = first
    this.#sequence = first
    this.#bytes = bytes
  }

  static empty(first: number): PackedEntries {
    return new PackedEntries(first, Buffer.alloc(0))
  }

  /**
   * The first `count` messages of what `content` gave; `visit` is told where each lies in the log.
   * Throws MALFORMED_FRAME when they do not decode. Keeps `content`, and makes no objects.
   */
  static read(
    content: Buffer,
    { first, count }: PackedKey,
    visit?: (position: number, length: number) => void,
  ): PackedEntries {
    const reader = new EntryReader(content, first)
    for (let i = 0; i < count; i++) {
      reader.next()
      visit?.(reader.position, reader.length)
    }
    return PackedEntries.#ended(content, { first, count }, reader)
  }

  /** The same, for somebody who wants its messages as objects: it is decoded only once. */
  static readToUnpack(content: Buffer, key: PackedKey, list: number): PackedEntries {
    const reader = new EntryReader(content, key.first)
    const entries = unpackFrom(reader, list, key.count)
    const packed = PackedEntries.#ended(content, key, reader)
    packed.#unpacked = entries
    return packed
  }

  static #ended(content: Buffer, { first, count }: PackedKey, reader: EntryReader): PackedEntries {
    // Somebody else's memory: there is no room behind it.
    const packed = new PackedEntries(first, content.subarray(0, reader.at))
    packed.#end = reader.at
    packed.#count = count
    packed.#sequence = reader.sequence
    packed.#position = reader.position
    return packed
  }

  get count(): number {
    return this.#count
  }

  /** Sequence of the last message. */
  get last(): number {
    return this.#sequence
  }

  /** A slice, valid until the next `append`. */
  get content(): Buffer {
    return this.#bytes.subarray(0, this.#end)
  }

  append(entry: StoredEntry): void {
    this.#unpacked = null
    if (this.#bytes.length - this.#end < ENTRY_BYTES_MAX) this.#makeRoom()
    const bytes = this.#bytes
    let at = writeVarint(bytes, this.#end, entry.sequence - this.#sequence)
    at = writeVarint(bytes, at, foldSign(entry.position - this.#position))
    at = writeVarint(bytes, at, entry.length)
    const traitsAt = at++
    let traits = entry.priority
    if (entry.expirationMs !== 0) {
      traits |= HAS_EXPIRATION
      at = writeVarint(bytes, at, entry.expirationMs)
    }
    if (entry.redeliveries !== 0) {
      traits |= HAS_REDELIVERIES
      at = writeVarint(bytes, at, entry.redeliveries)
    }
    bytes[traitsAt] = traits
    this.#end = at
    this.#count++
    this.#sequence = entry.sequence
    this.#position = entry.position
  }

  /**
   * Another one with the same messages, which may be appended to: it lies in `room`, if it fits.
   */
  copyTo(room: Buffer): PackedEntries {
    const content = this.content
    const isEnough = content.length <= room.length
    if (isEnough) room.set(content)
    const copy = new PackedEntries(this.#first, isEnough ? room : content)
    copy.#end = this.#end
    copy.#count = this.#count
    copy.#sequence = this.#sequence
    copy.#position = this.#position
    return copy
  }

  /** Gives back the room that is not used. Its own memory, not a part of somebody's. */
  trim(): void {
    if (this.#bytes.length === this.#end && this.#bytes.buffer.byteLength === this.#end) return
    this.#bytes = exactCopy(this.content, this.#end)
  }

  /** Each as an object of its own, without its body. */
  unpack(list: number): StoredEntry[] {
    const made = this.#unpacked
    this.#unpacked = null
    if (made !== null) return made
    return unpackFrom(new EntryReader(this.content, this.#first), list, this.#count)
  }

  /** Where each lies in the log; makes no objects. */
  forEachPlace(visit: (position: number, length: number) => void): void {
    const reader = new EntryReader(this.content, this.#first)
    for (let i = 0; i < this.#count; i++) {
      reader.next()
      visit(reader.position, reader.length)
    }
  }

  #makeRoom(): void {
    const room = Math.max(ROOM_BYTES, 2 * this.#end)
    this.#bytes = exactCopy(this.content, Math.max(room, this.#end + ENTRY_BYTES_MAX))
  }
}

/** One message after the other, each in the same place. */
class EntryReader implements VarintCursor {
  readonly bytes: Buffer
  at = 0
  sequence: number
  position = 0
  length = 0
  priority = 0
  expirationMs = 0
  redeliveries = 0
  #isFirst = true

  /** Of a page with the key `first`. */
  constructor(bytes: Buffer, first: number) {
    this.bytes = bytes
    this.sequence = first
  }

  /** Throws MALFORMED_FRAME. */
  next(): void {
    const distance = readVarint(this)
    if (distance === 0 && !this.#isFirst) throw malformed('sequences that do not ascend')
    this.#isFirst = false
    this.sequence += distance
    this.position += unfoldSign(readVarint(this))
    if (!Number.isSafeInteger(this.sequence) || this.position < 0) {
      throw malformed('impossible numbers')
    }
    this.length = readVarint(this)
    const traits = this.bytes[this.at++]
    if (traits === undefined || (traits & ~KNOWN_TRAITS) !== 0) throw malformed('unknown traits')
    this.priority = traits & PRIORITY_MASK
    if (this.priority > PRIORITY_MAX) throw malformed(`a priority of ${this.priority}`)
    this.expirationMs = (traits & HAS_EXPIRATION) === 0 ? 0 : readVarint(this)
    this.redeliveries = (traits & HAS_REDELIVERIES) === 0 ? 0 : readVarint(this)
  }
}

function unpackFrom(reader: EntryReader, list: number, count: number): StoredEntry[] {
  const entries: StoredEntry[] = []
  for (let i = 0; i < count; i++) {
    reader.next()
    const entry = new StoredEntry(reader.sequence, list, reader.position, reader.length)
    entry.priority = reader.priority
    entry.expirationMs = reader.expirationMs
    entry.redeliveries = reader.redeliveries
    entries.push(entry)
  }
  return entries
}

/** Not out of the pool of small buffers: one that stays would keep its neighbours' memory. */
function exactCopy(content: Buffer, bytes: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes)
  copy.set(content)
  return copy
}

function foldSign(distance: number): number {
  return distance >= 0 ? 2 * distance : -2 * distance + 1
}

function unfoldSign(folded: number): number {
  return folded % 2 === 0 ? folded / 2 : (1 - folded) / 2
}

function malformed(what: string): BrokerError {
  return new BrokerError('MALFORMED_FRAME', `The index holds ${what}.`)
}
