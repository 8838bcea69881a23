import { BrokerError } from '@quorate/core/base/errors'
import type { File } from '../../journal/file-system.ts'
import { readFully } from '../../journal/file-system.ts'
import { readVarint } from '../../varint.ts'
import type { VarintCursor } from '../../varint.ts'
import { isSealed } from './crc32c.ts'
import { damaged } from './damage.ts'

/** A table that the database is made of. */
export interface LiveTable {
  /** It lies in `000123.ldb`. */
  readonly number: number
  /** Bytes of it that count. */
  readonly size: number
}

/** A varint, or bytes behind their length, which is one. */
type Field = 'number' | 'bytes'

/** What follows each tag of an edit (leveldb, db/version_edit.cc). */
const FIELDS: Readonly<Record<number, readonly Field[]>> = {
  1: ['bytes'], // comparator
  2: ['number'], // journal
  3: ['number'], // next file
  4: ['number'], // last sequence
  5: ['number', 'bytes'], // where a level's next compaction begins
  6: ['number', 'number'], // table deleted: level, number
  7: ['number', 'number', 'number', 'bytes', 'bytes'], // table added: level, number, size, keys
  9: ['number'], // journal before
}
const TABLE_DELETED = 6
const TABLE_ADDED = 7

const BLOCK_BYTES = 32 * 1024
const HEADER_BYTES = 7
const FULL = 1
const FIRST = 2
const LAST = 4

/** Bytes of CURRENT that are read: `MANIFEST-`, the 20 digits of a 64-bit number, a line's end. */
const CURRENT_BYTES_MAX = 32

/** The name of the manifest that CURRENT holds; null when that is no such name. */
export async function readManifestName(current: File): Promise<string | null> {
  const name = (await readFully(current, 0, CURRENT_BYTES_MAX)).toString('latin1').trimEnd()
  return /^MANIFEST-\d+$/.test(name) ? name : null
}

/**
 * The tables that are left when all edits of a manifest are made. Throws MALFORMED_FRAME when
 * LevelDB itself will find it damaged, INDEX_CORRUPT when it would not.
 */
export async function readLiveTables(manifest: File): Promise<LiveTable[]> {
  const live = new Map<number, LiveTable>()
  for await (const edit of readEdits(manifest)) applyEdit(edit, live)
  return [...live.values()]
}

/**
 * The records of a manifest, each an edit of the set of tables. The last one may be cut off: then
 * it was never made.
 *
 * ```
 *   blocks of 32 KiB; what does not fit goes on in the next, and 6 bytes at most stay unused
 *   record   checksum u32 (of kind and content), length u16, kind u8, content; little-endian
 *   kind     1 full, 2 first, 3 middle, 4 last
 * ```
 */
export async function* readEdits(manifest: File): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  for (let start = 0; ; start += BLOCK_BYTES) {
    const block = await readFully(manifest, start, BLOCK_BYTES)
    for (let at = 0; block.length - at >= HEADER_BYTES;) {
      const content = at + HEADER_BYTES
      const next = content + block.readUInt16LE(at + 4)
      const kind = block.readUInt8(at + 6)
      if (kind === 0 && next === content) {
        await expectZeros(manifest, start + at)
        return
      }
      if (next > block.length) {
        // A last block that is not full ends where its writer died, like a header that is cut off.
        if (block.length < BLOCK_BYTES) return
        throw malformed()
      }
      if (!isSealed(block, at + 6, next, at)) throw malformed()
      if (kind === FULL || kind === FIRST) pieces = []
      pieces.push(block.subarray(content, next))
      if (kind === FULL || kind === LAST) yield Buffer.concat(pieces)
      at = next
    }
    if (block.length < BLOCK_BYTES) return
  }
}

/**
 * Zeros are room that was made beforehand and never written. LevelDB passes over them without a
 * word: edits that follow would be made without those that stood there.
 */
async function expectZeros(manifest: File, from: number): Promise<void> {
  for (let at = from; ; at += BLOCK_BYTES) {
    const bytes = await readFully(manifest, at, BLOCK_BYTES)
    if (bytes.some((byte) => byte !== 0)) throw damaged(from, 'has zeros before further edits')
    if (bytes.length < BLOCK_BYTES) return
  }
}

/** A table that only moves to another level is deleted and then added by the same edit. */
function applyEdit(edit: Buffer, live: Map<number, LiveTable>): void {
  const cursor: VarintCursor = { bytes: edit, at: 0 }
  while (cursor.at < edit.length) {
    const tag = readVarint(cursor)
    const fields = FIELDS[tag]
    if (fields === undefined) throw malformed()
    const [, number = 0, size = 0] = readNumbers(cursor, fields)
    if (tag === TABLE_DELETED) live.delete(number)
    if (tag === TABLE_ADDED) live.set(number, { number, size })
  }
}

function readNumbers(cursor: VarintCursor, fields: readonly Field[]): number[] {
  const numbers: number[] = []
  for (const field of fields) {
    const number = readVarint(cursor)
    if (field === 'number') numbers.push(number)
    else cursor.at += number
  }
  return numbers
}

function malformed(): BrokerError {
  return new BrokerError('MALFORMED_FRAME', 'The manifest of the index is damaged.')
}
