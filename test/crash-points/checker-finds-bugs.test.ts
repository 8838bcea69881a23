import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FileSystem } from '@quorate/broker/store/journal/file-system'
import { readFully, writeFully } from '@quorate/broker/store/journal/file-system'
import type { CrashCause } from './crash-states.ts'
import { EMPTY_IMAGE, ImageFileSystem } from './disk-image.ts'
import { Explorer } from './explorer.ts'
import type { Boot, Subject } from './explorer.ts'
import type { JournalDuty } from './journal-subject.ts'
import { JournalRun, JournalSubject, freshDuty } from './journal-subject.ts'
import type { JournalSettings } from './journal-subject.ts'
import { RecordingFileSystem } from './recording-file-system.ts'
import { ReplicaRun, ReplicaSubject, freshReplicaDuty } from './replica-subject.ts'
import type { ReplicaDuty } from './replica-subject.ts'
import type { DiskOperation } from './trace.ts'
import { Trace } from './trace.ts'
import type { TwoSlotDuty } from './two-slot-subject.ts'
import { TWO_SLOT_PATH, TwoSlotSubject } from './two-slot-subject.ts'

const settings: JournalSettings = { segmentSizeBytes: 4096, syncPolicy: 'always' }

interface Bug {
  readonly swallows?: (operation: DiskOperation) => boolean
  readonly subject?: JournalSubject
  readonly settings?: JournalSettings
}

/** Explores what `live` does to a journal on a disk with this bug; the kinds of problems found. */
async function problemsOf(bug: Bug, live: (run: JournalRun) => Promise<void>): Promise<string[]> {
  const used = bug.settings ?? settings
  const trace = new Trace<JournalDuty>()
  const { swallows } = bug
  const options = { inner: new ImageFileSystem(EMPTY_IMAGE), trace, image: EMPTY_IMAGE }
  const recording = new RecordingFileSystem(
    swallows === undefined ? options : { ...options, swallows },
  )
  const run = new JournalRun(used, freshDuty(), (duty) => trace.note(duty))
  run.note({})
  run.adopt(await run.open(recording))
  await live(run)
  const explorer = new Explorer(bug.subject ?? new JournalSubject(used), { seed: 1 })
  await explorer.explore(trace, EMPTY_IMAGE)
  return [...explorer.problems.keys()]
}

async function appendSome(run: JournalRun): Promise<void> {
  run.append([300, 900, 900])
  await run.journal.sync()
  run.append([3000, 200, 200], true)
  await run.journal.sync()
}

async function cutSome(run: JournalRun): Promise<void> {
  await appendSome(run)
  await run.truncateAfter(2)
}

describe('the checker of crash points', () => {
  it('has nothing to say about the same lives on an honest disk', async () => {
    assert.deepEqual(await problemsOf({}, appendSome), [])
    assert.deepEqual(await problemsOf({}, cutSome), [])
  })

  it('finds acknowledged records lost when fdatasync lies', async () => {
    const swallows = (operation: DiskOperation) => operation.kind === 'sync' && operation.dataOnly
    assertSome(await problemsOf({ swallows }, appendSome), /^lost/)
  })

  it('finds acknowledged records lost when directories are not synced', async () => {
    const swallows = ({ kind }: DiskOperation) => kind === 'syncDirectory'
    assertSome(await problemsOf({ swallows }, appendSome), /^lost/)
  })

  it('finds acknowledged records lost when a new directory is not durable', async () => {
    const swallows = (operation: DiskOperation) =>
      operation.kind === 'makeDirectory' && operation.path === '/data/journal'
    assertSome(await problemsOf({ swallows }, appendSome), /^lost/)
  })

  it('finds records come back that were cut when the shorter file is not synced', async () => {
    const disk = { lies: false }
    const swallows = ({ kind }: DiskOperation) => disk.lies && kind === 'sync'
    const live = async (run: JournalRun): Promise<void> => {
      await appendSome(run)
      disk.lies = true
      await run.truncateAfter(2)
    }
    assertSome(await problemsOf({ swallows }, live), /^invented/)
  })

  it('finds an acknowledgement that is given before the sync', async () => {
    const background = { backgroundMs: 200, backgroundBytes: 1 << 20 }
    const tooEarly = async (run: JournalRun): Promise<void> => {
      run.append([300, 900])
      await run.journal.idle()
      run.note({ synced: run.duty.written })
    }
    const bug = { settings: { ...settings, syncPolicy: background } }
    assertSome(await problemsOf(bug, tooEarly), /^lost/)
  })

  it('finds a torn group that is taken for corruption', async () => {
    class Unaware extends JournalSubject {
      override bootOf(): Boot {
        return 0
      }
    }
    assertSome(await problemsOf({ subject: new Unaware(settings) }, appendSome), /^falsely/)
  })

  it('finds a small file spoilt that is written in place', async () => {
    const trace = new Trace<TwoSlotDuty>()
    trace.note({ written: 0, attempted: 0 })
    const inner = new ImageFileSystem(EMPTY_IMAGE)
    const recording = new RecordingFileSystem({ inner, trace, image: EMPTY_IMAGE })
    await recording.makeDirectory('/data')
    const file = await recording.open(TWO_SLOT_PATH, 'create')
    await recording.syncDirectory('/data')
    for (let number = 1; number < 4; number++) {
      trace.note({ written: number - 1, attempted: number })
      await writeFully(file, [Buffer.alloc(1024, number)], 0)
      await file.syncData()
      trace.note({ written: number, attempted: number })
    }
    const explorer = new Explorer(new InPlaceSubject(), { seed: 1 })
    await explorer.explore(trace, EMPTY_IMAGE)
    assertSome([...explorer.problems.keys()], /^unreadable/)
  })

  it('finds a promise that is given before it is durable', async () => {
    const trace = new Trace<ReplicaDuty>()
    const inner = new ImageFileSystem(EMPTY_IMAGE)
    const recording = new RecordingFileSystem({ inner, trace, image: EMPTY_IMAGE })
    const store = new ReplicaRun('quorum_disk', freshReplicaDuty(), (duty) => trace.note(duty))
    store.note({})
    store.adopt(await store.open(recording, 0), 0)
    store.note({ promised: [5, 5] })
    await store.promise(5)
    const explorer = new Explorer(new ReplicaSubject('quorum_disk'), { seed: 1 })
    await explorer.explore(trace, EMPTY_IMAGE)
    assertSome([...explorer.problems.keys()], /^the promise went back/)
  })
})

/** A file without a second slot: whole when all of its bytes are the same. */
class InPlaceSubject implements Subject<TwoSlotDuty, number> {
  readonly #judge = new TwoSlotSubject()

  bootOf(_duty: TwoSlotDuty, _cause: CrashCause): Boot {
    return 0
  }

  async recover(fileSystem: FileSystem): Promise<number> {
    if ((await fileSystem.size(TWO_SLOT_PATH)) === null) return 0
    const file = await fileSystem.open(TWO_SLOT_PATH, 'read')
    const content = await readFully(file, 0, 1024)
    const [number = 0] = content
    return content.every((byte) => byte === number) ? number : NaN
  }

  judge(number: number, duty: TwoSlotDuty): string | null {
    const state = Number.isNaN(number) ? 'bad' : 'valid'
    return this.#judge.judge({ state, number }, duty)
  }
}

function assertSome(problems: readonly string[], expected: RegExp): void {
  assert.ok(
    problems.some((problem) => expected.test(problem)),
    `${String(expected)} is not among ${JSON.stringify(problems)}`,
  )
}
