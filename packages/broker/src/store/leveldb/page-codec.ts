import { BrokerError } from '@quorate/core/base/errors'
import { MessagePage, PAGE_ENTRIES_MAX } from '../fold/message-page.ts'
import { PackedEntries } from '../fold/packed-entries.ts'
import type { PagePool } from '../fold/page-pool.ts'
import type { StoredEntry } from '../fold/stored-entry.ts'

/**
 * The row of a page of waiting messages:
 *
 * ```
 *   filled u16     messages ever put on the page
 *   count u16      messages on it now
 *   messages       see fold/packed-entries.ts
 * ```
 */
const FIXED_BYTES = 4

export function encodePage(page: MessagePage): Buffer {
  const messages = page.packed()
  const bytes = Buffer.allocUnsafe(FIXED_BYTES + messages.length)
  bytes.writeUInt16BE(page.filled, 0)
  bytes.writeUInt16BE(page.alive, 2)
  bytes.set(messages, FIXED_BYTES)
  return bytes
}

export interface PageKey {
  readonly list: number
  readonly first: number
}

/**
 * A page at rest; `visit` sees each of its messages. Throws MALFORMED_FRAME when the bytes are no
 * page with this key.
 */
export function decodePage(
  key: PageKey,
  content: Buffer,
  { pool, visit }: { readonly pool: PagePool; readonly visit: (entry: StoredEntry) => void },
): MessagePage {
  const { filled, count } = readCounts(content)
  const messages = content.subarray(FIXED_BYTES)
  const rest = PackedEntries.read(messages, { ...key, count }, visit)
  if (rest.content.length !== messages.length) throw malformed('bytes after the last message')
  const page = new MessagePage(key.list, pool)
  page.restore(key.first, filled, rest)
  return page
}

/** The first `count` messages of a page, which may hold more. Throws MALFORMED_FRAME. */
export function decodeFirst(key: PageKey, content: Buffer, count: number): PackedEntries {
  if (readCounts(content).count < count) throw malformed('fewer messages than were written')
  return PackedEntries.readToUnpack(content.subarray(FIXED_BYTES), { ...key, count })
}

function readCounts(content: Buffer): { readonly filled: number; readonly count: number } {
  if (content.length < FIXED_BYTES) throw malformed('a page without its counts')
  const filled = content.readUInt16BE(0)
  const count = content.readUInt16BE(2)
  const isPossible = count > 0 && count <= filled && filled <= PAGE_ENTRIES_MAX
  if (!isPossible) throw malformed(`${count} of ${filled} messages on a page`)
  return { filled, count }
}

function malformed(what: string): BrokerError {
  return new BrokerError('MALFORMED_FRAME', `The index holds ${what}.`)
}
