import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { BrokerError } from '@quorate/core/base/errors'
import type { Journal } from '../../../src/store/journal/journal.ts'
import type { LogPoint } from '../../../src/store/journal/log-batch.ts'
import { segmentPosition } from '../../../src/store/journal/segment.ts'
import type {
  LevelStore,
  LevelStoreOptions,
  Standing,
} from '../../../src/store/leveldb/level-store.ts'
import { MemoryIndexBackend } from '../../../src/store/leveldb/memory-index-backend.ts'
import { MemoryLog } from '../../../src/store/memory/memory-log.ts'
import type { LogOp } from '../../../src/store/log-op.ts'
import { encodeOp } from '../../../src/store/op-codec.ts'
import { digestFold } from '../../../src/store/digest.ts'
import { DIRECTORY, JournalFixture, settle } from '../journal/journal-fixture.ts'
import { message, openIndex, queue } from './index-fixture.ts'

const READ_BYTES = 3000

function bodyOf(number: number, length: number): Buffer {
  return Buffer.alloc(length, `<${number}>`)
}

async function append(fixture: JournalFixture, journal: Journal, ops: LogOp[]): Promise<void> {
  const builder = fixture.builder(journal)
  for (const op of ops) {
    const { type, chunks } = encodeOp(op)
    builder.add(type, chunks)
  }
  journal.append(builder.take())
  await journal.idle()
}

/** Opens the index of a journal and applies what it lacks, as a broker does on its start. */
async function start(
  journal: Journal,
  backend: MemoryIndexBackend,
  onFailure: (error: BrokerError) => unknown = (error) => assert.fail(error),
  standing: LevelStoreOptions['standing'] = (applied) => standingIn(journal, applied),
): Promise<LevelStore> {
  const store = await openIndex('index', new MemoryLog(), {
    backend,
    onFailure,
    bodies: journal,
    cacheBytes: 0,
    standing,
  })
  for (;;) {
    const batch = await journal.read(store.appliedIndex + 1, READ_BYTES)
    if (batch === null) return store
    store.apply(batch, batch.lastIndex)
  }
}

async function standingIn(journal: Journal, applied: LogPoint): Promise<Standing> {
  if (applied.index > journal.tail.index) return 'absent'
  const { epoch, chain, position } = await journal.pointAt(applied.index)
  const isSame = epoch === applied.epoch && chain === applied.chain && position === applied.position
  return isSame ? 'held' : 'another'
}

function bodiesOf(store: LevelStore, list: number): Promise<(string | undefined)[]> {
  const entries = store.list(list)?.next(0, 1e6) ?? []
  return new Promise((resolve) => {
    store.fetch(entries, (bodies) => resolve(bodies.map((body) => body?.toString('latin1'))))
  })
}

