import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '@quorate/core/base/errors'
import { DIVERGED_FILES_MAX } from '../../../src/store/journal/diverged-store.ts'
import type { Journal } from '../../../src/store/journal/journal.ts'
import { DIRECTORY, JournalFixture, payloadOf, payloadsIn, settle } from './journal-fixture.ts'

const FIRST = `${DIRECTORY}/0000000000000000.log`
const RECORD = 60

/** Records 1 to `count` of 60 bytes each, all synced; a checkpoint after `checkpointAt` of them. */
async function filled(fixture: JournalFixture, count: number, checkpointAt = 0): Promise<Journal> {
  const { journal } = await fixture.open()
  for (let i = 1; i <= count; i++) {
    fixture.append(journal, [payloadOf(i, RECORD - 40)])
    if (i !== checkpointAt) continue
    await journal.sync()
    fixture.clock.advance(5_000)
    await settle(3)
  }
  await journal.sync()
  fixture.kill()
  return journal
}

const texts = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => payloadOf(from + i, 20).toString('latin1'))

async function fillWith(
  fixture: JournalFixture,
  { path, from, to, byte }: { path: string; from: number; to: number; byte: number },
): Promise<void> {
  const file = await fixture.fileSystem.open(path, 'write')
  if (to > from) await file.write([Buffer.alloc(to - from, byte)], from)
  await file.close()
}

async function contents(fixture: JournalFixture): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const name of await fixture.fileSystem.list(DIRECTORY)) {
    const content = fixture.fileSystem.content(`${DIRECTORY}/${name}`)
    if (content !== null) found.set(name, content.toString('latin1'))
  }
  return found
}

describe('recovery: torn tails', () => {
  it('W15: cuts a last record torn at any byte by a loss of power, whatever follows', async () => {
    for (const byte of [0, 0x51]) {
      for (let written = 0; written < RECORD; written++) {
        const fixture = new JournalFixture()
        await filled(fixture, 3)
        const from = 2 * RECORD + written
        await fillWith(fixture, { path: FIRST, from, to: 3 * RECORD, byte })
        const { journal, recovery } = await fixture.open({ powerLost: true })
        const zeroes = byte === 0 && written === 0
        assert.equal(recovery.outcome, zeroes ? 'clean' : 'tornTail', `at byte ${written}`)
        assert.equal(recovery.cutBytes > 0, !zeroes)
        assert.equal(journal.tail.index, 2)
        assert.equal(recovery.corruptRange, null)
        fixture.append(journal, [payloadOf(3, 20), payloadOf(4, 20)])
        await journal.sync()
        fixture.crash(written)
        const again = await fixture.open()
        assert.equal(again.recovery.outcome, 'clean')
        assert.deepEqual(await payloadsIn(again.journal), texts(1, 4))
      }
    }
  })

  it('cuts a record that a killed process wrote some pages of', async () => {
    for (const pages of [1, 2, 3]) {
      const fixture = new JournalFixture({ segmentSizeBytes: 1 << 20 })
      const { journal } = await fixture.open()
      fixture.append(journal, [payloadOf(1, 20), payloadOf(2, 12_000)])
      await journal.sync()
      fixture.kill()
      await fillWith(fixture, { path: FIRST, from: pages * 4096, to: 100 + 12_000, byte: 0 })
      const { journal: reopened, recovery } = await fixture.open()
      const isWhole = pages === 3
      assert.equal(recovery.outcome, isWhole ? 'clean' : 'tornTail')
      assert.equal(reopened.tail.index, isWhole ? 2 : 1)
    }
  })

  it('suspects damage in a last record whose end is there: no kill explains it (R32)', async () => {
    for (const at of [2 * RECORD + 7, 2 * RECORD + 45, 3 * RECORD - 1]) {
      for (const powerLost of [false, true]) {
        const fixture = new JournalFixture()
        await filled(fixture, 3)
        fixture.fileSystem.flip(FIRST, at, 1)
        const { journal, recovery } = await fixture.open({ powerLost })
        assert.equal(recovery.outcome, powerLost ? 'tornTail' : 'corrupt', `byte ${at}`)
        assert.equal(journal.tail.index, 2)
      }
    }
  })

  it('suspects a last record whose header has become zeros while its payload is there', async () => {
    for (const [from, to] of [
      [60, 100],
      [512, 1024],
    ] as const) {
      const fixture = new JournalFixture({ segmentSizeBytes: 1 << 20 })
      const { journal } = await fixture.open()
      fixture.append(journal, [payloadOf(1, from === 512 ? 472 : 20), payloadOf(2, 2000)])
      await journal.sync()
      fixture.kill()
      await fillWith(fixture, { path: FIRST, from, to, byte: 0 })
      const { recovery } = await fixture.open()
      assert.equal(recovery.outcome, 'corrupt', `zeros from ${from}`)
    }
  })

  it('cuts a torn record of most of a segment, and the empty segment behind it', async () => {
    const fixture = new JournalFixture()
    const { journal } = await fixture.open()
    fixture.append(journal, [payloadOf(1, 20), payloadOf(2, 3940), payloadOf(3, 20)])
    await journal.sync()
    assert.equal(journal.segmentStart, 4040)
    fixture.kill()
    // Nothing was acknowledged: had the machine stopped before the sync, there would be none.
    await fixture.fileSystem.remove(`${DIRECTORY}/checkpoint`)
    await fillWith(fixture, { path: FIRST, from: 2000, to: 4040, byte: 0 })
    const second = `${DIRECTORY}/0000000000000fc8.log`
    await fillWith(fixture, { path: second, from: 0, to: 60, byte: 0 })
    const { journal: reopened, recovery } = await fixture.open({ powerLost: true })
    assert.equal(recovery.outcome, 'tornTail')
    assert.equal(reopened.tail.index, 1)
    assert.equal(await fixture.fileSystem.size(second), null)
    assert.equal(reopened.segmentStart, 0)
  })
})

