import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Administrator } from '../../../src/engine/administration/administrator.ts'
import { BEGINNING } from '../../../src/engine/administration/browsing.ts'
import type { BrowsedPage } from '../../../src/engine/administration/browsing.ts'
import { EngineHarness, nameOf, TestClient } from '../engine-harness.ts'

function administer(harness: EngineHarness): { admin: Administrator; sink: TestClient } {
  const sink = new TestClient()
  const admin = harness.engine.administration().connect({
    connectionId: `admin-${Math.trunc(harness.clock.monotonicMs())}`,
    clientId: '',
    userName: 'admin',
    remoteAddress: 'test',
    reconnect: false,
    sink,
  })
  return { admin, sink }
}

function pageOf(
  harness: EngineHarness,
  queue: string,
  after = BEGINNING,
  limit = 100,
): BrowsedPage {
  const pages: BrowsedPage[] = []
  const done = (page: BrowsedPage): void => void pages.push(page)
  harness.engine.administration().browse(nameOf(queue), { after, limit }, done)
  const [page] = pages
  assert.ok(page !== undefined)
  return page
}

const textsOf = ({ messages }: BrowsedPage): string[] => messages.map(({ body }) => body.toString())

/** Q with these messages, and the sequences of them. */
function filled(harness: EngineHarness, texts: readonly string[]): number[] {
  const client = harness.connect()
  for (const text of texts) client.send('Q', text)
  harness.settle()
  return pageOf(harness, 'Q').messages.map(({ place }) => place)
}

describe('browsing for administrators', () => {
  it('shows a queue a page at a time, with what is handed out and what is not stored', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.send('Q', 'a')
    harness.settle()
    client.send('Q', 'b', { persistent: false })
    client.send('Q', 'c', { persistent: false })
    client.send('Q', 'd')
    harness.settle()
    client.consume('Q', { prefetch: 2 })
    harness.settle()
    const first = pageOf(harness, 'Q', BEGINNING, 3)
    assert.deepEqual([textsOf(first), first.next !== null], [['a', 'b', 'c'], true])
    assert.deepEqual(
      first.messages.map(({ isHandedOut, isStored }) => [isHandedOut, isStored]),
      [
        [true, true],
        [true, false],
        [false, false],
      ],
    )
    const rest = pageOf(harness, 'Q', first.messages.at(-1), 3)
    assert.deepEqual([textsOf(rest), rest.next], [['d'], null])
    assert.equal(harness.depth('Q'), 4)
  })

  it('takes what the cursor has not read for what it is: all of a long queue', () => {
    const harness = new EngineHarness()
    const texts = Array.from({ length: 450 }, (_, i) => `${i}`)
    filled(harness, texts)
    const seen: string[] = []
    let after = BEGINNING
    for (;;) {
      const page = pageOf(harness, 'Q', after, 200)
      seen.push(...textsOf(page))
      if (page.next === null) break
      after = page.messages.at(-1) ?? BEGINNING
    }
    assert.deepEqual(seen, texts)
  })
})

describe('a page whose messages all leave while it is read', () => {
  it('is empty, and says where the next one begins', async () => {
    const harness = new EngineHarness({}, 0)
    const client = harness.connect()
    for (const text of ['a', 'b', 'c']) client.send('Q', text)
    await harness.settleReads()
    const pages: BrowsedPage[] = []
    const look = { after: BEGINNING, limit: 2 }
    harness.engine.administration().browse(nameOf('Q'), look, (page) => pages.push(page))
    const { admin } = administer(harness)
    admin.purge(nameOf('Q'), { after: 0, below: 3 }, 1)
    harness.settle()
    await harness.settleReads()
    assert.deepEqual(
      pages.map(({ messages, next }) => [messages.length, next?.place]),
      [[0, 2]],
    )
  })
})

