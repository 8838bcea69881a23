import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '@quorate/core/base/errors'
import { CHECK_BYTES } from '../../../src/store/journal/checked-bytes.ts'
import type { Journal } from '../../../src/store/journal/journal.ts'
import { BatchBuilder, parseBatch } from '../../../src/store/journal/log-batch.ts'
import {
  DIRECTORY,
  JournalFixture,
  SEGMENT_BYTES,
  checkedPayloadOf,
  payloadOf,
  payloadsIn,
  settle,
} from './journal-fixture.ts'

async function filled(fixture: JournalFixture, count: number): Promise<Journal> {
  const { journal } = await fixture.open()
  for (let i = 1; i <= count; i++) fixture.append(journal, [payloadOf(i)])
  await journal.sync()
  return journal
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => payloadOf(from + i).toString('latin1'))

describe('journal: append and read', () => {
  it('reads back what was appended, over several segments', async () => {
    const fixture = new JournalFixture()
    const journal = await filled(fixture, 100)
    assert.equal(journal.tail.index, 100)
    assert.equal(journal.writtenIndex, 100)
    assert.equal(journal.syncedIndex, 100)
    assert.deepEqual(await payloadsIn(journal), numbers(1, 100))
  })

  it('reports what is written before what is synced, and in order', async () => {
    const fixture = new JournalFixture()
    const { journal } = await fixture.open()
    fixture.append(journal, [payloadOf(1), payloadOf(2)])
    assert.equal(fixture.written, 0)
    await journal.idle()
    assert.equal(fixture.written, 2)
    await journal.sync()
    assert.equal(fixture.synced, 2)
  })

  it('is idle when what was appended by then is written, however much follows', async () => {
    let appended = 0
    const fixture = new JournalFixture({ segmentSizeBytes: 1_000_000 })
    const { journal } = await fixture.open()
    const more = (): void => {
      if (appended++ < 500) fixture.append(journal, [payloadOf(appended)])
    }
    // Every report brings the next batch: the writer never rests.
    fixture.onSynced = more
    fixture.onWritten = more
    more()
    await journal.idle()
    assert.ok(journal.tail.index < 10, `${journal.tail.index} were written meanwhile`)
    await journal.sync()
    assert.ok(journal.tail.index < 100, `${journal.tail.index} were written meanwhile`)
  })

  it('reads at least one record, however large, and not beyond the limits', async () => {
    const fixture = new JournalFixture()
    const { journal } = await fixture.open()
    fixture.append(journal, [
      payloadOf(1, 3000),
      payloadOf(2, 50),
      payloadOf(3, 50),
      payloadOf(4, 50),
    ])
    await journal.sync()
    assert.equal((await journal.read(1, 1))?.lastIndex, 1)
    assert.equal((await journal.read(1, 3_140))?.lastIndex, 2)
    assert.equal((await journal.read(2, 10_000, 3))?.lastIndex, 3)
    assert.equal(await journal.read(5, 10_000), null)
    assert.equal(await journal.read(3, 10_000, 2), null)
  })

  it('gives a record larger than a segment one of its own', async () => {
    const fixture = new JournalFixture()
    const { journal } = await fixture.open()
    fixture.append(journal, [payloadOf(1), payloadOf(2, 3 * SEGMENT_BYTES), payloadOf(3)])
    await journal.sync()
    const names = (await fixture.fileSystem.list(DIRECTORY)).filter((name) => name.endsWith('.log'))
    assert.deepEqual(names.sort(), [
      '0000000000000000.log',
      '000000000000008c.log',
      '00000000000030b4.log',
    ])
    const second = await journal.read(2, 10)
    assert.equal(second?.byteLength, 3 * SEGMENT_BYTES + 40)
  })

  it('reads byte ranges in one call, in the order asked for', async () => {
    const fixture = new JournalFixture()
    const { journal } = await fixture.open()
    const ranges: { position: number; length: number }[] = []
    for (let i = 1; i <= 90; i++) {
      ranges.push({ position: journal.tail.position + 44, length: 96 })
      // A segment begins where the one before ended, so the sum holds across it.
      fixture.append(journal, [checkedPayloadOf(i)])
    }
    await journal.sync()
    const order = [7, 88, 3, 42, 41, 43, 0, 89]
    const bodies = await journal.readAt(order.map((i) => ranges[i]!))
    assert.deepEqual(
      bodies.map((body) => body.toString('latin1')),
      order.map((i) => checkedPayloadOf(i + 1).toString('latin1', CHECK_BYTES)),
    )
  })

  it('knows the point after every record, also in parts it never looked at', async () => {
    const fixture = new JournalFixture()
    const journal = await filled(fixture, 100)
    const points = [journal.origin]
    for (let i = 1; i <= 100; i++) points.push(await journal.pointAt(i))
    await journal.close({ clean: true })
    const reopened = (await fixture.open()).journal
    for (const index of [100, 0, 57, 1, 99, 30, 29]) {
      assert.deepEqual(await reopened.pointAt(index), points[index])
    }
  })

  it('answers for an epoch with the largest one below it and its end', async () => {
    const fixture = new JournalFixture()
    const { journal } = await fixture.open()
    assert.deepEqual(journal.endOfEpoch(9), { epoch: 0, lastIndex: 0 })
    fixture.append(journal, [payloadOf(1), payloadOf(2)], 2)
    fixture.append(journal, [payloadOf(3)], 5)
    fixture.append(journal, [payloadOf(4)], 9)
    assert.deepEqual(journal.endOfEpoch(1), { epoch: 0, lastIndex: 0 })
    assert.deepEqual(journal.endOfEpoch(2), { epoch: 2, lastIndex: 2 })
    assert.deepEqual(journal.endOfEpoch(4), { epoch: 2, lastIndex: 2 })
    assert.deepEqual(journal.endOfEpoch(8), { epoch: 5, lastIndex: 3 })
    assert.deepEqual(journal.endOfEpoch(9), { epoch: 9, lastIndex: 4 })
    assert.deepEqual(journal.endOfEpoch(99), { epoch: 9, lastIndex: 4 })
  })

  it('refuses a batch that does not continue the tail', async () => {
    const fixture = new JournalFixture()
    const { journal } = await fixture.open()
    const batch = fixture.append(journal, [payloadOf(1)])
    assert.throws(() => journal.append(batch), /continues the tail/)
  })
})

