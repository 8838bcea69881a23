import { BrokerError } from '@quorate/core/base/errors'
import { MessagePage, PAGE_ENTRIES_MAX } from '../fold/message-page.ts'
import { ENTRY_BYTES_MAX, PackedEntries } from '../fold/packed-entries.ts'
import type { PagePool } from '../fold/page-pool.ts'
import { VARINT_BYTES_MAX, readVarint, writeVarint } from '../varint.ts'
import type { VarintCursor } from '../varint.ts'

/**
 * The row of a page of waiting messages:
 *
 * ```
 *   filled u16     messages ever put on the page
 *   count u16      messages on it now
 *   last           varint, distance of the newest one's sequence from the page's `first`
 *   stretches      varint, how many follow: one for each segment of the log that bodies lie in
 *     position       varint, of the first of these bodies
 *     span           varint, from there to the end of the last
 *     messages       varint
 *     bytes          varint, of bodies
 *   messages       see fold/packed-entries.ts
 * ```
 *
 * What comes before the messages is all that a start needs to know of a full page: a broker with
 * millions of waiting messages looks at none of them.
 */
const FIXED_BYTES = 4
/** Largest encoding of one stretch. */
const STRETCH_BYTES_MAX = 4 * VARINT_BYTES_MAX

/** What pages are encoded in, one after the other: no row is larger. */
const encodingRoom = Buffer.allocUnsafeSlow(
  FIXED_BYTES + 2 * VARINT_BYTES_MAX + PAGE_ENTRIES_MAX * (STRETCH_BYTES_MAX + ENTRY_BYTES_MAX),
)

/** Where bodies of a page lie in one segment of the log, which other bodies lie in too. */
export interface Stretch {
  readonly position: number
  /** Behind the last of them. */
  readonly end: number
  readonly messages: number
  readonly bytes: number
}

interface Head {
  readonly filled: number
  readonly count: number
  readonly last: number
  readonly stretches: readonly Stretch[]
  /** Where the messages begin. */
  readonly at: number
}

/**
 * A slice, valid until the next call: ten thousand pages may change between two checkpoints.
 * `segmentOf` tells where the segment begins that holds a position.
 */
export function encodePage(page: MessagePage, segmentOf: (position: number) => number): Buffer {
  const packed = page.packed()
  const messages = packed.content
  const stretches = stretchesOf(packed, segmentOf)
  const bytes = encodingRoom
  bytes.writeUInt16BE(page.filled, 0)
  bytes.writeUInt16BE(page.alive, 2)
  let at = writeVarint(bytes, FIXED_BYTES, packed.last - page.first)
  at = writeVarint(bytes, at, stretches.length)
  for (const { position, end, messages: count, bytes: length } of stretches) {
    at = writeVarint(bytes, at, position)
    at = writeVarint(bytes, at, end - position)
    at = writeVarint(bytes, at, count)
    at = writeVarint(bytes, at, length)
  }
  bytes.set(messages, at)
  return bytes.subarray(0, at + messages.length)
}

function stretchesOf(messages: PackedEntries, segmentOf: (position: number) => number): Stretch[] {
  const found = new Map<number, { -readonly [Key in keyof Stretch]: Stretch[Key] }>()
  messages.forEachPlace((position, length) => {
    const segment = segmentOf(position)
    const stretch = found.get(segment)
    if (stretch === undefined) {
      found.set(segment, { position, end: position + length, messages: 1, bytes: length })
      return
    }
    stretch.position = Math.min(stretch.position, position)
    stretch.end = Math.max(stretch.end, position + length)
    stretch.messages++
    stretch.bytes += length
  })
  return [...found.values()]
}

export interface PageKey {
  readonly list: number
  readonly first: number
}

export interface PageTarget {
  readonly pool: PagePool
  readonly visit: (stretch: Stretch) => void
}

/**
 * A page at rest; `visit` is told where its bodies lie in the log. Its messages are looked at only
 * where it has to hold them itself. Throws MALFORMED_FRAME when the bytes are no page of this key.
 */
export function decodePage(
  key: PageKey,
  content: Buffer,
  { pool, visit }: PageTarget,
): MessagePage {
  const head = readHead(key, content)
  for (const stretch of head.stretches) visit(stretch)
  const page = new MessagePage(key.list, pool)
  page.restore({ ...head, first: key.first }, () => {
    const places = new Places(head.stretches)
    const messages = content.subarray(head.at)
    const facts = { first: key.first, count: head.count }
    const rest = PackedEntries.read(messages, facts, (at, length) => places.take(at, length))
    mustBeAll(rest, messages, head)
    places.mustBeEmpty()
    return rest
  })
  return page
}

/** The first `count` messages of a page, which may hold more. Throws MALFORMED_FRAME. */
export function decodeFirst(key: PageKey, content: Buffer, count: number): PackedEntries {
  const head = readHead(key, content)
  if (head.count < count) throw malformed('fewer messages than were written')
  const messages = content.subarray(head.at)
  const first = PackedEntries.readToUnpack(messages, { first: key.first, count }, key.list)
  if (count === head.count) mustBeAll(first, messages, head)
  return first
}

function mustBeAll(packed: PackedEntries, messages: Buffer, { last }: Head): void {
  if (packed.content.length !== messages.length) throw malformed('bytes after the last message')
  if (packed.last !== last) throw malformed('another last message than was promised')
}

/** Holds the places of messages against what is said of them. */
class Places {
  readonly #left: { -readonly [Key in keyof Stretch]: Stretch[Key] }[]

  constructor(stretches: readonly Stretch[]) {
    this.#left = stretches.map((stretch) => ({ ...stretch }))
  }

  take(position: number, length: number): void {
    const stretch = this.#left.find((one) => {
      return position >= one.position && position + length <= one.end
    })
    if (stretch === undefined) throw malformed(`a body at ${position}, where none should be`)
    stretch.messages--
    stretch.bytes -= length
  }

  mustBeEmpty(): void {
    for (const { messages, bytes } of this.#left) {
      if (messages !== 0 || bytes !== 0) throw malformed('other places than its messages have')
    }
  }
}

function readHead({ first }: PageKey, content: Buffer): Head {
  if (content.length < FIXED_BYTES) throw malformed('a page without its counts')
  const filled = content.readUInt16BE(0)
  const count = content.readUInt16BE(2)
  const isPossible = count > 0 && count <= filled && filled <= PAGE_ENTRIES_MAX
  if (!isPossible) throw malformed(`${count} of ${filled} messages on a page`)
  const cursor = { bytes: content, at: FIXED_BYTES }
  const last = first + readVarint(cursor)
  if (!Number.isSafeInteger(last)) throw malformed('impossible numbers')
  const stretches = readStretches(cursor, count)
  return { filled, count, last, stretches, at: cursor.at }
}

/** Between them they hold `count` messages. */
function readStretches(cursor: VarintCursor, count: number): Stretch[] {
  const stretches: Stretch[] = []
  let left = count
  let more = readVarint(cursor)
  for (; more > 0 && left > 0; more--) {
    const position = readVarint(cursor)
    const end = position + readVarint(cursor)
    const messages = readVarint(cursor)
    const bytes = readVarint(cursor)
    if (messages === 0 || !Number.isSafeInteger(end)) throw malformed('impossible numbers')
    stretches.push({ position, end, messages, bytes })
    left -= messages
  }
  if (left !== 0 || more !== 0)
    throw malformed(`places of ${count - left} messages on a page of ${count}`)
  return stretches
}

function malformed(what: string): BrokerError {
  return new BrokerError('MALFORMED_FRAME', `The index holds ${what}.`)
}
