import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FileOperation } from '../../../src/store/journal/memory-file-system.ts'
import { JournalFixture, payloadOf, payloadsIn, settle } from './journal-fixture.ts'

const ROOMY = { segmentSizeBytes: 65_536 }

/** Notes what happens to segment files. */
function watched(fixture: JournalFixture): FileOperation[] {
  const operations: FileOperation[] = []
  fixture.fileSystem.fault = (operation) => {
    if (!operation.path.endsWith('checkpoint')) operations.push(operation)
    return null
  }
  return operations
}

const kinds = (operations: readonly FileOperation[]): string[] =>
  operations.map((operation) => operation.kind)

describe('appender: group commit', () => {
  it('writes and syncs once what is appended in one turn of the event loop', async () => {
    const fixture = new JournalFixture(ROOMY)
    const { journal } = await fixture.open()
    fixture.append(journal, [payloadOf(1)])
    await journal.sync()
    const operations = watched(fixture)
    for (let i = 0; i < 10; i++) fixture.append(journal, [payloadOf(i)])
    await journal.sync()
    assert.deepEqual(kinds(operations), ['write', 'syncData'])
    assert.equal(operations[0]!.length, 1400)
  })

  it('makes one group of everything that arrives while a sync runs', async () => {
    let hold: (() => void) | null = null
    let holding = false
    const fixture = new JournalFixture({
      ...ROOMY,
      turn: () => (holding ? new Promise((resolve) => (hold = resolve)) : Promise.resolve()),
    })
    const { journal } = await fixture.open()
    fixture.append(journal, [payloadOf(1)])
    await journal.sync()
    await settle()
    const operations = watched(fixture)
    fixture.append(journal, [payloadOf(2)])
    await journal.idle()
    holding = true
    await settle()
    for (let i = 3; i < 13; i++) fixture.append(journal, [payloadOf(i)])
    await settle()
    holding = false
    ;(hold as (() => void) | null)?.()
    await journal.sync()
    assert.deepEqual(kinds(operations), ['write', 'syncData', 'write', 'syncData'])
    assert.equal(fixture.synced, 12)
  })

  it('puts no more than 4 MB into one write, unless one batch is larger', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 16_000_000 })
    const { journal } = await fixture.open()
    const operations = watched(fixture)
    for (let i = 0; i < 6; i++) fixture.append(journal, [payloadOf(i, 1_500_000)])
    fixture.append(journal, [payloadOf(9, 6_000_000)])
    await journal.sync()
    const writes = operations.filter(({ kind, length }) => kind === 'write' && length > 1_048_576)
    assert.deepEqual(
      writes.map((write) => write.length),
      [3_000_080, 3_000_080, 3_000_080, 6_000_040],
    )
  })

  it('goes on where a short write stopped', async () => {
    const fixture = new JournalFixture()
    const { journal } = await fixture.open()
    fixture.fileSystem.fault = ({ kind, path, length }) =>
      kind === 'write' && !path.endsWith('checkpoint') ? { writes: Math.min(length, 333) } : null
    for (let i = 1; i <= 20; i++) fixture.append(journal, [payloadOf(i), payloadOf(i, 0)])
    await journal.sync()
    assert.equal((await payloadsIn(journal)).length, 40)
    fixture.crash(5)
    assert.equal((await fixture.open()).journal.tail.index, 40)
  })
})