describe('an administrator', () => {
  it('deletes what waits, and is answered when that is committed', () => {
    const harness = new EngineHarness()
    const [a = 0, , c = 0] = filled(harness, ['a', 'b', 'c'])
    const { admin, sink } = administer(harness)
    assert.equal(admin.delete(nameOf('Q'), [a, c, 999], 7), 2)
    harness.runTurns()
    assert.equal(sink.isConfirmed(7), false)
    harness.settle()
    assert.equal(sink.isConfirmed(7), true)
    const client = harness.connect()
    client.consume('Q')
    harness.settle()
    assert.deepEqual(client.texts, ['b'])
  })

  it('does not delete what a consumer has', () => {
    const harness = new EngineHarness()
    const [a = 0, b = 0] = filled(harness, ['a', 'b'])
    const client = harness.connect()
    client.consume('Q', { prefetch: 1 })
    harness.settle()
    const { admin } = administer(harness)
    assert.equal(admin.delete(nameOf('Q'), [a, b], 1), 1)
    harness.settle()
    client.acknowledge(client.takeDeliveries())
    harness.settle()
    assert.deepEqual([client.texts, harness.depth('Q')], [[], 0])
  })

  it('moves messages in one record, in their order', () => {
    const harness = new EngineHarness()
    const sequences = filled(harness, ['a', 'b', 'c'])
    const { admin, sink } = administer(harness)
    const before = harness.log.committed.length
    admin.move({ queue: nameOf('Q'), sequences: sequences.slice(0, 2), to: nameOf('R') }, 1)
    harness.settle()
    assert.ok(sink.isConfirmed(1))
    const written = harness.log.committed.slice(before).map(({ kind }) => kind)
    assert.deepEqual(written, ['destination-added', 'transaction'])
    assert.deepEqual(textsOf(pageOf(harness, 'R')), ['a', 'b'])
    assert.deepEqual([harness.depth('Q'), harness.depth('R')], [1, 2])
  })

  it('moves nothing when the record is lost', () => {
    const harness = new EngineHarness()
    const sequences = filled(harness, ['a', 'b'])
    const { admin, sink } = administer(harness)
    admin.move({ queue: nameOf('Q'), sequences, to: nameOf('R') }, 1)
    harness.runTurns()
    harness.failOver('lost')
    assert.equal(sink.isConfirmed(1), false)
    assert.ok(sink.closed !== null)
    assert.deepEqual(textsOf(pageOf(harness, 'Q')), ['a', 'b'])
  })

  it('hands a message that he is moving to no consumer, and gives it back when it cannot go', async () => {
    const harness = new EngineHarness({}, 0)
    const client = harness.connect()
    for (const text of ['a', 'b']) client.send('Q', text)
    await harness.settleReads()
    const { admin, sink } = administer(harness)
    harness.engine.setShort('store', true)
    admin.move({ queue: nameOf('Q'), sequences: [1, 2], to: nameOf('R') }, 1)
    client.consume('Q')
    await harness.settleReads()
    assert.equal(sink.rejectionOf(1), 'RESOURCE_LIMIT')
    await harness.settleReads()
    assert.deepEqual(client.texts, ['a', 'b'])
  })

  it('moves and copies nothing while too much is not committed (R30)', () => {
    const harness = new EngineHarness({ uncommittedMax: { bytes: 1 << 20, records: 1 } })
    const sequences = filled(harness, ['a'])
    const client = harness.connect()
    for (const text of ['b', 'c', 'd']) client.send('R', text)
    harness.runTurns()
    const words = { queue: nameOf('Q'), sequences, to: nameOf('R') }
    const { admin } = administer(harness)
    assert.throws(() => admin.move(words, 1), { code: 'RESOURCE_LIMIT' })
    assert.throws(() => admin.copy(words, 2), { code: 'RESOURCE_LIMIT' })
    harness.settle()
    assert.equal(admin.move(words, 3), 1)
  })

  it('copies messages, also those that a consumer has', () => {
    const harness = new EngineHarness()
    const sequences = filled(harness, ['a', 'b'])
    const client = harness.connect()
    client.consume('Q', { prefetch: 1 })
    harness.settle()
    const { admin, sink } = administer(harness)
    assert.equal(admin.copy({ queue: nameOf('Q'), sequences, to: nameOf('topic://T') }, 1), 2)
    assert.equal(admin.copy({ queue: nameOf('Q'), sequences, to: nameOf('R') }, 2), 2)
    harness.settle()
    assert.ok(sink.isConfirmed(1) && sink.isConfirmed(2))
    assert.deepEqual(textsOf(pageOf(harness, 'R')), ['a', 'b'])
    assert.equal(harness.depth('Q'), 2)
  })

  it('purges what was there when he began, a stretch at a time', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    for (let i = 0; i < 25_000; i++) client.send('Q', `${i}`)
    harness.settle()
    client.send('Q', 'light', { persistent: false })
    harness.settle()
    const { admin, sink } = administer(harness)
    let stretch = admin.firstStretch()
    client.send('Q', 'later')
    harness.settle()
    const counts: number[] = []
    for (let receipt = 1; ; receipt++) {
      const { count, next } = admin.purge(nameOf('Q'), stretch, receipt)
      counts.push(count)
      harness.settle()
      assert.ok(sink.isConfirmed(receipt))
      if (next === null) break
      stretch = next
    }
    assert.deepEqual(counts, [10_001, 10_000, 5_000])
    assert.deepEqual(textsOf(pageOf(harness, 'Q')), ['later'])
  })

  it('is refused too much at a time, patterns and what does not exist', () => {
    const harness = new EngineHarness()
    filled(harness, ['a'])
    const { admin } = administer(harness)
    const many = Array.from({ length: 501 }, (_, i) => i)
    assert.throws(() => admin.delete(nameOf('Q'), many, 1), { code: 'RESOURCE_LIMIT' })
    assert.throws(() => admin.delete(nameOf('none'), [1], 1), { code: 'INVALID_DESTINATION' })
    const to = nameOf('queue://A.>')
    const pattern = { queue: nameOf('Q'), sequences: [1], to }
    assert.throws(() => admin.move(pattern, 1), { code: 'INVALID_DESTINATION' })
    assert.equal(harness.depth('Q'), 1)
  })
})

