import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BrokerError } from '@quorate/core/base/errors'
import { readVarint } from '../../varint.ts'
import type { VarintCursor } from '../../varint.ts'
import { isSealed } from './crc32c.ts'

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

/**
 * The tables that the manifest names which CURRENT names, as LevelDB itself will read it; null when
 * it will find that there is no such database, or that one of these two files is damaged.
 */
export async function readLiveTables(directory: string): Promise<LiveTable[] | null> {
  try {
    const path = await findManifest(directory)
    const edits = path === null ? null : readEdits(await readFile(path))
    return edits && applyEdits(edits)
  } catch {
    return null
  }
}

/** The manifest that CURRENT names; null when that is no such name. Rejects with errors of files. */
export async function findManifest(directory: string): Promise<string | null> {
  const name = (await readFile(join(directory, 'CURRENT'), 'latin1')).trimEnd()
  return /^MANIFEST-\d+$/.test(name) ? join(directory, name) : null
}

/**
 * The records of a manifest, each an edit of the set of tables; null when one is damaged. The last
 * one may be cut off: then it was never made.
 *
 * ```
 *   blocks of 32 KiB; what does not fit goes on in the next, and 6 bytes at most stay unused
 *   record   checksum u32 (of kind and content), length u16, kind u8, content; little-endian
 *   kind     1 full, 2 first, 3 middle, 4 last
 * ```
 */
export function readEdits(manifest: Buffer): Buffer[] | null {
  const edits: Buffer[] = []
  let pieces: Buffer[] = []
  for (let block = 0; block < manifest.length; block += BLOCK_BYTES) {
    const end = Math.min(block + BLOCK_BYTES, manifest.length)
    for (let at = block; end - at >= HEADER_BYTES;) {
      const content = at + HEADER_BYTES
      const next = content + manifest.readUInt16LE(at + 4)
      const kind = manifest.readUInt8(at + 6)
      // A last block that is not full ends where its writer died, like a header that is cut off.
      if (next > end) return end - block < BLOCK_BYTES ? edits : null
      // Room that was made beforehand and never written: LevelDB goes on with the next block.
      if (kind === 0 && next === content) break
      if (!isSealed(manifest, at + 6, next, at)) return null
      if (kind === FULL || kind === FIRST) pieces = []
      pieces.push(manifest.subarray(content, next))
      if (kind === FULL || kind === LAST) edits.push(Buffer.concat(pieces))
      at = next
    }
  }
  return edits
}

/** Throws MALFORMED_FRAME. */
function applyEdits(edits: readonly Buffer[]): LiveTable[] {
  const live = new Map<number, LiveTable>()
  for (const edit of edits) applyEdit(edit, live)
  return [...live.values()]
}

/** A table that only moves to another level is deleted and then added by the same edit. */
function applyEdit(edit: Buffer, live: Map<number, LiveTable>): void {
  const cursor: VarintCursor = { bytes: edit, at: 0 }
  while (cursor.at < edit.length) {
    const tag = readVarint(cursor)
    const fields = FIELDS[tag]
    if (fields === undefined) throw new BrokerError('MALFORMED_FRAME', `No edit has a tag ${tag}.`)
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
