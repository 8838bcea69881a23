import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { randomNumbers } from '@quorate/core/base/random-numbers'
import { MEM_SYNC, SYNC_BESIDE_WRITES } from '../../../src/store/journal/appender.ts'
import type { SyncPolicy } from '../../../src/store/journal/appender.ts'
import type { LogBatch } from '../../../src/store/journal/log-batch.ts'
import { DIRECTORY, JournalFixture, payloadOf } from './journal-fixture.ts'

const policies: Readonly<Record<string, SyncPolicy>> = {
  'in group commit': 'always',
  'beside the writing': SYNC_BESIDE_WRITES,
  'in the background': { ...MEM_SYNC, backgroundBytes: 1_000 },
}
const TURNS_MAX = 8
const BATCHES = 30

/** Each operation on a file takes some turns of the event loop, more or less than the others. */
function unevenTurns(seed: number): () => Promise<void> {
  const random = randomNumbers(seed)
  return async () => {
    for (let turns = Math.floor(random() * TURNS_MAX); turns > 0; turns--) await setImmediate()
  }
}

/** Whether every byte before the end of record `index` would survive a loss of power. */
function isDurable(fixture: JournalFixture, batches: readonly LogBatch[], index: number): boolean {
  const end = batches.find(({ lastIndex }) => lastIndex === index)?.last.position ?? 0
  const starts = batches.flatMap(({ segmentStarts }) =>
    segmentStarts.map((start) => start.position),
  )
  return starts.every((start, at) => {
    if (start >= end) return true
    const path = `${DIRECTORY}/${start.toString(16).padStart(16, '0')}.log`
    return fixture.fileSystem.isDurable(path, 0, Math.min(end, starts[at + 1] ?? end) - start)
  })
}

describe('appender: what is reported as synced is on the medium, however long operations take', () => {
  for (const [name, policy] of Object.entries(policies)) {
    it(name, async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1 }), async (seed) => {
          const random = randomNumbers(seed)
          const fixture = new JournalFixture({ policy, turn: unevenTurns(seed) })
          const { journal } = await fixture.open()
          const batches: LogBatch[] = []
          const wrong: number[] = []
          fixture.onSynced = () => {
            if (!isDurable(fixture, batches, fixture.synced)) wrong.push(fixture.synced)
          }
          for (let i = 0; i < BATCHES; i++) {
            batches.push(fixture.append(journal, [payloadOf(i, Math.floor(random() * 900))]))
            if (random() < 0.1) void journal.sync()
            await unevenTurns(seed + i)()
          }
          await journal.sync()
          assert.deepEqual(wrong, [])
          assert.equal(fixture.synced, BATCHES)
        }),
        { numRuns: 60 },
      )
    })
  }
})