describe('appender: background sync (mem modes)', () => {
  const policy = { backgroundMs: 200, backgroundBytes: 10_000 }

  it('reports written at once, and syncs after the time', async () => {
    const fixture = new JournalFixture({ policy })
    const { journal } = await fixture.open()
    fixture.append(journal, [payloadOf(1)])
    await journal.idle()
    assert.equal(fixture.written, 1)
    await settle()
    assert.equal(fixture.synced, 0)
    fixture.clock.advance(199)
    await settle()
    assert.equal(fixture.synced, 0)
    fixture.clock.advance(1)
    await settle()
    assert.equal(fixture.synced, 1)
  })

  it('syncs after the amount without waiting for the time', async () => {
    const fixture = new JournalFixture({ policy })
    const { journal } = await fixture.open()
    for (let i = 1; i <= 80; i++) fixture.append(journal, [payloadOf(i)])
    await settle()
    assert.equal(fixture.synced, 80)
  })

  it('plans another sync for what was written while one ran', async () => {
    const fixture = new JournalFixture({ policy })
    const { journal } = await fixture.open()
    for (let round = 1; round <= 5; round++) {
      fixture.append(journal, [payloadOf(round)])
      await journal.idle()
      fixture.clock.advance(200)
      fixture.append(journal, [payloadOf(round)])
      await settle()
      fixture.clock.advance(200)
      await settle()
      assert.equal(fixture.synced, 2 * round)
    }
  })

  it('lets the disk catch up when too much is unsynced', async () => {
    const policy = { backgroundMs: 200, backgroundBytes: 1 << 30 }
    const fixture = new JournalFixture({ policy, segmentSizeBytes: 4_000_000 })
    const { journal } = await fixture.open()
    const body = payloadOf(1, 3_500_000)
    for (let i = 0; i < 20; i++) {
      fixture.append(journal, [body])
      assert.ok(journal.queuedBytes > 0)
      await journal.idle()
    }
    assert.equal(journal.queuedBytes, 0)
    await settle()
    assert.ok(fixture.synced >= 19)
  })

  it('writes nothing more when it is closed in a hurry', async () => {
    const fixture = new JournalFixture({ policy })
    const { journal } = await fixture.open()
    fixture.append(journal, [payloadOf(1)])
    await journal.idle()
    fixture.append(journal, [payloadOf(2)])
    await journal.close({ clean: false })
    assert.throws(() => fixture.append(journal, [payloadOf(3)]))
    fixture.clock.advance(60_000)
    await settle()
    assert.deepEqual(fixture.fatal, [])
    assert.ok((await fixture.open()).journal.tail.index >= 1)
  })

  it('syncs at once when asked to', async () => {
    const fixture = new JournalFixture({ policy })
    const { journal } = await fixture.open()
    fixture.append(journal, [payloadOf(1)])
    await journal.sync()
    assert.equal(fixture.synced, 1)
  })
})

describe('appender: errors of the disk (R37)', () => {
  for (const kind of ['write', 'syncData'] as const) {
    it(`W13: reports a failed ${kind} once and acknowledges nothing after it`, async () => {
      const fixture = new JournalFixture()
      const { journal } = await fixture.open()
      fixture.append(journal, [payloadOf(1)])
      await journal.sync()
      await settle()
      let failures = 0
      fixture.fileSystem.fault = (operation) => {
        if (operation.kind !== kind || failures > 0) return null
        failures++
        return { errno: 'EIO' }
      }
      fixture.append(journal, [payloadOf(2)])
      fixture.append(journal, [payloadOf(3)])
      await assert.rejects(journal.sync())
      await settle()
      fixture.clock.advance(60_000)
      await settle()
      assert.equal(failures, 1)
      assert.deepEqual(
        fixture.fatal.map((error) => error.code),
        ['STORE_UNAVAILABLE'],
      )
      assert.equal(fixture.synced, 1)
      assert.throws(() => fixture.append(journal, [payloadOf(4)]), { code: 'STORE_UNAVAILABLE' })
      await assert.rejects(journal.idle())
      await journal.close({ clean: true })
      // Fsyncgate: what the failed sync lost is gone, and nobody was told otherwise.
      fixture.crash(1)
      const { journal: reopened, recovery } = await fixture.open()
      assert.equal(recovery.wasClean, false)
      assert.ok(reopened.tail.index >= 1)
    })
  }

  it('tells a full disk from a broken one', async () => {
    const fixture = new JournalFixture({ capacityBytes: 160_000, segmentSizeBytes: 1_000_000 })
    await assert.rejects(fixture.open(), { code: 'STORE_FULL' })
    const other = new JournalFixture({ segmentSizeBytes: 8_000 })
    const { journal } = await other.open()
    await settle()
    other.fileSystem.capacityBytes = 0
    for (let i = 1; i < 400; i++) {
      if (other.fatal.length > 0) break
      other.append(journal, [payloadOf(i)])
      await settle(2)
    }
    assert.deepEqual(
      other.fatal.map((error) => error.code),
      ['STORE_FULL'],
    )
    assert.ok(other.synced >= 57, 'what was allocated before could still be used')
  })

  it('does not survive an error while it cuts', async () => {
    const fixture = new JournalFixture()
    const { journal } = await fixture.open()
    for (let i = 1; i <= 5; i++) fixture.append(journal, [payloadOf(i)])
    await journal.sync()
    fixture.fileSystem.fault = ({ kind }) => (kind === 'truncate' ? { errno: 'EIO' } : null)
    await assert.rejects(journal.truncateAfter(2))
    assert.equal(fixture.fatal.length, 1)
    assert.throws(() => fixture.append(journal, [payloadOf(6)]))
  })
})