describe('journal: replicas', () => {
  it('leaves the same bytes in the same files however the batches were grouped', async () => {
    const leader = new JournalFixture()
    const follower = new JournalFixture({ segmentSizeBytes: 2 * SEGMENT_BYTES })
    const a = (await leader.open()).journal
    const b = (await follower.open()).journal
    const batches = Array.from({ length: 60 }, (_, i) => leader.append(a, [payloadOf(i, 10 * i)]))
    for (let i = 0; i < batches.length; i += 7) {
      const group = batches.slice(i, i + 7).flatMap((batch) => batch.chunks)
      b.append(parseBatch(group, b.tail))
    }
    assert.deepEqual(b.tail, a.tail)
    await a.close({ clean: true })
    await b.close({ clean: true })
    const names = (await leader.fileSystem.list(DIRECTORY)).filter((name) => name.endsWith('.log'))
    assert.ok(names.length > 3)
    for (const name of names) {
      const ours = leader.fileSystem.content(`${DIRECTORY}/${name}`)!
      const theirs = follower.fileSystem.content(`${DIRECTORY}/${name}`)!
      const shorter = Math.min(ours.length, theirs.length)
      assert.ok(ours.subarray(0, shorter).equals(theirs.subarray(0, shorter)), name)
      const rest = [...ours.subarray(shorter), ...theirs.subarray(shorter)]
      assert.ok(rest.every((byte) => byte === 0))
    }
  })

  it('can begin at a point inside the log of another replica (R38)', async () => {
    const fixture = new JournalFixture()
    const journal = await filled(fixture, 100)
    await journal.releaseBefore(60)
    assert.ok(journal.firstIndex > 1 && journal.firstIndex <= 60)
    const copy = new JournalFixture()
    const { journal: follower } = await copy.open({ origin: journal.origin })
    assert.deepEqual(follower.tail, journal.origin)
    for (let from = journal.firstIndex; from <= 100; from = follower.tail.index + 1) {
      follower.append((await journal.read(from, 1000))!)
    }
    await follower.close({ clean: true })
    const { journal: reopened } = await copy.open()
    assert.deepEqual(reopened.tail, journal.tail)
    assert.deepEqual(await payloadsIn(reopened), await payloadsIn(journal))
    assert.deepEqual(reopened.endOfEpoch(1), { epoch: 1, lastIndex: 100 })
  })
})

