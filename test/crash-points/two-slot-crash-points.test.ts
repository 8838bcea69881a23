import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EMPTY_IMAGE, ImageFileSystem } from './disk-image.ts'
import { Explorer } from './explorer.ts'
import { RecordingFileSystem } from './recording-file-system.ts'
import { Trace } from './trace.ts'
import type { TwoSlotDuty } from './two-slot-subject.ts'
import { TwoSlotSubject, writeNumbers } from './two-slot-subject.ts'

describe('crash points of the two-slot file', () => {
  it('holds the last number written or the one under way, after every crash', async (t) => {
    const trace = new Trace<TwoSlotDuty>()
    trace.note({ written: 0, attempted: 0 })
    const inner = new ImageFileSystem(EMPTY_IMAGE)
    const recording = new RecordingFileSystem({ inner, trace, image: EMPTY_IMAGE })
    await writeNumbers(recording, trace, [1, 2, 3, 4, 5, 6, 7])
    await writeNumbers(recording.successor(), trace, [8, 9])
    const explorer = new Explorer(new TwoSlotSubject(), { seed: 2, secondCrashEvery: 10 })
    await explorer.explore(trace, EMPTY_IMAGE)
    t.diagnostic(explorer.summary)
    assert.ok(explorer.images > 100, 'there are crash states to look at')
    assert.deepEqual(explorer.violations, [])
  })

  it('keeps what the next process wrote, wherever the first was killed', async (t) => {
    const explorer = new Explorer(new TwoSlotSubject(), { seed: 3 })
    for (let killAfter = 1; killAfter < 12; killAfter++) {
      const trace = new Trace<TwoSlotDuty>()
      trace.note({ written: 0, attempted: 0 })
      const inner = new ImageFileSystem(EMPTY_IMAGE)
      const first = new RecordingFileSystem({ inner, trace, image: EMPTY_IMAGE, killAfter })
      void writeNumbers(first, trace, [1, 2, 3, 4])
      await first.killed
      await writeNumbers(first.successor(), trace, [5, 6])
      await explorer.explore(trace, EMPTY_IMAGE)
    }
    t.diagnostic(explorer.summary)
    assert.ok(explorer.images > 100, 'there are crash states to look at')
    assert.deepEqual(explorer.violations, [])
  })
})
