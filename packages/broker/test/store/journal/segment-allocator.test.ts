import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DIRECTORY, JournalFixture, payloadOf, payloadsIn, settle } from './journal-fixture.ts'

const SPARE = `${DIRECTORY}/next.spare`
const FIRST = `${DIRECTORY}/0000000000000000.log`

describe('segment allocator', () => {
  it('fills the first segment before anything is written', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 3_000_000 })
    const { journal } = await fixture.open()
    assert.equal(await fixture.fileSystem.size(SPARE), 3_000_000)
    assert.equal(journal.headroomBytes, 3_000_000)
    fixture.append(journal, [payloadOf(1)])
    await journal.sync()
    assert.equal(await fixture.fileSystem.size(FIRST), 3_000_000)
    assert.equal(journal.headroomBytes, 3_000_000 - 140)
  })

  it('fills a large first segment in the background', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 10_000_000 })
    await fixture.open()
    const filledAtOpen = (await fixture.fileSystem.size(SPARE)) ?? 0
    assert.ok(filledAtOpen >= 4 * 1024 * 1024 && filledAtOpen < 10_000_000)
    await settle()
    assert.equal(await fixture.fileSystem.size(SPARE), 10_000_000)
  })

  it('prepares the next segment once an eighth of the current one is used', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 8_000 })
    const { journal } = await fixture.open()
    fixture.append(journal, [payloadOf(1, 900)])
    await journal.sync()
    await settle()
    assert.equal(await fixture.fileSystem.size(SPARE), null)
    fixture.append(journal, [payloadOf(2, 100)])
    await journal.sync()
    await settle()
    assert.equal(await fixture.fileSystem.size(SPARE), 8_000)
  })

  it('writes on without zeros when it is faster than they are', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 2_000 })
    const { journal } = await fixture.open()
    for (let i = 1; i <= 200; i++) fixture.append(journal, [payloadOf(i)])
    await journal.sync()
    fixture.crash(4)
    const reopened = (await fixture.open()).journal
    assert.equal((await payloadsIn(reopened)).length, 200)
  })

  it('never lets zeros overtake records, however the disk is timed', async () => {
    let random = 1
    const turn = async (): Promise<void> => {
      random = (random * 48271) % 2147483647
      for (let i = random % 5; i > 0; i--) await Promise.resolve()
    }
    const fixture = new JournalFixture({ segmentSizeBytes: 5 * 1024 * 1024, turn })
    const { journal } = await fixture.open()
    for (let i = 1; i <= 150; i++) {
      fixture.append(journal, [payloadOf(i, 200_000)])
      if (i % 3 === 0) await journal.idle()
    }
    await journal.sync()
    await settle()
    const found = await payloadsIn(journal)
    assert.equal(found.length, 150)
    found.forEach((text, i) => assert.ok(text.startsWith(`<${i + 1}>`)))
  })

  it('trims the zeros of a full segment', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 1_000 })
    const { journal } = await fixture.open()
    for (let i = 1; i <= 8; i++) fixture.append(journal, [payloadOf(i)])
    await journal.sync()
    assert.equal(await fixture.fileSystem.size(FIRST), 980)
  })

  it('removes a spare that it finds, and its own when it closes', async () => {
    const fixture = new JournalFixture()
    await fixture.fileSystem.makeDirectory(DIRECTORY)
    const file = await fixture.fileSystem.open(SPARE, 'create')
    await file.write([Buffer.from('not zeros')], 0)
    const { journal } = await fixture.open()
    assert.ok(fixture.fileSystem.content(SPARE)!.every((byte) => byte === 0))
    await journal.close({ clean: true })
    assert.equal(await fixture.fileSystem.size(SPARE), null)
  })

  it('warns of a full disk while there is head-room, and tells when it is over', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 8_000 })
    const { journal } = await fixture.open()
    await settle()
    const before = fixture.fileSystem.capacityBytes
    fixture.fileSystem.capacityBytes = 0
    fixture.append(journal, [payloadOf(1, 2_000)])
    await journal.sync()
    await settle()
    assert.deepEqual(fixture.spaceLow, [true])
    assert.equal(fixture.fatal.length, 0)
    assert.equal(journal.headroomBytes, 8_000 - 2_040)
    fixture.clock.advance(5_000)
    await settle()
    assert.deepEqual(fixture.spaceLow, [true])
    fixture.fileSystem.capacityBytes = before
    fixture.clock.advance(5_000)
    await settle()
    assert.deepEqual(fixture.spaceLow, [true, false])
    assert.equal(journal.headroomBytes, 2 * 8_000 - 2_040)
  })

  it('takes no zeros from what has to stay free, and goes on without them', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 8_000 })
    const { journal } = await fixture.open({ mayPrepare: (bytes) => bytes < 8_000 })
    await settle()
    fixture.append(journal, [payloadOf(1, 2_000)])
    await journal.sync()
    await settle()
    assert.deepEqual(fixture.spaceLow, [true])
    assert.equal(journal.headroomBytes, 8_000 - 2_040)
    for (let i = 2; i <= 9; i++) fixture.append(journal, [payloadOf(i, 2_000)])
    await journal.sync()
    assert.equal((await payloadsIn(journal)).length, 9)
    assert.equal(fixture.fatal.length, 0)
  })

  it('ends the journal when zeros cannot be written for another reason', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 8_000 })
    const { journal } = await fixture.open()
    await settle()
    fixture.fileSystem.fault = ({ kind, path }) =>
      kind === 'write' && path === SPARE ? { errno: 'EIO' } : null
    fixture.append(journal, [payloadOf(1, 2_000)])
    await settle()
    assert.equal(fixture.fatal.length, 1)
  })
})
