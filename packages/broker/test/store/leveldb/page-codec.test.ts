import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BrokerError } from '@quorate/core/base/errors'
import { MessagePage } from '../../../src/store/fold/message-page.ts'
import { PagePool } from '../../../src/store/fold/page-pool.ts'
import { StoredEntry } from '../../../src/store/fold/stored-entry.ts'
import { decodeFirst, decodePage, encodePage } from '../../../src/store/leveldb/page-codec.ts'
import type { PageKey } from '../../../src/store/leveldb/page-codec.ts'

interface Facts {
  readonly distance: number
  readonly position: number
  readonly length: number
  readonly priority: number
  readonly expirationMs: number
  readonly redeliveries: number
}

const facts: fc.Arbitrary<Facts> = fc.record({
  distance: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 2 ** 40 })),
  position: fc.integer({ min: 0, max: 2 ** 50 }),
  length: fc.nat(),
  priority: fc.integer({ min: 0, max: 9 }),
  expirationMs: fc.constantFrom(0, 1, 1_700_000_000_000),
  redeliveries: fc.constantFrom(0, 1, 0xffff_ffff),
})

function pageOf(all: readonly Facts[]): MessagePage {
  const page = new MessagePage(7, new PagePool())
  let sequence = 0
  for (const { distance, position, length, priority, expirationMs, redeliveries } of all) {
    sequence += distance
    const entry = new StoredEntry(sequence, 7, position, length)
    Object.assign(entry, { priority, expirationMs, redeliveries })
    page.append(entry)
  }
  return page
}

function decode(key: PageKey, content: Buffer): MessagePage {
  return decodePage(key, content, { pool: new PagePool(), visit: () => {} })
}

const anyPage = fc.array(facts, { minLength: 1, maxLength: 256 }).map(pageOf)

describe('page codec', () => {
  it('lays a page out as drawn', () => {
    const page = pageOf([
      { distance: 5, position: 125, length: 5, priority: 4, expirationMs: 0, redeliveries: 0 },
      { distance: 2, position: 100, length: 300, priority: 9, expirationMs: 1, redeliveries: 2 },
    ])
    assert.equal(
      encodePage(page).toString('hex'),
      '0002' + '0002' + '00' + 'fa01' + '05' + '04' + '02' + '33' + 'ac02' + '39' + '01' + '02',
    )
  })

  it('gives back every page that it writes, gaps left out', () => {
    fc.assert(
      fc.property(anyPage, fc.array(fc.nat(255)), (page, gaps) => {
        const entries = [...page]
        for (const at of new Set(gaps)) {
          const entry = entries[at]
          if (entry !== undefined && page.alive > 1) page.remove(entry)
        }
        const decoded = decode({ list: 7, first: page.first }, encodePage(page))
        assert.deepEqual([...decoded], [...page])
        assert.equal(decoded.filled, page.filled)
        assert.equal(decoded.alive, page.alive)
        assert.equal(decoded.first, page.first)
        assert.ok(decoded.persisted)
      }),
    )
  })

  it('gives objects to whoever unpacks what was read, as often as that is asked', () => {
    fc.assert(
      fc.property(anyPage, (page) => {
        const content = encodePage(page)
        const read = () => decodeFirst({ list: 7, first: page.first }, content, page.alive)
        const packed = read()
        const once = packed.unpack(7)
        assert.deepEqual(once, [...page])
        // They belong to the one who has them by now, and change.
        for (const entry of once) entry.removed = true
        assert.deepEqual(packed.unpack(7), [...page])
        const longer = read()
        longer.append(new StoredEntry(longer.last + 1, 7, 9, 9))
        assert.equal(longer.unpack(7).length, page.alive + 1)
      }),
    )
  })

  it('ends every byte string in a page or MALFORMED_FRAME', () => {
    const damage = fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 4 })
    fc.assert(
      fc.property(anyPage, damage, fc.nat(2000), (page, changes, cut) => {
        const bytes = encodePage(page)
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        expectPageOrError(bytes.subarray(0, Math.max(0, bytes.length - cut)))
        expectPageOrError(bytes)
      }),
      { numRuns: 500 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expectPageOrError(Buffer.from(bytes))
      }),
      { numRuns: 1000 },
    )
  })

  it('refuses pages without messages, or with more than fit', () => {
    for (const head of ['00000000', '00010000', '00010002', '01010101', '00']) {
      assert.throws(() => decode({ list: 1, first: 1 }, Buffer.from(head, 'hex')), {
        code: 'MALFORMED_FRAME',
      })
    }
  })
})

function expectPageOrError(bytes: Buffer): void {
  try {
    const page = decode({ list: 7, first: 1 }, bytes)
    assert.ok(page.alive >= 1 && page.alive <= page.filled)
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    assert.equal(error.code, 'MALFORMED_FRAME')
  }
}
