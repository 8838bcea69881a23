import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { MessagePage, PAGE_ENTRIES_MAX } from '../../../src/store/fold/message-page.ts'
import { PackedEntries } from '../../../src/store/fold/packed-entries.ts'
import { PAGE_BOUNDS, PagePool } from '../../../src/store/fold/page-pool.ts'
import type { PageBounds } from '../../../src/store/fold/page-pool.ts'
import { StoredEntry } from '../../../src/store/fold/stored-entry.ts'

const body = Buffer.from('body')

/** Sequences of a page that takes no more. */
const FULL = Array.from({ length: PAGE_ENTRIES_MAX }, (_, i) => i + 1)

function without(sequence: number): number[] {
  return FULL.filter((other) => other !== sequence)
}

/** Rows of pages that somebody wrote, and how often they are read. */
class Rows {
  reads = 0
  readonly pool: PagePool
  readonly #rows = new Map<number, Buffer>()

  constructor(bounds: Partial<PageBounds> = {}) {
    this.pool = new PagePool({ ...PAGE_BOUNDS, ...bounds })
    this.pool.source = {
      read: ({ first }, count) => {
        this.reads++
        const row = this.#rows.get(first)
        assert.ok(row !== undefined, 'only what was written is read')
        return PackedEntries.read(row, { first, count })
      },
    }
  }

  /** A checkpoint. */
  write(page: MessagePage): void {
    this.#rows.set(page.first, Buffer.from(page.packed().content))
    page.written()
  }
}

function append(page: MessagePage, ...sequences: number[]): StoredEntry[] {
  return sequences.map((sequence) => {
    const entry = new StoredEntry(sequence, page.list, 100 * sequence, body.length)
    entry.body = body
    page.append(entry)
    return entry
  })
}

function drop(page: MessagePage, ...entries: StoredEntry[]): void {
  for (const entry of entries) entry.body = null
  page.cool()
}

function sequencesOf(page: MessagePage): number[] {
  return [...page].map(({ sequence }) => sequence)
}

function remove(page: MessagePage, sequence: number): void {
  const entry = page.find(sequence)
  assert.ok(entry !== undefined, `${sequence} waits`)
  page.remove(entry)
}

/** A full page of which memory holds nothing. */
function onlyInItsRow(rows: Rows): MessagePage {
  const page = new MessagePage(1, rows.pool)
  drop(page, ...append(page, ...FULL))
  rows.write(page)
  return page
}

