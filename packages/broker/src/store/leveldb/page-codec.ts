import { BrokerError } from '@quorate/core/base/errors'
import { MessagePage, PAGE_ENTRIES_MAX } from '../fold/message-page.ts'
import { StoredEntry } from '../fold/stored-entry.ts'
import { VARINT_BYTES_MAX, readVarint, writeVarint } from '../varint.ts'
import type { VarintCursor } from '../varint.ts'

/**
 * A page of waiting messages, about seven bytes a message of 1 KB:
 *
 * ```
 *   filled u16     messages ever put on the page
 *   count u16      messages on it now, and then for each of them:
 *     sequence     varint, distance from the sequence before (the first: from the key's `first`)
 *     position     varint, distance from the position before, times two; plus one when it is lower
 *     length       varint
 *     traits u8    priority, + 0x10 with an expiration, + 0x20 with redeliveries
 *     expirationMs varint, if any
 *     redeliveries varint, if any
 * ```
 *
 * Positions may go down as well: a message that is copied forward in the log keeps its sequence.
 */
const FIXED_BYTES = 4
/** Largest encoded entry of a page. */
const ENTRY_BYTES_MAX = 5 * VARINT_BYTES_MAX + 1
const PRIORITY_MASK = 0x0f
const HAS_EXPIRATION = 0x10
const HAS_REDELIVERIES = 0x20
const KNOWN_TRAITS = PRIORITY_MASK | HAS_EXPIRATION | HAS_REDELIVERIES

export function encodePage(page: MessagePage): Buffer {
  const bytes = Buffer.allocUnsafe(FIXED_BYTES + ENTRY_BYTES_MAX * page.alive)
  bytes.writeUInt16BE(page.filled, 0)
  bytes.writeUInt16BE(page.alive, 2)
  let at = FIXED_BYTES
  let sequence = page.first
  let position = 0
  for (const entry of page) {
    at = writeVarint(bytes, at, entry.sequence - sequence)
    at = writeVarint(bytes, at, foldSign(entry.position - position))
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
    sequence = entry.sequence
    position = entry.position
  }
  return bytes.subarray(0, at)
}

/** Throws MALFORMED_FRAME when the bytes are no page with this key. */
export function decodePage(list: number, first: number, content: Buffer): MessagePage {
  if (content.length < FIXED_BYTES) throw malformed('a page without its counts')
  const filled = content.readUInt16BE(0)
  const count = content.readUInt16BE(2)
  const isPossible = count > 0 && count <= filled && filled <= PAGE_ENTRIES_MAX
  if (!isPossible) throw malformed(`${count} of ${filled} messages on a page`)
  const cursor = { bytes: content, at: FIXED_BYTES }
  const entries: StoredEntry[] = []
  let sequence = first
  let position = 0
  for (let i = 0; i < count; i++) {
    const distance = readVarint(cursor)
    if (distance === 0 && i > 0) throw malformed('sequences that do not ascend')
    sequence += distance
    position += unfoldSign(readVarint(cursor))
    if (!Number.isSafeInteger(sequence) || position < 0) throw malformed('impossible numbers')
    entries.push(decodeEntry(cursor, { list, sequence, position }))
  }
  if (cursor.at !== content.length) throw malformed('bytes after the last message')
  const page = new MessagePage(list)
  page.first = first
  page.restore(filled, entries)
  return page
}

function decodeEntry(
  cursor: VarintCursor,
  place: { readonly list: number; readonly sequence: number; readonly position: number },
): StoredEntry {
  const length = readVarint(cursor)
  const entry = new StoredEntry(place.sequence, place.list, place.position, length)
  const traits = cursor.bytes[cursor.at++]
  if (traits === undefined || (traits & ~KNOWN_TRAITS) !== 0) throw malformed('unknown traits')
  entry.priority = traits & PRIORITY_MASK
  if (entry.priority > 9) throw malformed(`a priority of ${entry.priority}`)
  if ((traits & HAS_EXPIRATION) !== 0) entry.expirationMs = readVarint(cursor)
  if ((traits & HAS_REDELIVERIES) !== 0) entry.redeliveries = readVarint(cursor)
  return entry
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