describe('LevelDB store - on a journal', () => {
  it('finds every body again, across segments, transactions and restarts', async () => {
    const lengths = fc.array(fc.nat(1500), { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(lengths, fc.boolean(), async (sizes, withCheckpoint) => {
        const fixture = new JournalFixture()
        const backend = new MemoryIndexBackend()
        const { journal } = await fixture.open()
        const messages = sizes.map((size, i) => message(1, { body: bodyOf(i, size) }))
        const half = Math.ceil(messages.length / 2)
        await append(fixture, journal, [queue(1), ...messages.slice(0, half)])
        const before = await start(journal, backend)
        await before.close({ checkpoint: withCheckpoint })
        const rest = messages.slice(half)
        await append(fixture, journal, [{ kind: 'transaction', id: 'tx', ops: rest }])

        const store = await start(journal, backend)
        const expected = messages.map(({ body }) => body.toString('latin1'))
        assert.deepEqual(await bodiesOf(store, 1), expected)
        await store.close()
        await journal.close({ clean: true })
      }),
      { numRuns: 40 },
    )
  })

  it('gives an index up that is ahead of a journal which lost its tail', async () => {
    const fixture = new JournalFixture()
    const backend = new MemoryIndexBackend()
    const { journal } = await fixture.open()
    await append(fixture, journal, [queue(1), message(1), message(1)])
    const ahead = await start(journal, backend)
    await ahead.close()
    await journal.truncateAfter(2)
    const store = await start(journal, backend)
    assert.equal(store.appliedIndex, 2)
    assert.equal(store.list(1)?.length, 1)

    await append(fixture, journal, [message(1, { priority: 9 })])
    await store.close()
    const again = await start(journal, backend)
    const scratch = await start(journal, new MemoryIndexBackend())
    assert.equal(digestFold(again.fold), digestFold(scratch.fold))
    await journal.close({ clean: true })
  })

  it('gives an index up at once that refers to bodies which its log does not hold', async () => {
    const bodies = ['one', 'three', 'nine']
    const ops = bodies.map((text) => message(1, { body: Buffer.from(text) }))
    const fixture = new JournalFixture()
    const { journal } = await fixture.open()
    await append(fixture, journal, [queue(1), ...ops])
    // The same records with other bodies before them: an index that nothing tells from this log's.
    const other = new JournalFixture()
    const { journal: otherJournal } = await other.open()
    await append(other, otherJournal, [queue(1), ...ops.toReversed()])

    for (const isKilled of [false, true]) {
      const backend = new MemoryIndexBackend()
      await (await start(otherJournal, backend)).close()
      const failures: BrokerError[] = []
      const startAgain = () =>
        start(
          journal,
          backend,
          (error) => failures.push(error),
          () => 'held',
        )
      const wrong = await startAgain()
      await append(fixture, journal, [message(1, { body: Buffer.from('more') })])
      wrong.fetch(wrong.list(1)?.next(0, 10) ?? [], () =>
        assert.fail('a wrong body was handed out'),
      )
      while (failures.length === 0) await settle(1)
      const [{ code, details }] = failures as [BrokerError]
      assert.deepEqual([code, 'file' in details], ['JOURNAL_CORRUPT', false])
      if (isKilled) {
        await settle()
        backend.kill()
      } else {
        await wrong.close()
      }
      const right = await startAgain()
      assert.deepEqual((await bodiesOf(right, 1)).slice(0, 3), bodies)
      await right.close()
      assert.equal(failures.length, 1)
    }
    await journal.close({ clean: true })
    await otherJournal.close({ clean: true })
  })

  it('hands out no body that has decayed, and says which record that was (R32)', async () => {
    const bodies = fc.array(fc.nat(600), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(bodies, fc.nat(), fc.nat(7), async (sizes, place, bit) => {
        const fixture = new JournalFixture()
        const { journal } = await fixture.open()
        const ops = sizes.map((size, i) => message(1, { body: bodyOf(i, size) }))
        await append(fixture, journal, [queue(1), ...ops.slice(1)])
        await append(fixture, journal, [{ kind: 'transaction', id: '', ops: ops.slice(0, 1) }])
        const failures: BrokerError[] = []
        const backend = new MemoryIndexBackend()
        const store = await start(journal, backend, (error) => failures.push(error))
        const entries = store.list(1)?.next(0, 1e6) ?? []
        const victim = entries[place % entries.length]!
        // Anywhere in the body, or in the check before it.
        const at = victim.position - 4 + (place % (victim.length + 4))
        const [file, from] = await segmentAt(fixture, at)
        fixture.fileSystem.flip(`${DIRECTORY}/${file}`, at - from, 1 << bit)

        store.fetch(entries, () => assert.fail('a body that decayed was handed out'))
        while (failures.length === 0) await settle(1)
        const [{ code, details }] = failures as [BrokerError]
        assert.equal(code, 'JOURNAL_CORRUPT')
        const { fromIndex } = details as { fromIndex: number }
        assert.ok((await journal.pointAt(fromIndex - 1)).position < at)
        assert.ok((await journal.pointAt(fromIndex)).position > at)
        await store.close()
        await journal.close({ clean: true })
      }),
      { numRuns: 60 },
    )
  })
})

/** The file that holds a byte of the log, and the position at which it begins. */
async function segmentAt(fixture: JournalFixture, position: number): Promise<[string, number]> {
  const names = (await fixture.fileSystem.list(DIRECTORY)).sort()
  const starts = names.map((name) => [name, segmentPosition(name)] as const)
  const found = starts.findLast(([, start]) => start !== null && start <= position)
  assert.ok(found !== undefined && found[1] !== null)
  return [found[0], found[1]]
}
