import type { FileSystem } from '@quorate/broker/store/journal/file-system'
import type { SyncPolicy } from '@quorate/broker/store/journal/appender'
import type { JournalSettings } from './journal-subject.ts'
import { JOURNAL_DIRECTORY, JournalRun, freshDuty } from './journal-subject.ts'
import type { JournalDuty } from './journal-subject.ts'
import type { Trace } from './trace.ts'

/** Something to do with a journal on an empty disk, while everything it does is recorded. */
export interface JournalWorkload {
  readonly name: string
  readonly settings: JournalSettings
  readonly onRealDisk: boolean
  run(fileSystem: FileSystem, trace: Trace<JournalDuty>): Promise<void>
}

const SEGMENT_BYTES = 8192
const BACKGROUND: SyncPolicy = { backgroundMs: 200, backgroundBytes: 3_000 }

type Life = (run: JournalRun, fileSystem: FileSystem) => Promise<void>

function workload(name: string, syncPolicy: SyncPolicy, ...lives: Life[]): JournalWorkload {
  const settings = { segmentSizeBytes: SEGMENT_BYTES, syncPolicy }
  return {
    name,
    settings,
    onRealDisk: name.startsWith('disk: group commit') || name.endsWith('truncation'),
    async run(fileSystem, trace) {
      let duty = freshDuty()
      trace.note(duty)
      for (const life of lives) {
        const run = new JournalRun(settings, duty, (next) => trace.note(next))
        const found = await run.open(fileSystem)
        if (found.outcome !== 'corrupt') run.adopt(found)
        await life(run, fileSystem)
        await run.journal.close({ clean: false })
        duty = run.duty
      }
    },
  }
}

/** Batches that are queued together share a write and a sync; then one at a time, and rolls. */
const appendGroups: Life = async (run) => {
  run.append([60])
  await run.journal.sync()
  run.append([100, 10, 900, 40])
  run.append([2000])
  run.append([0, 1, 2])
  await run.nextWrite()
  run.append([700, 700, 700])
  await run.journal.sync()
  run.append([1500, 1500], true)
  run.append([3000, 500, 500])
  run.append([20])
  run.clock.advance(5_000)
  await run.journal.sync()
  run.append([300, 300, 1200, 5000])
  await run.journal.sync()
}

const appendMore: Life = async (run) => {
  run.append([200, 900, 900, 40])
  await run.journal.sync()
}

const closeCleanly: Life = (run) => run.journal.close({ clean: true })

/** As a process does that is told to stop at once. */
const closeAtOnce: Life = (run) => run.journal.close({ clean: false })

function inTurn(...lives: Life[]): Life {
  return async (run, fileSystem) => {
    for (const life of lives) await life(run, fileSystem)
  }
}

const appendInBackground: Life = async (run) => {
  for (let i = 0; i < 12; i++) {
    run.append([50 + 37 * i, 600])
    await run.journal.idle()
    if (i % 4 === 3) run.clock.advance(200)
  }
  run.append([2500, 2500])
  run.append([900])
  await run.journal.sync()
  run.append([10, 20])
  await run.journal.idle()
}

const truncateAndGoOn: Life = async (run) => {
  run.append([500, 500, 500])
  run.append([1000, 1000, 1000, 1000])
  run.append([3000, 3000, 3000])
  await run.journal.sync()
  run.clock.advance(5_000)
  await run.truncateAfter(9)
  run.append([200, 200], true)
  await run.journal.sync()
  await run.truncateAfter(4)
  run.append([1200, 1200, 1200], true)
  await run.truncateAfter(5)
  run.append([4000, 4000, 100], true)
  await run.journal.sync()
}

const truncateToNothing: Life = async (run) => {
  run.append([900, 20])
  await run.truncateAfter(0)
  run.append([30, 40, 50], true)
  await run.journal.sync()
  for (let index = 2; index >= 0; index--) await run.truncateAfter(index)
  run.append([7000, 2000], true)
  await run.journal.sync()
}

const releaseSegments: Life = async (run) => {
  for (let i = 0; i < 4; i++) {
    run.append([2600, 2600, 100])
    await run.journal.sync()
  }
  await run.releaseBefore(5)
  run.append([400])
  await run.journal.sync()
  await run.releaseBefore(12)
  run.append([2600, 2600, 2600])
  await run.journal.sync()
}

/** A record larger than a segment has one of its own. */
const oversizedRecords: Life = async (run) => {
  run.append([100])
  run.append([20_000])
  await run.journal.sync()
  run.append([9_000, 100, 12_000])
  await run.journal.sync()
}

/**
 * Somebody's hand, or decay: a byte of record 5 is another one. With a segment full behind it there
 * is a checkpoint, and only a read meets it.
 */
const damageBefore =
  (...payloadLengths: number[]): Life =>
  async (run, fileSystem) => {
    run.append([300, 300, 300, 300])
    await run.journal.sync()
    run.append([300, ...payloadLengths])
    await run.journal.sync()
    await run.journal.close({ clean: false })
    run.note({ damagedFrom: 5 })
    const file = await fileSystem.open(`${JOURNAL_DIRECTORY}/0000000000000000.log`, 'write')
    await file.write([Buffer.from('X')], 4 * 340 + 100)
    await file.sync()
    await file.close()
  }

const repair: Life = async (run) => {
  await run.repair(5)
  run.append([300, 300, 4000], true)
  await run.journal.sync()
}

export const journalWorkloads: readonly JournalWorkload[] = [
  workload(
    'disk: group commit, rolls, clean close, restart',
    'always',
    inTurn(appendGroups, closeCleanly),
    inTurn(appendGroups, closeAtOnce),
    appendMore,
  ),
  workload(
    'mem: background sync, rolls',
    BACKGROUND,
    inTurn(appendInBackground, closeAtOnce),
    inTurn(appendInBackground, closeCleanly),
  ),
  workload(
    'disk: truncation inside and across segments',
    'always',
    inTurn(truncateAndGoOn, closeCleanly),
    truncateToNothing,
  ),
  workload('mem: truncation', BACKGROUND, truncateAndGoOn),
  workload('disk: truncation to nothing, again and again', 'always', truncateToNothing),
  workload(
    'disk: released segments',
    'always',
    inTurn(releaseSegments, closeAtOnce),
    releaseSegments,
  ),
  workload('disk: records larger than a segment', 'always', oversizedRecords),
  workload('disk: damage and its repair', 'always', damageBefore(50, 2000), repair),
  workload(
    'disk: damage below the checkpoint and its repair',
    'always',
    damageBefore(50, 4000, 4000),
    repair,
  ),
]
