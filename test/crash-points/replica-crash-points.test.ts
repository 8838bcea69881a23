import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FileSystem } from '@quorate/broker/store/journal/file-system'
import { EMPTY_IMAGE, ImageFileSystem } from './disk-image.ts'
import { Explorer } from './explorer.ts'
import { RecordingFileSystem } from './recording-file-system.ts'
import type { ReplicaDuty } from './replica-subject.ts'
import { ReplicaRun, ReplicaSubject, freshReplicaDuty } from './replica-subject.ts'
import { Trace } from './trace.ts'

interface Machine {
  readonly words: string
  readonly trace: Trace<ReplicaDuty>
}

/** A first start and what follows it. Returns the duty at the end. */
async function firstLife(fileSystem: FileSystem, machine: Machine): Promise<ReplicaRun> {
  const store = new ReplicaRun(machine.words, freshReplicaDuty(), (duty) =>
    machine.trace.note(duty),
  )
  store.note({})
  store.adopt(await store.open(fileSystem, 0), 0)
  await store.promise(1)
  await store.configure(1)
  store.run.append([100, 700], true)
  await store.run.journal.sync()
  await store.promise(3)
  store.run.append([900, 900, 300], true)
  await store.configure(2)
  await store.run.journal.sync()
  return store
}

/** A deposed leader's start: a promise to another, a cut, and the records of its successor. */
async function secondLife(
  fileSystem: FileSystem,
  machine: Machine,
  duty: ReplicaDuty,
): Promise<ReplicaRun> {
  const store = new ReplicaRun(machine.words, duty, (next) => machine.trace.note(next))
  store.adopt(await store.open(fileSystem, 0), 0)
  await store.promise(duty.promised[1] + 1)
  const { tail } = store.run.journal
  if (tail.index > 2) await store.run.truncateAfter(tail.index - 2)
  store.run.append([2000, 4000, 3000], true)
  await store.configure(3)
  await store.run.journal.sync()
  await store.hintCommit(store.run.journal.tail.index)
  return store
}

/** What a process does that finds what a killed one has left. */
async function lifeAfterKill(
  fileSystem: FileSystem,
  machine: Machine,
  duty: ReplicaDuty,
): Promise<void> {
  const store = new ReplicaRun(machine.words, duty, (next) => machine.trace.note(next))
  store.adopt(await store.open(fileSystem, 0), 0)
  await store.promise(duty.promised[1] + 1)
  store.run.append([600, 300], true)
  await store.run.journal.sync()
}

describe('crash points of a replica’s store', () => {
  for (const words of ['quorum_disk', 'quorum_mem']) {
    it(`${words}: every crash between a first start and a clean end is recovered from`, async (t) => {
      const trace = new Trace<ReplicaDuty>()
      const inner = new ImageFileSystem(EMPTY_IMAGE)
      const recording = new RecordingFileSystem({ inner, trace, image: EMPTY_IMAGE })
      const machine = { words, trace }
      const first = await firstLife(recording, machine)
      await first.close()
      const second = await secondLife(recording.successor(), machine, first.duty)
      await second.close()
      const explorer = new Explorer(new ReplicaSubject(words), { seed: 4, secondCrashEvery: 60 })
      await explorer.explore(trace, EMPTY_IMAGE)
      t.diagnostic(explorer.summary)
      assert.ok(explorer.images > 100, 'there are crash states to look at')
      assert.deepEqual(explorer.violations, [])
    })
  }

  it('keeps what the next process promised and wrote, wherever the first was killed', async (t) => {
    const words = 'quorum_disk'
    const explorer = new Explorer(new ReplicaSubject(words), { seed: 5, randomStates: 2 })
    for (let killAfter = 1; killAfter < 60; killAfter++) {
      const trace = new Trace<ReplicaDuty>()
      const inner = new ImageFileSystem(EMPTY_IMAGE)
      const options = { inner, trace, image: EMPTY_IMAGE, killAfter }
      const first = new RecordingFileSystem(options)
      const machine = { words, trace }
      const life = firstLife(first, machine)
      if (await Promise.race([life.then(() => true), first.killed.then(() => false)])) break
      const from = trace.events.length
      await lifeAfterKill(first.successor(), machine, trace.lastDuty)
      await explorer.explore(trace, EMPTY_IMAGE, from)
    }
    t.diagnostic(explorer.summary)
    assert.ok(explorer.images > 100, 'there are crash states to look at')
    assert.deepEqual(explorer.violations, [])
  })
})
