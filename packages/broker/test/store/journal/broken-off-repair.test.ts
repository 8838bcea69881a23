import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DIRECTORY, JournalFixture, payloadOf } from './journal-fixture.ts'

const FIRST = `${DIRECTORY}/0000000000000000.log`
const DIVERGED = `${DIRECTORY}/diverged`
const RECORD = 60

/** Records 1 to 30, all synced and remembered as such, and the sixth is damaged. */
async function damaged(): Promise<JournalFixture> {
  const fixture = new JournalFixture({ segmentSizeBytes: 600 })
  const { journal } = await fixture.open()
  for (let i = 1; i <= 30; i++) fixture.append(journal, [payloadOf(i, 20)])
  await journal.sync()
  await journal.close({ clean: true })
  fixture.fileSystem.flip(FIRST, 5 * RECORD + 45, 4)
  return fixture
}

/** Of all files of the log, and of what was put aside. */
async function everything({ fileSystem }: JournalFixture): Promise<string> {
  const names = (await fileSystem.list(DIRECTORY)).filter((name) => name.endsWith('.log'))
  const aside = await fileSystem.list(DIVERGED)
  const paths = [
    ...names.map((name) => `${DIRECTORY}/${name}`),
    ...aside.map((name) => `${DIVERGED}/${name}`),
  ]
  return paths.map((path) => fileSystem.content(path)?.toString('latin1') ?? '').join('')
}

describe('a repair that is broken off, where nobody else has the log', () => {
  for (const errno of ['ENOSPC', 'EIO'] as const) {
    for (const kind of ['open', 'write', 'rename'] as const) {
      for (const powerLost of [false, true]) {
        const then = powerLost ? 'a loss of power' : 'a kill'
        it(`deletes nothing: ${errno} of a ${kind}, and ${then}`, async () => {
          const fixture = await damaged()
          const first = await fixture.open({ isAlone: true })
          fixture.fileSystem.fault = (operation) =>
            operation.kind === kind && /diverged|log$/.test(operation.path) ? { errno } : null
          await assert.rejects(first.journal.repair(6))
          if (powerLost) fixture.crash(1)
          else fixture.kill()
          fixture.fileSystem.fault = () => null
          const second = await fixture.open({ isAlone: true, powerLost })
          // The caller has remembered where the damage is, and begins once more.
          await second.journal.repair(6)
          assert.equal(second.journal.tail.index, 5)
          const text = await everything(fixture)
          for (let i = 7; i <= 30; i++) {
            assert.ok(text.includes(payloadOf(i, 20).toString('latin1')), `record ${i} is gone`)
          }
        })
      }
    }
  }
})