describe('a page of messages', () => {
  it('keeps no objects of messages whose bodies have left memory', () => {
    const page = new MessagePage(1, new PagePool())
    const [first, second, third] = append(page, 3, 5, 8)
    assert.ok(first && second && third)
    drop(page, first, second)
    assert.notEqual(page.find(3), first)
    assert.equal(page.find(8), third)
    assert.deepEqual(sequencesOf(page), [3, 5, 8])
    assert.equal(page.alive, 3)
  })

  it('gives newer messages without looking at the older ones', () => {
    const rows = new Rows()
    const page = new MessagePage(1, rows.pool)
    const entries = append(page, ...FULL)
    drop(page, ...entries.slice(0, 255))
    rows.write(page)
    assert.equal(page.find(256), entries[255])
    const found: StoredEntry[] = []
    page.collect(255, 10, found)
    assert.deepEqual(found, entries.slice(255))
    assert.equal(rows.reads, 0)
  })

  it('is read back from its row when an older message is asked for, once', () => {
    const rows = new Rows()
    const page = onlyInItsRow(rows)
    assert.equal(page.find(1)?.position, 100)
    remove(page, 2)
    assert.deepEqual(sequencesOf(page), without(2))
    assert.equal(rows.reads, 1)
  })

  it('keeps its bytes while it grows', () => {
    const rows = new Rows()
    const page = new MessagePage(1, rows.pool)
    drop(page, ...append(page, 1, 2))
    rows.write(page)
    drop(page, ...append(page, 3))
    assert.deepEqual(sequencesOf(page), [1, 2, 3])
    assert.equal(rows.reads, 0)
  })

  it('finds its older messages in a row that goes on with newer ones', () => {
    const rows = new Rows()
    const page = new MessagePage(1, rows.pool)
    const entries = append(page, ...FULL)
    drop(page, ...entries.slice(0, 200))
    rows.write(page)
    remove(page, 201)
    assert.deepEqual(sequencesOf(page), without(201))
    drop(page, ...entries.slice(201))
    assert.deepEqual(sequencesOf(page), without(201))
    assert.equal(page.find(256)?.position, 25_600)
    assert.equal(page.alive, 255)
  })

  it('does not trust its row with what has changed since', () => {
    const rows = new Rows()
    const page = onlyInItsRow(rows)
    remove(page, 2)
    const third = page.find(3)
    assert.ok(third !== undefined, 'it waits')
    page.redelivered(third)
    page.close()
    assert.deepEqual(sequencesOf(page), without(2))
    assert.equal(page.find(3)?.redeliveries, 1)
    assert.equal(rows.reads, 1)
  })

  it('is not opened for what comes behind its older messages', () => {
    const rows = new Rows()
    const page = onlyInItsRow(rows)
    const found: StoredEntry[] = []
    page.collect(256, 10, found)
    assert.equal(page.find(300), undefined)
    assert.deepEqual([found, rows.reads], [[], 0])
  })

  it('is closed when too many others have been opened since', () => {
    const rows = new Rows({ openMax: 2 })
    const pages = [1, 2, 3].map((list) => {
      const page = new MessagePage(list, rows.pool)
      drop(page, ...append(page, ...FULL.map((sequence) => list + 10 * sequence)))
      rows.write(page)
      return page
    })
    for (const page of pages) page.find(page.first)
    assert.equal(rows.reads, 3)
    for (const page of pages.slice(1)) page.find(page.first)
    assert.equal(rows.reads, 3)
    pages[0]?.find(pages[0].first)
    assert.equal(rows.reads, 4)
  })

  it('leaves its row alone to hold it as soon as it is full, however little that is', () => {
    const rows = new Rows({ entriesMax: 4 })
    const page = new MessagePage(1, rows.pool)
    drop(page, ...append(page, 1, 2, 3))
    rows.write(page)
    assert.deepEqual([page.isFull, sequencesOf(page), rows.reads], [false, [1, 2, 3], 0])
    drop(page, ...append(page, 4))
    rows.write(page)
    assert.deepEqual([page.isFull, sequencesOf(page), rows.reads], [true, [1, 2, 3, 4], 1])
  })

  it('that is emptied and used again while its row is written is not taken for written', () => {
    const rows = new Rows()
    const page = new MessagePage(1, rows.pool)
    for (const entry of append(page, 1)) page.remove(entry)
    page.reset()
    page.written()
    drop(page, ...append(page, ...FULL))
    assert.deepEqual(sequencesOf(page), FULL)
    assert.equal(rows.reads, 0)
  })

  it('takes some bytes for each message at rest', () => {
    const page = new MessagePage(1, new PagePool())
    const entries = FULL.map((sequence) => {
      const entry = new StoredEntry(sequence, 1, 1_100 * sequence, 1024)
      page.append(entry)
      return entry
    })
    drop(page, ...entries)
    const { length } = page.packed().content
    assert.ok(length <= 7 * PAGE_ENTRIES_MAX, `${length} bytes for ${PAGE_ENTRIES_MAX} messages`)
    assert.equal(page.packed().content.buffer.byteLength, length, 'and no room that is not used')
  })

  it('hands over nothing but what is more than bytes when its list is removed', () => {
    const page = new MessagePage(1, new PagePool())
    const [first, second] = append(page, 1, 2)
    assert.ok(first && second)
    drop(page, first)
    const released: StoredEntry[] = []
    page.dissolve((entry) => released.push(entry))
    assert.deepEqual(released, [second])
    assert.equal(page.alive, 0)
  })
})
