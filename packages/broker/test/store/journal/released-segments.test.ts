import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { DIRECTORY, JournalFixture, payloadOf } from './journal-fixture.ts'

const FIRST = `${DIRECTORY}/0000000000000000.log`
/** The eleventh record of sixty bytes begins the second segment of six hundred. */
const SECOND = `${DIRECTORY}/0000000000000258.log`

describe('segments that were released as the process died', () => {
  it('are removed with the repair of a damaged log, where the start changes nothing', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 600 })
    const { journal } = await fixture.open()
    for (let i = 1; i <= 30; i++) fixture.append(journal, [payloadOf(i, 20)])
    await journal.sync()
    fixture.fileSystem.fault = ({ kind, path }) =>
      kind === 'remove' && path === FIRST ? { errno: 'EIO' } : null
    await assert.rejects(journal.releaseBefore(15))
    fixture.kill()
    fixture.fileSystem.fault = () => null
    fixture.fileSystem.cutShort(SECOND, 0)
    const again = await fixture.open()
    assert.deepEqual(again.recovery.corruptRange?.fromIndex, 11)
    assert.ok(
      (await fixture.fileSystem.list(DIRECTORY)).includes(FIRST.slice(DIRECTORY.length + 1)),
    )
    await again.journal.repair(11)
    const files = (await fixture.fileSystem.list(DIRECTORY)).filter((name) => name.endsWith('.log'))
    assert.deepEqual(files, [])
    assert.equal(again.journal.tail.index, 10)
  })
})

describe('segments that are to be released', () => {
  for (const meanwhile of ['a cut', 'the end'] as const) {
    it(`stay for now when ${meanwhile} begins as the new start is noted`, async () => {
      const fixture = new JournalFixture({ segmentSizeBytes: 600 })
      let noted = (): void => undefined
      const noting = new Promise<void>((resolve) => (noted = resolve))
      const originWitness = { latestOrigin: null, remember: () => noting }
      const { journal } = await fixture.open({ originWitness })
      for (let i = 1; i <= 30; i++) fixture.append(journal, [payloadOf(i, 20)])
      await journal.sync()
      const released = journal.releaseBefore(25)
      await setImmediate()
      const change =
        meanwhile === 'a cut' ? journal.truncateAfter(0) : journal.close({ clean: true })
      await setImmediate()
      noted()
      await Promise.all([released, change])
      assert.equal(journal.firstIndex, 1)
      if (meanwhile === 'a cut') assert.equal(journal.tail.index, 0)
      else assert.equal((await fixture.open()).recovery.wasClean, true)
    })
  }

  it('may be gone already: nobody needs them any more', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 600 })
    const { journal } = await fixture.open()
    for (let i = 1; i <= 30; i++) fixture.append(journal, [payloadOf(i, 20)])
    await journal.sync()
    await fixture.fileSystem.remove(FIRST)
    await journal.releaseBefore(25)
    assert.equal(journal.firstIndex, 21)
    assert.deepEqual(fixture.fatal, [])
  })
})