describe('recovery: holes above the checkpoint (R32)', () => {
  for (const [what, at] of [
    ['header', 2 * RECORD],
    ['payload', 2 * RECORD + 45],
  ] as const) {
    const withHole = async (): Promise<JournalFixture> => {
      const fixture = new JournalFixture()
      await filled(fixture, 6)
      await fillWith(fixture, { path: FIRST, from: at, to: at + 10, byte: 0 })
      return fixture
    }

    it(`cuts behind a ${what} that a loss of power has left out of a group`, async () => {
      const fixture = await withHole()
      const { journal, recovery } = await fixture.open({ powerLost: true })
      assert.equal(recovery.outcome, 'tornTail')
      assert.equal(recovery.cutBytes, 4 * RECORD)
      assert.deepEqual(await payloadsIn(journal), texts(1, 2))
      fixture.append(journal, [payloadOf(3, 20)])
      await journal.sync()
      fixture.crash(1)
      const again = await fixture.open({ powerLost: true })
      assert.equal(again.recovery.outcome, 'clean')
      assert.deepEqual(await payloadsIn(again.journal), texts(1, 3))
    })

    it(`calls the same ${what} corrupt when the machine ran on`, async () => {
      const { recovery } = await (await withHole()).open()
      assert.equal(recovery.outcome, 'corrupt')
      assert.equal(recovery.corruptRange?.fromIndex, 3)
    })
  }

  it('calls a hole below the checkpoint corrupt also after a loss of power', async () => {
    const fixture = new JournalFixture()
    await filled(fixture, 6, 5)
    const file = await fixture.fileSystem.open(FIRST, 'write')
    await file.truncate(4 * RECORD)
    const { recovery } = await fixture.open({ powerLost: true })
    assert.equal(recovery.outcome, 'corrupt')
    assert.equal(recovery.corruptRange?.fromIndex, 5)
  })
})

