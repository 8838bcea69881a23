import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { MessagePage } from '../../../src/store/fold/message-page.ts'
import { PagePool } from '../../../src/store/fold/page-pool.ts'
import { StoredEntry } from '../../../src/store/fold/stored-entry.ts'
import { pageKey } from '../../../src/store/leveldb/keys.ts'
import { MemoryIndexBackend } from '../../../src/store/leveldb/memory-index-backend.ts'
import { encodePage } from '../../../src/store/leveldb/page-codec.ts'
import { PageReader } from '../../../src/store/leveldb/page-reader.ts'
import { sealRow } from '../../../src/store/leveldb/row-ledger.ts'

const KEY = pageKey(1, 5)

function pageOf(...sequences: number[]): MessagePage {
  const page = new MessagePage(1, new PagePool())
  for (const sequence of sequences) page.append(new StoredEntry(sequence, 1, 100 * sequence, 10))
  return page
}

/** Reads the first `count` messages of the page of which this is the row. */
async function readFirst(count: number, row: Buffer | null): Promise<number[]> {
  const database = await new MemoryIndexBackend().open('index')
  if (row !== null) await database.write([{ type: 'put', key: KEY, value: row }])
  const page = pageOf(5, 6, 9)
  const entries = new PageReader(database).read(page, count).unpack(page.list)
  return entries.map(({ sequence }) => sequence)
}

describe('reading a page back', () => {
  const row = sealRow(
    KEY,
    encodePage(pageOf(5, 6, 9), () => 0),
  )

  it('gives the messages that its row begins with', async () => {
    assert.deepEqual(await readFirst(3, row), [5, 6, 9])
    assert.deepEqual(await readFirst(2, row), [5, 6])
  })

  const details = { list: 1, first: 5 }

  it('says of which page the row is lost', async () => {
    const message = 'Page 1/5 of the index is not there any more.'
    await assert.rejects(readFirst(1, null), { code: 'INDEX_CORRUPT', message, details })
  })

  it('takes no row that has fewer messages, or makes no sense', async () => {
    const message = 'Page 1/5 of the index does not decode.'
    for (const bad of [row, sealRow(KEY, Buffer.from('ff'))]) {
      await assert.rejects(readFirst(4, bad), { code: 'INDEX_CORRUPT', message, details })
    }
  })

  it('takes no row with a byte that has changed', async () => {
    for (let at = 0; at < row.length; at++) {
      const damaged = Buffer.from(row)
      damaged[at] = damaged.readUInt8(at) ^ 1
      await assert.rejects(readFirst(3, damaged), { code: 'INDEX_CORRUPT' })
    }
  })
})
