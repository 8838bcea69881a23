import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { randomNumbers } from '@quorate/core/base/random-numbers'
import { MemoryFileSystem } from '@quorate/broker/store/journal/memory-file-system'
import { EMPTY_IMAGE, ImageFileSystem } from './disk-image.ts'
import { Explorer } from './explorer.ts'
import type { JournalDuty } from './journal-subject.ts'
import { JournalRun, JournalSubject } from './journal-subject.ts'
import { journalWorkloads } from './journal-workloads.ts'
import { RecordingFileSystem } from './recording-file-system.ts'
import { Trace } from './trace.ts'

describe('crash points of the journal', () => {
  for (const [seed, workload] of journalWorkloads.entries()) {
    it(`${workload.name}: every crash is recovered from`, async (t) => {
      const trace = new Trace<JournalDuty>()
      const inner = new MemoryFileSystem({ turn: turnsBySeed(seed) })
      const recording = new RecordingFileSystem({ inner, trace, image: EMPTY_IMAGE })
      await workload.run(recording, trace)
      const subject = new JournalSubject(workload.settings)
      const explorer = new Explorer(subject, { seed, secondCrashEvery: 50 })
      await explorer.explore(trace, EMPTY_IMAGE)
      t.diagnostic(explorer.summary)
      assert.ok(explorer.images > 100, 'there are crash states to look at')
      assert.deepEqual(explorer.violations, [])
    })
  }

  for (const workload of journalWorkloads.slice(0, 1)) {
    it(`${workload.name}: what the next process wrote stays, whenever it was killed`, async (t) => {
      const subject = new JournalSubject(workload.settings)
      const explorer = new Explorer(subject, { seed: 7, randomStates: 2 })
      for (let killAfter = 1; killAfter < 80; killAfter++) {
        const trace = new Trace<JournalDuty>()
        const inner = new ImageFileSystem(EMPTY_IMAGE)
        const first = new RecordingFileSystem({ inner, trace, image: EMPTY_IMAGE, killAfter })
        void workload.run(first, trace)
        await first.killed
        const from = trace.events.length
        const { lastDuty } = trace
        const run = new JournalRun(workload.settings, lastDuty, (duty) => trace.note(duty))
        run.adopt(await run.open(first.successor()))
        run.append([600, 300], true)
        await run.journal.sync()
        await explorer.explore(trace, EMPTY_IMAGE, from)
      }
      t.diagnostic(explorer.summary)
      assert.ok(explorer.images > 100, 'there are crash states to look at')
      assert.deepEqual(explorer.violations, [])
    })
  }
})

/** Operations that are under way at the same time end in any order, always the same for a seed. */
function turnsBySeed(seed: number): () => Promise<void> {
  const random = randomNumbers(seed)
  return async () => {
    for (let turns = Math.floor(random() * 6); turns > 0; turns--) await Promise.resolve()
  }
}