describe('journal: beginning again', () => {
  async function released(): Promise<Journal> {
    const journal = await filled(new JournalFixture(), 100)
    await journal.releaseBefore(60)
    return journal
  }

  it('drops all of it, and goes on behind a later point (R38)', async () => {
    const leader = await released()
    const behind = new JournalFixture()
    const journal = await filled(behind, 10)
    await journal.restartAt(leader.origin)
    assert.deepEqual(journal.tail, leader.origin)
    assert.deepEqual(
      [journal.writtenIndex, journal.syncedIndex],
      [journal.tail.index, journal.tail.index],
    )
    while (journal.tail.index < leader.tail.index) {
      journal.append((await leader.read(journal.tail.index + 1, 1000))!)
    }
    await journal.close({ clean: true })
    const { journal: reopened } = await behind.open()
    assert.deepEqual(await payloadsIn(reopened), await payloadsIn(leader))
    assert.deepEqual(reopened.origin, leader.origin)
  })

  it('is empty there when nothing was fetched before the next start', async () => {
    const leader = await released()
    const behind = new JournalFixture()
    const journal = await filled(behind, 10)
    await journal.restartAt(leader.origin)
    await journal.close({ clean: false })
    const { journal: reopened } = await behind.open()
    assert.deepEqual([reopened.origin, reopened.tail], [leader.origin, leader.origin])
    assert.deepEqual(await payloadsIn(reopened), [])
  })

  it('knows where its segments begin', async () => {
    const journal = await released()
    const { segments } = journal
    assert.deepEqual(segments[0], {
      firstIndex: journal.firstIndex,
      position: journal.startPosition,
    })
    assert.ok(segments.length > 1)
  })
})

describe('journal: opening again', () => {
  it('scans nothing after a clean close', async () => {
    const fixture = new JournalFixture()
    const journal = await filled(fixture, 100)
    const { tail, epochs } = journal
    await journal.close({ clean: true })
    const { journal: reopened, recovery } = await fixture.open()
    assert.equal(recovery.outcome, 'clean')
    assert.equal(recovery.wasClean, true)
    assert.equal(recovery.scannedBytes, 0)
    assert.deepEqual(reopened.tail, tail)
    assert.deepEqual(reopened.epochs, epochs)
    assert.deepEqual(await payloadsIn(reopened), numbers(1, 100))
  })

  it('scans from the last checkpoint after a kill, and syncs what it found', async () => {
    const fixture = new JournalFixture({ policy: { backgroundMs: 200, backgroundBytes: 1 << 24 } })
    const { journal } = await fixture.open()
    fixture.append(journal, [payloadOf(1), payloadOf(2)])
    await journal.sync()
    fixture.clock.advance(5_000)
    await settle()
    fixture.append(journal, [payloadOf(3)])
    await journal.idle()
    fixture.kill()
    const { journal: reopened, recovery } = await fixture.open()
    assert.equal(recovery.outcome, 'clean')
    assert.equal(recovery.scannedBytes, 140)
    assert.equal(reopened.syncedIndex, 3)
    // What was only in the page cache is on the medium now.
    fixture.crash(1)
    assert.deepEqual(await payloadsIn((await fixture.open()).journal), numbers(1, 3))
  })

  it('recovers the whole log when the checkpoint is lost or unreadable', async () => {
    const fixture = new JournalFixture()
    const journal = await filled(fixture, 80)
    await journal.close({ clean: true })
    await fixture.fileSystem.remove(`${DIRECTORY}/checkpoint`)
    const first = await fixture.open()
    assert.equal(first.recovery.checkpoint, 'absent')
    assert.deepEqual(await payloadsIn(first.journal), numbers(1, 80))
    await first.journal.close({ clean: true })
    for (const offset of [0, 1, 2, 3].map((copy) => copy * 64 * 1024 + 4)) {
      fixture.fileSystem.flip(`${DIRECTORY}/checkpoint`, offset, 1)
    }
    const second = await fixture.open()
    assert.equal(second.recovery.checkpoint, 'bad')
    assert.equal(second.recovery.outcome, 'clean')
    assert.deepEqual(await payloadsIn(second.journal), numbers(1, 80))
  })

  it('removes a segment that was begun and never written', async () => {
    const fixture = new JournalFixture()
    const journal = await filled(fixture, 3)
    const empty = `${DIRECTORY}/${journal.tail.position.toString(16).padStart(16, '0')}.log`
    await fixture.fileSystem.open(empty, 'create')
    fixture.kill()
    const { journal: reopened, recovery } = await fixture.open()
    assert.equal(recovery.outcome, 'clean')
    assert.equal(await fixture.fileSystem.size(empty), null)
    fixture.append(reopened, [payloadOf(4)])
    await reopened.sync()
    assert.deepEqual(await payloadsIn(reopened), numbers(1, 4))
  })
})

