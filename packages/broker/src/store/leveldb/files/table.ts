import { BrokerError, errnoOf } from '@quorate/core/base/errors'
import type { File } from '../../journal/file-system.ts'
import { readFully } from '../../journal/file-system.ts'
import { readVarint } from '../../varint.ts'
import type { VarintCursor } from '../../varint.ts'
import { isSealed } from './crc32c.ts'
import { damaged } from './damage.ts'
import { unsnap } from './snappy.ts'

/**
 * Where a block of a table lies. Such a table, little-endian (leveldb, doc/table_format.md):
 *
 * ```
 *   table    data block, ..., meta block, ..., metaindex block, index block, footer
 *   footer   handle of the metaindex, handle of the index, zeros up to byte 40, magic u64
 *   handle   position varint, size varint (of the content)
 *   block    content, kind u8 (0 as it is, 1 Snappy), checksum u32 (of content and kind)
 *   content  entries, their restart points (position u32 each), number of those u32
 *   entry    bytes shared with the key before varint, further bytes of the key varint,
 *            bytes of the value varint, key, value
 * ```
 *
 * The values of the index are the handles of the data blocks, those of the metaindex the handles of
 * the meta blocks.
 */
interface Handle {
  readonly position: number
  readonly size: number
}

const FOOTER_BYTES = 48
const MAGIC = Buffer.from('57fb808b247547db', 'hex')
/** Kind and checksum, behind the content. */
const TRAILER_BYTES = 5
const SNAPPY = 1
/** Blocks are read together up to this many bytes; one that is larger is read alone. */
const READ_BYTES = 1024 * 1024

/**
 * Reads a table, the first `size` bytes of `file`, and holds every block against its checksum.
 * Throws INDEX_CORRUPT with the position of what is damaged. Blocks and footer have no gap between
 * them, so there is no byte that nothing guards.
 */
export async function checkTable(file: File, size: number): Promise<void> {
  const blocks = await findBlocks(file, size - FOOTER_BYTES)
  for (const run of runsOf(blocks)) {
    const start = run[0]!.position
    const bytes = await readAt(file, start, endOf(run.at(-1)!) - start)
    for (const block of run) checkSeal(bytes, block.position - start, block)
  }
}

/** All blocks in order: each begins where the one before ends, the first at 0. */
async function findBlocks(file: File, footerAt: number): Promise<Handle[]> {
  if (footerAt < 0) throw damaged(0, 'is no table')
  const footer = await readAt(file, footerAt, FOOTER_BYTES)
  if (!footer.subarray(-MAGIC.length).equals(MAGIC)) throw damaged(footerAt, 'is no footer')
  const cursor: VarintCursor = { bytes: footer, at: 0 }
  const indexes = decode(footerAt, () => [readHandle(cursor), readHandle(cursor)])
  const padding = footer.subarray(cursor.at, -MAGIC.length)
  if (padding.some((byte) => byte !== 0)) throw damaged(footerAt, 'is no footer')
  const blocks = [...indexes]
  for (const index of indexes) {
    const { position } = index
    if (endOf(index) > footerAt) throw damaged(footerAt, 'leads nowhere')
    const bytes = await readAt(file, position, endOf(index) - position)
    checkSeal(bytes, 0, index)
    // One by one: a call takes no more arguments than the stack holds, and there may be more.
    const handles = decode(position, () => readHandles(contentOf(bytes, index)))
    for (const handle of handles) blocks.push(handle)
  }
  blocks.sort((a, b) => a.position - b.position)
  let end = 0
  for (const block of blocks) {
    if (block.position !== end) throw damaged(end, 'belongs to no block, or to two')
    end = endOf(block)
  }
  if (end !== footerAt) throw damaged(end, 'belongs to no block, or to two')
  return blocks
}

function* runsOf(blocks: readonly Handle[]): Generator<readonly Handle[]> {
  let first = 0
  for (let at = 1; at <= blocks.length; at++) {
    const next = blocks[at]
    if (next !== undefined && endOf(next) - blocks[first]!.position <= READ_BYTES) continue
    yield blocks.slice(first, at)
    first = at
  }
}

function endOf({ position, size }: Handle): number {
  return position + size + TRAILER_BYTES
}

/** `at` is where the block lies in `bytes`. */
function checkSeal(bytes: Buffer, at: number, { position, size }: Handle): void {
  const sealAt = at + size + 1
  if (!isSealed(bytes, at, sealAt, sealAt)) throw damaged(position, 'fails its checksum')
}

function contentOf(block: Buffer, { size }: Handle): Buffer {
  const content = block.subarray(0, size)
  return block.readUInt8(size) === SNAPPY ? unsnap(content) : content
}

/** The values of all entries of a block, each a handle. Throws MALFORMED_FRAME. */
function readHandles(content: Buffer): Handle[] {
  if (content.length < 4) throw new BrokerError('MALFORMED_FRAME', 'A block has no restart points.')
  const restarts = content.readUInt32LE(content.length - 4)
  const end = content.length - 4 - 4 * restarts
  const cursor: VarintCursor = { bytes: content, at: 0 }
  const handles: Handle[] = []
  while (cursor.at < end) {
    readVarint(cursor)
    const keyBytes = readVarint(cursor)
    const valueBytes = readVarint(cursor)
    const valueAt = cursor.at + keyBytes
    handles.push(readHandle({ bytes: content, at: valueAt }))
    cursor.at = valueAt + valueBytes
  }
  return handles
}

function readHandle(cursor: VarintCursor): Handle {
  return { position: readVarint(cursor), size: readVarint(cursor) }
}

async function readAt(file: File, position: number, size: number): Promise<Buffer> {
  const bytes = await readFully(file, position, size).catch((error: unknown) => {
    // A sector that cannot be read is damage too: were it the disk, the rebuilt index would tell.
    if (errnoOf(error) === 'EIO') throw damaged(position, 'cannot be read', error)
    throw error
  })
  if (bytes.length < size) throw damaged(position + bytes.length, 'is missing')
  return bytes
}

function decode<T>(position: number, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    throw damaged(position, 'makes no sense', error)
  }
}
