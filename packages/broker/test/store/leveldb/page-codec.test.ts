import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BrokerError } from '@quorate/core/base/errors'
import { MessagePage } from '../../../src/store/fold/message-page.ts'
import { PagePool } from '../../../src/store/fold/page-pool.ts'
import { StoredEntry } from '../../../src/store/fold/stored-entry.ts'
import { decodeFirst, decodePage, encodePage } from '../../../src/store/leveldb/page-codec.ts'
import type { PageKey, Stretch } from '../../../src/store/leveldb/page-codec.ts'

interface Facts {
  readonly distance: number
  readonly position: number
  readonly length: number
  readonly priority: number
  readonly expirationMs: number
  readonly redeliveries: number
}

/** Segments of a log, all of this length. */
const SEGMENT_BYTES = 2 ** 40

function segmentOf(position: number): number {
  return position - (position % SEGMENT_BYTES)
}

/** No body lies in two segments. */
const LENGTH_MAX = 2 ** 31 - 1

function inOneSegment(position: number): number {
  return Math.min(position, segmentOf(position) + SEGMENT_BYTES - LENGTH_MAX)
}

const PLAIN = { priority: 4, expirationMs: 0, redeliveries: 0 }

const facts: fc.Arbitrary<Facts> = fc.record({
  distance: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 2 ** 40 })),
  position: fc.integer({ min: 0, max: 2 ** 50 }).map(inOneSegment),
  length: fc.nat(LENGTH_MAX),
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

function encode(page: MessagePage): Buffer {
  return Buffer.from(encodePage(page, segmentOf))
}

function decode(key: PageKey, content: Buffer, pool = new PagePool()): MessagePage {
  return decodePage(key, content, { pool, visit: () => {} })
}

function stretchesOf(page: MessagePage): Stretch[] {
  const stretches: Stretch[] = []
  const visit = (stretch: Stretch): number => stretches.push(stretch)
  decodePage({ list: 7, first: page.first }, encode(page), { pool: new PagePool(), visit })
  return stretches
}

const anyPage = fc.array(facts, { minLength: 1, maxLength: 256 }).map(pageOf)

describe('page codec', () => {
  it('lays a page out as drawn', () => {
    const MESSAGES = '00fa010504' + '0233ac02390102'
    const page = pageOf([
      { distance: 5, position: 125, length: 5, priority: 4, expirationMs: 0, redeliveries: 0 },
      { distance: 2, position: 100, length: 300, priority: 9, expirationMs: 1, redeliveries: 2 },
    ])
    assert.equal(
      encode(page).toString('hex'),
      '0002' + '0002' + '02' + '01' + ('64' + 'ac02' + '02' + 'b102') + MESSAGES,
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
        const decoded = decode({ list: 7, first: page.first }, encode(page))
        assert.deepEqual([...decoded], [...page])
        assert.equal(decoded.filled, page.filled)
        assert.equal(decoded.alive, page.alive)
        assert.equal(decoded.first, page.first)
        assert.ok(decoded.persisted)
      }),
    )
  })

  it('tells of each segment how much of the page lies there', () => {
    fc.assert(
      fc.property(anyPage, (page) => {
        const stretches = stretchesOf(page)
        const segments = [...page].map(({ position }) => segmentOf(position))
        assert.deepEqual(
          stretches.map(({ position }) => segmentOf(position)),
          [...new Set(segments)],
        )
        for (const { position, end, messages, bytes } of stretches) {
          const there = [...page].filter((entry) => {
            return segmentOf(entry.position) === segmentOf(position)
          })
          assert.equal(position, Math.min(...there.map((entry) => entry.position)))
          assert.equal(end, Math.max(...there.map((entry) => entry.position + entry.length)))
          assert.equal(messages, there.length)
          assert.equal(
            bytes,
            there.reduce((sum, entry) => sum + entry.length, 0),
          )
        }
      }),
    )
  })

  it('looks at no message of a full page that its row keeps', () => {
    const page = pageOf(
      Array.from({ length: 256 }, (_, i) => {
        return { distance: 1, position: 100 * i, length: 90, ...PLAIN }
      }),
    )
    const content = encode(page)
    content.fill(0xff, content.length - 100)
    const pool = new PagePool()
    assert.throws(() => decode({ list: 7, first: 1 }, content, pool), { code: 'MALFORMED_FRAME' })
    pool.source = { read: () => assert.fail('nobody asked for its messages') }
    const decoded = decode({ list: 7, first: 1 }, content, pool)
    assert.equal(decoded.alive, 256)
    assert.equal(decoded.holdsAbove(255), true)
    assert.equal(decoded.holdsAbove(256), false)
  })

  it('refuses places of more messages, or of fewer, than are on the page', () => {
    const messages = '00fa010504' + '0233ac02390102'
    for (const stretches of [
      '00',
      '01' + '64ac0201b102',
      '01' + '64ac0203b102',
      '01' + '64ac0200b102',
    ]) {
      const content = Buffer.from('0002' + '0002' + '02' + stretches + messages, 'hex')
      assert.throws(() => decode({ list: 7, first: 5 }, content), { code: 'MALFORMED_FRAME' })
    }
  })

  it('gives objects to whoever unpacks what was read, as often as that is asked', () => {
    fc.assert(
      fc.property(anyPage, (page) => {
        const content = encode(page)
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
        const bytes = encode(page)
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