type Step =
  | { readonly do: 'send' | 'sendLight' | 'consume' | 'leave' | 'commit' | 'failOver' | 'purge' }
  | { readonly do: 'acknowledge'; readonly count: number }
  | { readonly do: 'delete' | 'move' | 'copy'; readonly picks: readonly number[] }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>(
    { do: 'send' },
    { do: 'send' },
    { do: 'consume' },
    { do: 'leave' },
    { do: 'commit' },
    { do: 'commit' },
    { do: 'failOver' },
    { do: 'sendLight' },
    { do: 'purge' },
  ),
  fc.record({ do: fc.constant('acknowledge' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    do: fc.constantFrom('delete' as const, 'move' as const, 'copy' as const),
    picks: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
  }),
)

/** Everything at hand, or every body to be read. */
const cache = fc.constantFrom(Infinity, 0)

/** What was read may lead to records, and those to further reads. */
async function calm(harness: EngineHarness): Promise<void> {
  await harness.settleReads()
  harness.settle()
  await harness.settleReads()
}

describe('administrators beside consumers', () => {
  it('lose and repeat nothing, whatever order things happen in', () => {
    return fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), cache, async (steps, cacheBytes) => {
        const harness = new EngineHarness({ takeoverDoubtMax: 0 }, cacheBytes)
        let sent = 0
        let expected = 0
        let consumer: TestClient | null = null
        const sender = () => harness.connect()
        sender().send('Q', 'first')
        harness.settle()
        expected++
        for (const one of steps) {
          if (one.do === 'send' || one.do === 'sendLight') {
            // Light ones do not survive a failover, and nobody counts them then.
            const persistent = one.do === 'send' || steps.some((each) => each.do === 'failOver')
            sender().send('Q', `m${sent++}`, { persistent })
            expected++
            harness.settle()
          } else if (one.do === 'purge') {
            const { admin } = administer(harness)
            expected -= admin.purge(nameOf('Q'), admin.firstStretch(), 1).count
            harness.runTurns()
          } else if (one.do === 'consume' && consumer === null) {
            consumer = harness.connect()
            consumer.consume('Q', { prefetch: 3 })
          } else if (one.do === 'leave') {
            consumer?.client.close()
            consumer = null
          } else if (one.do === 'commit') await calm(harness)
          else if (one.do === 'failOver') {
            await calm(harness)
            harness.failOver('kept')
            consumer = null
          } else if (one.do === 'acknowledge' && consumer !== null) {
            const taken = consumer.deliveries.splice(0, one.count)
            consumer.acknowledge(taken)
            expected -= taken.length
          } else if ('picks' in one) {
            const { admin, sink } = administer(harness)
            const queue = nameOf('Q')
            const words = { queue, sequences: one.picks, to: nameOf('R') }
            if (one.do === 'delete') expected -= admin.delete(queue, one.picks, 1)
            else if (one.do === 'move') admin.move(words, 1)
            else {
              const count = admin.copy(words, 1)
              await calm(harness)
              // One of them may have been acknowledged before it was read.
              if (sink.isConfirmed(1)) expected += count
            }
            harness.runTurns()
          }
        }
        consumer?.client.close()
        await calm(harness)
        assert.equal(harness.depth('Q') + harness.depth('R'), expected)
        const last = harness.connect()
        last.consume('Q', { prefetch: 5000 })
        await calm(harness)
        assert.equal(last.texts.length, harness.depth('Q'))
        assert.equal(new Set(last.texts).size, last.texts.length)
      }),
      { numRuns: 200 },
    )
  })
})