describe('journal: truncation (R16)', () => {
  it('W16: what is appended right after a cut is written, synced and reported anew', async () => {
    const fixture = new JournalFixture()
    const journal = await filled(fixture, 100)
    const point = await journal.truncateAfter(40)
    assert.equal(point.index, 40)
    assert.deepEqual(journal.tail, point)
    assert.equal(journal.writtenIndex, 40)
    assert.equal(journal.syncedIndex, 40)
    fixture.append(journal, [payloadOf(1041)], 2)
    assert.equal(journal.syncedIndex, 40)
    await journal.sync()
    assert.equal(fixture.synced, 41)
    const expected = [...numbers(1, 40), ...numbers(1041, 1041)]
    assert.deepEqual(await payloadsIn(journal), expected)
    assert.deepEqual(journal.epochs, [
      { epoch: 1, firstIndex: 1 },
      { epoch: 2, firstIndex: 41 },
    ])
    fixture.crash(7)
    const { journal: reopened, recovery } = await fixture.open()
    assert.equal(recovery.outcome, 'clean')
    assert.deepEqual(await payloadsIn(reopened), expected)
    assert.deepEqual(reopened.epochs, journal.epochs)
  })

  it('cuts at the start of a segment, in the first segment and to nothing', async () => {
    const fixture = new JournalFixture()
    const journal = await filled(fixture, 100)
    const segments = (await fixture.fileSystem.list(DIRECTORY)).filter((n) => n.endsWith('.log'))
    const boundary = Number.parseInt(segments.sort()[2]!.slice(0, 16), 16) / 140
    for (const index of [boundary, 1, 0]) {
      await journal.truncateAfter(index)
      assert.equal(journal.tail.index, index)
      assert.deepEqual(await payloadsIn(journal), numbers(1, index))
      fixture.append(journal, [payloadOf(index + 1)], journal.tail.epoch + 1)
      await journal.sync()
      assert.deepEqual(await payloadsIn(journal), numbers(1, index + 1))
      await journal.truncateAfter(index)
    }
  })

  it('waits for what is being written, and takes nothing meanwhile', async () => {
    const fixture = new JournalFixture()
    const { journal } = await fixture.open()
    const batch = fixture.append(journal, [payloadOf(1), payloadOf(2), payloadOf(3)])
    const cut = journal.truncateAfter(1)
    const next = new BatchBuilder({
      tail: batch.last,
      epoch: 1,
      segmentStart: 0,
      segmentSizeBytes: SEGMENT_BYTES,
    })
    next.add(1, payloadOf(4))
    assert.throws(() => journal.append(next.take()), /closes or cuts/)
    await cut
    assert.deepEqual(await payloadsIn(journal), numbers(1, 1))
  })

  it('keeps a copy of what it cut, and not more than four of them', async () => {
    const fixture = new JournalFixture()
    const journal = await filled(fixture, 60)
    for (let i = 0; i < 6; i++) await journal.truncateAfter(journal.tail.index - 1 - i)
    const names = (await fixture.fileSystem.list(`${DIRECTORY}/diverged`)).sort()
    assert.equal(names.length, 4)
    assert.match(names[3]!, /^00000006-/)
    const last = fixture.fileSystem.content(`${DIRECTORY}/diverged/${names[3]!}`)!
    // Six records were cut last: 34 to 39.
    assert.equal(last.length, 6 * 140)
    assert.equal(last.subarray(40, 140).toString('latin1'), numbers(40, 40)[0])
  })

  it('cuts also when the disk has no room for the copy, and leaves no half of one', async () => {
    const fixture = new JournalFixture()
    const journal = await filled(fixture, 60)
    fixture.fileSystem.fault = ({ kind, path }) =>
      kind === 'write' && path.includes('/diverged/') ? { errno: 'ENOSPC' } : null
    await journal.truncateAfter(40)
    fixture.crash(1)
    fixture.fileSystem.fault = () => null
    const { journal: again } = await fixture.open()
    assert.deepEqual(await payloadsIn(again), numbers(1, 40))
    assert.deepEqual(await fixture.fileSystem.list(`${DIRECTORY}/diverged`), [])
  })

  it('releases whole segments, and remembers where the log begins', async () => {
    const fixture = new JournalFixture()
    const journal = await filled(fixture, 100)
    await journal.releaseBefore(70)
    const { firstIndex } = journal
    assert.ok(firstIndex > 40 && firstIndex <= 70)
    await assert.rejects(
      journal.read(firstIndex - 1, 100),
      (error) => error instanceof BrokerError && error.code === 'RESOURCE_LIMIT',
    )
    assert.deepEqual(await payloadsIn(journal), numbers(firstIndex, 100))
    fixture.crash(3)
    const { journal: reopened, recovery } = await fixture.open()
    assert.equal(recovery.outcome, 'clean')
    assert.equal(reopened.firstIndex, firstIndex)
    assert.deepEqual(await payloadsIn(reopened), numbers(firstIndex, 100))
  })
})
