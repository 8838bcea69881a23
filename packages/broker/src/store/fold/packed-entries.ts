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
const ENTRY_BYTES_MAX = 5 * VARINT_BYTES_MAX + 1
/** Room that the first message makes; doubled as often as needed. */
const ROOM_BYTES = 64

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
   * The first `count` messages of what `content` gave; `visit` sees each of them. Throws
   * MALFORMED_FRAME when they do not decode. Keeps `content`.
   */
  static read(
    content: Buffer,
    { first, count, list }: { first: number; count: number; list: number },
    visit?: (entry: StoredEntry) => void,
  ): PackedEntries {
    const packed = new PackedEntries(first, content)
    packed.#end = content.length
    packed.#count = count
    packed.#end = packed.#walk(list, (entry) => {
      packed.#sequence = entry.sequence
      packed.#position = entry.position
      visit?.(entry)
    })
    // Somebody else's memory: there is no room behind it.
    packed.#bytes = packed.content
    return packed
  }

  /** The same, for somebody who wants its messages as objects: it is decoded only once. */
  static readToUnpack(
    content: Buffer,
    key: { first: number; count: number; list: number },
  ): PackedEntries {
    const entries: StoredEntry[] = []
    const packed = PackedEntries.read(content, key, (entry) => entries.push(entry))
    packed.#unpacked = entries
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

  /** Another one with the same messages, which may be appended to. */
  copy(): PackedEntries {
    const copy = new PackedEntries(this.#first, this.content)
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
    const entries: StoredEntry[] = []
    this.#walk(list, (entry) => entries.push(entry))
    return entries
  }

  /** Where each lies in the log; makes no objects. */
  forEachPlace(visit: (position: number, length: number) => void): void {
    const cursor = { bytes: this.content, at: 0 }
    let position = 0
    for (let i = 0; i < this.#count; i++) {
      readVarint(cursor)
      position += unfoldSign(readVarint(cursor))
      visit(position, readVarint(cursor))
      const traits = cursor.bytes[cursor.at++] ?? 0
      if ((traits & HAS_EXPIRATION) !== 0) readVarint(cursor)
      if ((traits & HAS_REDELIVERIES) !== 0) readVarint(cursor)
    }
  }

  #makeRoom(): void {
    const room = Math.max(ROOM_BYTES, 2 * this.#end)
    this.#bytes = exactCopy(this.content, Math.max(room, this.#end + ENTRY_BYTES_MAX))
  }

  /** Place behind the last message. */
  #walk(list: number, visit: (entry: StoredEntry) => void): number {
    const cursor = { bytes: this.content, at: 0 }
    let sequence = this.#first
    let position = 0
    for (let i = 0; i < this.#count; i++) {
      const distance = readVarint(cursor)
      if (distance === 0 && i > 0) throw malformed('sequences that do not ascend')
      sequence += distance
      position += unfoldSign(readVarint(cursor))
      if (!Number.isSafeInteger(sequence) || position < 0) throw malformed('impossible numbers')
      visit(readEntry(cursor, { list, sequence, position }))
    }
    return cursor.at
  }
}

function readEntry(
  cursor: VarintCursor,
  place: { readonly list: number; readonly sequence: number; readonly position: number },
): StoredEntry {
  const length = readVarint(cursor)
  const entry = new StoredEntry(place.sequence, place.list, place.position, length)
  const traits = cursor.bytes[cursor.at++]
  if (traits === undefined || (traits & ~KNOWN_TRAITS) !== 0) throw malformed('unknown traits')
  entry.priority = traits & PRIORITY_MASK
  if (entry.priority > PRIORITY_MAX) throw malformed(`a priority of ${entry.priority}`)
  if ((traits & HAS_EXPIRATION) !== 0) entry.expirationMs = readVarint(cursor)
  if ((traits & HAS_REDELIVERIES) !== 0) entry.redeliveries = readVarint(cursor)
  return entry
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