describe('recovery: corruption (R32)', () => {
  it('W14: never cuts a synced record with a byte flipped, and says where it is', async () => {
    for (const checkpointAt of [0, 5]) {
      for (let byte = 0; byte < RECORD; byte++) {
        const fixture = new JournalFixture()
        await filled(fixture, 6, checkpointAt)
        fixture.fileSystem.flip(FIRST, RECORD + byte, 1 << (byte % 8))
        // Below a checkpoint nothing is read at start: reading finds it (and the scrubber).
        if (checkpointAt > 0) {
          const { journal, recovery } = await fixture.open()
          assert.equal(recovery.outcome, 'clean')
          await assert.rejects(journal.read(2, 10), isCorruptAt(RECORD, 2))
          continue
        }
        const before = await contents(fixture)
        const { journal, recovery } = await fixture.open()
        assert.equal(recovery.outcome, 'corrupt', `byte ${byte}`)
        assert.deepEqual(recovery.corruptRange, {
          fromIndex: 2,
          file: '0000000000000000.log',
          offset: RECORD,
        })
        assert.deepEqual(await contents(fixture), before)
        assert.equal(journal.tail.index, 1)
        assert.deepEqual(journal.corrupt, recovery.corruptRange)
      }
    }
  })

  it('never cuts the last record when a checkpoint says that it was synced', async () => {
    for (let byte = 0; byte < RECORD; byte++) {
      const fixture = new JournalFixture()
      await filled(fixture, 3, 3)
      // Behind the checkpoint, so that the scan begins there and finds nothing: all is well.
      assert.equal((await fixture.open()).recovery.outcome, 'clean')
      fixture.kill()
      // Without the bytes the checkpoint speaks of, everything is scanned.
      const file = await fixture.fileSystem.open(FIRST, 'write')
      await file.truncate(2 * RECORD + byte)
      const { journal, recovery } = await fixture.open()
      assert.equal(recovery.outcome, 'corrupt')
      assert.equal(recovery.corruptRange?.fromIndex, 3)
      assert.equal(journal.tail.index, 2)
    }
  })

  it('reports a whole segment that is missing or zeroed, wherever it was', async () => {
    for (const how of ['missing', 'zeroed', 'empty']) {
      for (const which of [0, 1, 2]) {
        const fixture = new JournalFixture({ segmentSizeBytes: 600 })
        await filled(fixture, 30, 30)
        const names = [...(await contents(fixture)).keys()].filter((n) => n.endsWith('.log')).sort()
        const path = `${DIRECTORY}/${names[which]!}`
        if (how === 'missing') await fixture.fileSystem.remove(path)
        else if (how === 'zeroed') await fillWith(fixture, { path, from: 0, to: 600, byte: 0 })
        else await (await fixture.fileSystem.open(path, 'write')).truncate(0)
        const { journal, recovery } = await fixture.open()
        // Below a checkpoint, only the first header of a segment is read at start, and not that of
        // the very first; the last segment is synced up to its end here.
        if (how === 'zeroed' && which === 0) {
          await assert.rejects(payloadsIn(journal), isCorrupt)
          continue
        }
        assert.equal(recovery.outcome, 'corrupt', `${how} ${which}`)
        assert.equal(recovery.corruptRange?.fromIndex, which * 10 + 1)
        if (how === 'missing' && which < 2) {
          assert.equal(recovery.because, 'a segment is missing')
          const place = { fromIndex: which * 10 + 1, file: names[which], offset: 0 }
          assert.deepEqual(recovery.corruptRange, place)
        }
        assert.deepEqual(await payloadsIn(journal), texts(1, which * 10))
      }
    }
  })

  it('finds a segment that is the copy of another one, below a checkpoint', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 600 })
    await filled(fixture, 30, 30)
    const names = [...(await contents(fixture)).keys()].filter((n) => n.endsWith('.log')).sort()
    const [first, second] = names.map((name) => `${DIRECTORY}/${name}`)
    const content = fixture.fileSystem.content(first!)!
    const file = await fixture.fileSystem.open(second!, 'write')
    await file.write([content], 0)
    await file.close()
    const { journal, recovery } = await fixture.open()
    assert.equal(recovery.outcome, 'corrupt')
    assert.deepEqual(recovery.corruptRange, { fromIndex: 11, file: names[1], offset: 0 })
    assert.deepEqual(await payloadsIn(journal), texts(1, 10))
  })

  it('takes nothing until it is repaired, and stays corrupt over restarts', async () => {
    const fixture = new JournalFixture()
    await filled(fixture, 30)
    fixture.fileSystem.flip(FIRST, 3 * RECORD + 50, 4)
    for (let i = 0; i < 3; i++) {
      const { journal, recovery } = await fixture.open()
      assert.equal(recovery.outcome, 'corrupt')
      assert.equal(recovery.corruptRange?.fromIndex, 4)
      assert.throws(() => fixture.append(journal, [payloadOf(4)]), /before its repair/)
      await journal.close({ clean: true })
    }
  })

  it('cannot open without its first record and without a checkpoint', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 600 })
    const { journal } = await fixture.open()
    for (let i = 1; i <= 30; i++) fixture.append(journal, [payloadOf(i, 20)])
    await journal.sync()
    await journal.releaseBefore(15)
    assert.equal(journal.firstIndex, 11)
    fixture.kill()
    await fixture.fileSystem.remove(`${DIRECTORY}/checkpoint`)
    const { journal: found } = await fixture.open()
    assert.equal(found.firstIndex, 11)
    assert.deepEqual(await payloadsIn(found), texts(11, 30))
    fixture.kill()
    await fixture.fileSystem.remove(`${DIRECTORY}/checkpoint`)
    fixture.fileSystem.flip(`${DIRECTORY}/0000000000000258.log`, 20, 1)
    await assert.rejects(fixture.open(), { code: 'JOURNAL_CORRUPT' })
  })

  it('repair moves the remainder aside, and the records can be appended again', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 600 })
    await filled(fixture, 30)
    await fixture.fileSystem.remove(`${DIRECTORY}/checkpoint`)
    fixture.fileSystem.flip(`${DIRECTORY}/0000000000000258.log`, 5 * RECORD + 50, 4)
    const { journal, recovery } = await fixture.open()
    assert.equal(recovery.outcome, 'corrupt')
    const tail = await journal.repair(16)
    assert.equal(tail.index, 15)
    assert.equal(journal.corrupt, null)
    const kept = await fixture.fileSystem.list(`${DIRECTORY}/diverged`)
    const copies = kept.map((name) => fixture.fileSystem.content(`${DIRECTORY}/diverged/${name}`)!)
    assert.ok(Buffer.concat(copies).includes(payloadOf(30, 20)), 'the last record is kept')
    for (let i = 16; i <= 40; i++) fixture.append(journal, [payloadOf(i, 20)])
    await journal.sync()
    fixture.crash(11)
    const again = await fixture.open()
    assert.equal(again.recovery.outcome, 'clean')
    assert.deepEqual(await payloadsIn(again.journal), texts(1, 40))
  })

  it('puts all aside that nobody else has, and drops nothing of earlier cuts', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 600 })
    await filled(fixture, 30)
    const before = await contents(fixture)
    const aside = (): Promise<string[]> => fixture.fileSystem.list(`${DIRECTORY}/diverged`)
    for (let round = 1; round <= 6; round++) {
      const { journal } = await fixture.open({ isAlone: true })
      await journal.repair(6)
      for (let i = 6; i <= 30; i++) fixture.append(journal, [payloadOf(i, 20)])
      await journal.sync()
      await journal.close({ clean: true })
      assert.equal((await aside()).length, round * 3, 'two whole files and the rest of one')
    }
    const [rest = '', third = '', second = ''] = (await aside())
      .sort()
      .map((name) => fixture.fileSystem.content(`${DIRECTORY}/diverged/${name}`)!)
      .map((content) => content.toString('latin1'))
    const files = [...before].filter(([name]) => name.endsWith('.log')).sort()
    const [was1 = '', was2 = '', was3 = ''] = files.map(([, content]) => content)
    // The last one first: a crash on the way leaves no hole.
    assert.deepEqual([rest, second], [was1.slice(5 * RECORD), was2])
    assert.ok(was3.startsWith(third.slice(0, 10 * RECORD)))
  })

  it('puts all aside where others have it, until they are known to (R35)', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 600 })
    await filled(fixture, 120)
    const { journal } = await fixture.open()
    const files = [...(await contents(fixture)).keys()].filter((name) => name.endsWith('.log'))
    const aside = (): Promise<string[]> => fixture.fileSystem.list(`${DIRECTORY}/diverged`)
    await journal.repair(6)
    const all = (await aside()).sort()
    assert.equal(all.length, files.length, 'whole files, and the rest of one')
    await journal.pruneDiverged()
    assert.deepEqual((await aside()).sort(), all.slice(-DIVERGED_FILES_MAX))
  })

  it('keeps what there is room for, and goes ahead, where others have it', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 600 })
    await filled(fixture, 30)
    const { journal } = await fixture.open()
    fixture.fileSystem.fault = ({ kind, path }) =>
      kind === 'write' && path.includes('/diverged/') ? { errno: 'ENOSPC' } : null
    await journal.repair(6)
    assert.equal(journal.tail.index, 5)
    assert.equal((await fixture.fileSystem.list(`${DIRECTORY}/diverged`)).length, 2)
  })

  it('repairs also below the tail, where a read has found damage', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 600 })
    await filled(fixture, 30, 30)
    fixture.fileSystem.flip(FIRST, 6 * RECORD + 45, 4)
    const { journal } = await fixture.open()
    await assert.rejects(journal.read(7, 100), isCorruptAt(6 * RECORD, 7))
    await journal.repair(7)
    for (let i = 7; i <= 20; i++) fixture.append(journal, [payloadOf(i, 20)])
    await journal.sync()
    assert.deepEqual(await payloadsIn(journal), texts(1, 20))
  })

  it('writes again what a failed sync left in the page cache only, before it counts (R37)', async () => {
    const fixture = new JournalFixture()
    const { journal } = await fixture.open()
    fixture.append(journal, [payloadOf(1)])
    await journal.sync()
    fixture.fileSystem.fault = ({ kind }) => (kind === 'syncData' ? { errno: 'EIO' } : null)
    fixture.append(journal, [payloadOf(2)])
    await assert.rejects(journal.sync())
    fixture.kill()
    fixture.fileSystem.fault = () => null
    const again = await fixture.open()
    assert.equal(again.journal.syncedIndex, 2)
    // Whatever is said to be synced survives the next loss of power.
    for (let seed = 1; seed <= 20; seed++) {
      fixture.crash(seed)
      const { journal: last } = await fixture.open()
      assert.deepEqual(await payloadsIn(last), [payloadOf(1), payloadOf(2)].map(String))
    }
  })
})

function isCorrupt(error: unknown): boolean {
  return error instanceof BrokerError && error.code === 'JOURNAL_CORRUPT'
}

function isCorruptAt(offset: number, fromIndex: number) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof BrokerError && error.code === 'JOURNAL_CORRUPT')
    assert.deepEqual(error.details, { file: '0000000000000000.log', offset, fromIndex })
    return true
  }
}
