import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { BrokerError } from '@quorate/core/base/errors'
import { systemEntropy } from '@quorate/core/base/entropy'
import { silentLog } from '@quorate/core/base/log'
import type { Log, LogFields } from '@quorate/core/base/log'
import { ManualClock } from '@quorate/core/base/manual-clock'
import type { ClusterConfig } from '../../src/replication/cluster-config.ts'
import {
  CONFIG,
  EPOCH_START,
  encodeConfigRecord,
  encodeEpochStart,
} from '../../src/replication/log-records.ts'
import type { ReplicaMeta } from '../../src/replication/meta.ts'
import { damagedFromOf, openReplicaStore } from '../../src/replication/replica-store.ts'
import type { ReplicaStore, ReplicaStoreOptions } from '../../src/replication/replica-store.ts'
import { parseSyncLevel } from '../../src/replication/sync-level.ts'
import { BatchBuilder } from '../../src/store/journal/log-batch.ts'
import { MemoryFileSystem } from '../../src/store/journal/memory-file-system.ts'
import type { FileOperation } from '../../src/store/journal/memory-file-system.ts'
import { nodeFileSystem } from '../../src/store/journal/node-file-system.ts'
import { segmentFileName } from '../../src/store/journal/segment.ts'

const DIRECTORY = '/data/a'
const SEGMENT_BYTES = 1 << 20

interface Overrides extends Partial<ReplicaStoreOptions> {
  readonly words?: string
}

function openStore(overrides: Overrides = {}): Promise<ReplicaStore> {
  return openReplicaStore({
    directory: DIRECTORY,
    fileSystem: new MemoryFileSystem(),
    brokerName: 'b',
    nodeId: 'a',
    sync: parseSyncLevel(overrides.words ?? 'quorum_disk'),
    segmentSizeBytes: SEGMENT_BYTES,
    bootId: 'boot-1',
    clock: new ManualClock(),
    entropy: systemEntropy,
    log: silentLog,
    journalListener: { written: () => undefined, synced: () => undefined, fatal: assert.fail },
    ...overrides,
  })
}

function configOf(version: number): ClusterConfig {
  return { version, seats: [{ nodeId: 'a', storeUuid: 'a-1' }, null, null] }
}

/** Appends records of one epoch: data, or the configuration of this version. Synced in the end. */
async function append(
  store: ReplicaStore,
  epoch: number,
  ...records: readonly (string | number)[]
): Promise<void> {
  await write(store, epoch, records)
  await store.journal.sync()
}

/** Records enough for many segments of 600 bytes. */
async function appendSegments(store: ReplicaStore, count: number): Promise<void> {
  const segmentSizeBytes = 600
  for (let i = 0; i < count; i++) {
    const { tail, segmentStart } = store.journal
    const builder = new BatchBuilder({ tail, epoch: 1, segmentStart, segmentSizeBytes })
    builder.add(50, Buffer.from(`record ${i} of many`))
    store.journal.append(builder.take())
  }
  await store.journal.sync()
}

async function write(
  { journal }: ReplicaStore,
  epoch: number,
  records: readonly (string | number)[],
): Promise<void> {
  const builder = new BatchBuilder({
    tail: journal.tail,
    epoch,
    segmentStart: journal.segmentStart,
    segmentSizeBytes: SEGMENT_BYTES,
  })
  for (const record of records) {
    if (typeof record === 'string') builder.add(50, Buffer.from(record))
    else builder.add(CONFIG, encodeConfigRecord(configOf(record)))
  }
  journal.append(builder.take())
  await journal.idle()
}

async function persist(store: ReplicaStore, change: Partial<ReplicaMeta>): Promise<void> {
  await store.metaFile.write({ ...store.meta, ...change })
}

const versions = ({ meta }: ReplicaStore) => meta.configs.map(({ config }) => config.version)

describe('replica store', () => {
  it('is a new store in an empty directory, with an identity that lasts', async () => {
    const fileSystem = new MemoryFileSystem()
    const first = await openStore({ fileSystem })
    assert.equal(first.meta.clusterId, null)
    assert.equal(first.meta.suspect, null)
    assert.deepEqual(first.meta.configs, [])
    const again = await openStore({ fileSystem: fileSystem.kill() })
    assert.equal(again.meta.storeUuid, first.meta.storeUuid)
    const elsewhere = await openStore()
    assert.notEqual(elsewhere.meta.storeUuid, first.meta.storeUuid)
  })

  it('says on the disk that a process runs, before it returns (R31)', async () => {
    const fileSystem = new MemoryFileSystem()
    const first = await openStore({ fileSystem, words: 'quorum_mem' })
    await persist(first, { clean: true })
    await openStore({ fileSystem: fileSystem.kill(), words: 'quorum_mem', bootId: 'boot-2' })
    const third = await openStore({ fileSystem: fileSystem.crash(1), bootId: 'boot-3' })
    assert.match(third.meta.suspect ?? '', /uncleanly while sync was "quorum_mem"/)
  })

  it('has on its disk what it was counted for in memory, before a stricter word counts (R22)', async () => {
    const [killed, lost] = [new MemoryFileSystem(), new MemoryFileSystem()]
    for (const fileSystem of [killed, lost]) {
      await write(await openStore({ fileSystem, words: 'quorum_mem' }), 1, ['x', 'y'])
    }
    const suspect = await openStore({ fileSystem: lost.crash(1), bootId: 'boot-2' })
    assert.match(suspect.meta.suspect ?? '', /while sync was "quorum_mem"/)
    const fileSystem = killed.kill()
    await openStore({ fileSystem })
    const sound = await openStore({ fileSystem: fileSystem.crash(1), bootId: 'boot-2' })
    assert.deepEqual([sound.meta.suspect, sound.journal.tail.index], [null, 2])
  })

  it('syncs what it writes at once when a confirmation may wait for it', async () => {
    const words = ['quorum_disk', 'remote_disk', 'local_disk', 'quorum_mem', 'local_mem']
    const synced: string[] = []
    for (const word of words) {
      const store = await openStore({ words: word })
      await write(store, 1, ['x'])
      // No time passes: what is synced in the background stays as it is.
      for (let turns = 0; turns < 20; turns++) await setImmediate()
      if (store.journal.syncedIndex === 1) synced.push(word)
    }
    assert.deepEqual(synced, ['quorum_disk', 'remote_disk', 'local_disk'])
  })

  it('writes beside a sync that does not end where a confirmation may be of memory', async () => {
    const written: string[] = []
    for (const word of ['remote_disk', 'local_disk', 'quorum_mem', 'local_mem']) {
      let isStuck = false
      const turn = ({ kind }: FileOperation): Promise<void> =>
        isStuck && kind === 'syncData' ? new Promise(() => undefined) : Promise.resolve()
      const store = await openStore({ words: word, fileSystem: new MemoryFileSystem({ turn }) })
      isStuck = true
      await write(store, 1, ['x'])
      void write(store, 1, ['y'])
      for (let turns = 0; turns < 20; turns++) await setImmediate()
      if (store.journal.writtenIndex === 2) written.push(word)
    }
    assert.deepEqual(written, ['remote_disk', 'local_disk', 'quorum_mem', 'local_mem'])
  })

  it('trusts its disk where it led nobody in remote_disk (R33)', async () => {
    for (const inMemory of [false, true]) {
      const fileSystem = new MemoryFileSystem()
      const store = await openStore({ fileSystem, words: 'remote_disk' })
      if (inMemory) await persist(store, { inMemory })
      const again = await openStore({ fileSystem: fileSystem.crash(1), bootId: 'boot-2' })
      assert.equal(again.meta.suspect !== null, inMemory)
    }
  })

  it('keeps its promise and its suspicion over a crash', async () => {
    const fileSystem = new MemoryFileSystem()
    const promised = { epoch: 7, candidate: 'c', nonce: 'n' }
    await persist(await openStore({ fileSystem }), { promised, suspect: 'an EIO' })
    const { meta } = await openStore({ fileSystem: fileSystem.crash(3) })
    assert.deepEqual(meta.promised, promised)
    assert.equal(meta.suspect, 'an EIO')
  })

  it('refuses the directory of another node or broker, and changes nothing', async () => {
    const fileSystem = new MemoryFileSystem()
    const { meta } = await openStore({ fileSystem })
    const foreign = { code: 'FOREIGN_CLUSTER' }
    await assert.rejects(openStore({ fileSystem: fileSystem.kill(), nodeId: 'b' }), foreign)
    await assert.rejects(openStore({ fileSystem: fileSystem.kill(), brokerName: 'x' }), foreign)
    const again = await openStore({ fileSystem: fileSystem.kill() })
    assert.equal(again.meta.storeUuid, meta.storeUuid)
  })

  it('sets a store without a readable meta file aside and starts anew (R3)', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'quorate-store-'))
    t.after(() => rm(directory, { recursive: true }))
    const options = { directory, fileSystem: nodeFileSystem }
    const uuids = new Set<string>()
    for (const spoil of ['none', 'rubbish', 'missing']) {
      if (spoil === 'rubbish') await writeFile(join(directory, 'meta'), Buffer.alloc(131072, 7))
      if (spoil === 'missing') await rm(join(directory, 'meta'))
      const store = await openStore(options)
      uuids.add(store.meta.storeUuid)
      assert.equal(store.journal.tail.index, 0)
      await append(store, 1, 'x')
      await store.journal.close({ clean: true })
      await store.metaFile.close()
    }
    assert.equal(uuids.size, 3)
    const names = (await readdir(directory)).sort()
    assert.deepEqual(names, ['journal', 'lost-1', 'lost-2', 'meta'])
    assert.deepEqual((await readdir(join(directory, 'lost-1'))).sort(), ['journal', 'meta'])
  })

  it('keeps what it set aside over a loss of power (R3)', async () => {
    const meta = `${DIRECTORY}/meta`
    for (let seed = 0; seed < 10; seed++) {
      const fileSystem = new MemoryFileSystem()
      await openStore({ fileSystem })
      const spoilt = fileSystem.kill()
      const size = spoilt.content(meta)?.length ?? 0
      for (let at = 0; at < size; at += 64 * 1024) spoilt.flip(meta, at, 1)
      await openStore({ fileSystem: spoilt })
      const kept = await spoilt.crash(seed).list(`${DIRECTORY}/lost-1`)
      assert.ok(kept.includes('meta'), `seed ${seed}`)
    }
  })

  it('finds in the log the configurations that the meta file missed (R39)', async () => {
    const fileSystem = new MemoryFileSystem()
    const store = await openStore({ fileSystem })
    await append(store, 1, 'x', 1, 'y', 2, 'z')
    const again = await openStore({ fileSystem: fileSystem.kill() })
    assert.deepEqual(versions(again), [1, 2])
    assert.deepEqual(
      again.meta.configs.map(({ index, epoch }) => [index, epoch]),
      [
        [2, 1],
        [4, 1],
      ],
    )
  })

  it('drops configurations whose record was cut, or replaced by another epoch (R39)', async () => {
    const fileSystem = new MemoryFileSystem()
    const store = await openStore({ fileSystem })
    await append(store, 1, 'x', 'y')
    await append(store, 3, 'z')
    const entry = (index: number, epoch: number, version: number) => {
      return { index, epoch, config: configOf(version) }
    }
    const configs = [entry(0, 0, 1), entry(2, 1, 2), entry(3, 2, 3), entry(4, 3, 4)]
    await persist(store, { configs, commitHint: 3 })
    const again = await openStore({ fileSystem: fileSystem.kill() })
    assert.deepEqual(versions(again), [1, 2])
    assert.equal(again.meta.commitHint, 3)
  })

  it('finds possible losses in the log that the meta file did not learn of (R10)', async () => {
    const fileSystem = new MemoryFileSystem()
    const store = await openStore({ fileSystem })
    await append(store, 1, 'x', 'y')
    const { tail, segmentStart } = store.journal
    const end = { tail, segmentStart, epoch: 2, segmentSizeBytes: SEGMENT_BYTES }
    const builder = new BatchBuilder(end)
    const start = { epoch: 2, leader: 'c', possibleLoss: true, config: configOf(1), wonAtMs: 5 }
    builder.add(EPOCH_START, encodeEpochStart(start))
    store.journal.append(builder.take())
    await store.journal.sync()
    const gone = { index: 2, epoch: 9, leader: 'b', wonAtMs: null }
    await persist(store, { losses: [gone], commitHint: 2 })
    const again = await openStore({ fileSystem: fileSystem.kill() })
    assert.deepEqual(again.meta.losses, [{ index: 3, epoch: 2, leader: 'c', wonAtMs: 5 }])
  })

  it('is suspect when its log ends before what it had and knew to be committed (R32)', async () => {
    const fileSystem = new MemoryFileSystem()
    const store = await openStore({ fileSystem })
    await append(store, 1, 'x', 'y')
    await persist(store, { commitHint: 9 })
    const { meta } = await openStore({ fileSystem: fileSystem.kill() })
    assert.equal(meta.suspect, 'the end of the journal is missing')
    assert.equal(meta.commitHint, 2)
  })

  it('is suspect when its journal is not there at all, after a clean end as well (R32)', async () => {
    const fileSystem = new MemoryFileSystem()
    const store = await openStore({ fileSystem })
    await append(store, 1, 'x', 'y')
    await persist(store, { commitHint: 2, clean: true })
    await store.journal.close({ clean: true })
    for (const name of await fileSystem.list(`${DIRECTORY}/journal`)) {
      await fileSystem.remove(`${DIRECTORY}/journal/${name}`)
    }
    const errors: (LogFields | undefined)[] = []
    const log: Log = { ...silentLog, error: (_, fields) => void errors.push(fields) }
    const { meta, journal } = await openStore({ fileSystem, log })
    assert.equal(journal.tail.index, 0)
    assert.equal(meta.suspect, 'the end of the journal is missing')
    const place = { file: `${DIRECTORY}/journal`, offset: 0 }
    assert.deepEqual(errors, [{ lastIndex: 0, committed: 2, ...place }])
  })

  it('is suspect when its first segments and its checkpoint are not there (R32)', async () => {
    const fileSystem = new MemoryFileSystem()
    const small = { fileSystem, segmentSizeBytes: 600 }
    const store = await openStore(small)
    await appendSegments(store, 30)
    await store.journal.releaseBefore(15)
    const { origin } = store.journal
    const released = await openStore({ ...small, fileSystem: fileSystem.kill() })
    const [first] = released.journal.segments
    const disk = fileSystem.kill()
    await disk.remove(`${DIRECTORY}/journal/checkpoint`)
    // What is left is whole: only the meta file knows that it is not all.
    const whole = await openStore({ ...small, fileSystem: disk })
    assert.deepEqual([whole.meta.suspect, whole.journal.origin], [null, origin])
    const gone = `${DIRECTORY}/journal/${segmentFileName(first?.position ?? 0)}`
    const broken = disk.kill()
    await broken.remove(`${DIRECTORY}/journal/checkpoint`)
    await broken.remove(gone)
    const errors: (LogFields | undefined)[] = []
    const log: Log = { ...silentLog, error: (_, fields) => void errors.push(fields) }
    const { meta, journal } = await openStore({ ...small, fileSystem: broken, log })
    assert.equal(meta.suspect, 'the journal was corrupt')
    assert.equal(errors.find((fields) => fields?.damagedFrom !== undefined)?.file, gone)
    // It is fetched again from where it began, and what is left of it is not deleted.
    assert.deepEqual([journal.origin, journal.tail], [origin, origin])
    assert.notDeepEqual(await broken.list(`${DIRECTORY}/journal/diverged`), [])
  })

  it('knows where its log begins before anything goes that came before (R19)', async () => {
    const fileSystem = new MemoryFileSystem()
    const small = { fileSystem, segmentSizeBytes: 600 }
    const store = await openStore(small)
    await appendSegments(store, 30)
    const operations: string[] = []
    fileSystem.fault = ({ kind, path }) => {
      operations.push(`${kind} ${basename(path)}`)
      return null
    }
    await store.journal.releaseBefore(15)
    const { origin } = store.journal
    assert.ok(origin.index > 0)
    const noted = operations.indexOf('syncData meta')
    const gone = operations.findIndex((each) => /^remove .*\.log$/.test(each))
    assert.ok(noted >= 0 && noted < gone, operations.join(', '))
    const again = await openStore({ ...small, fileSystem: fileSystem.kill() })
    assert.deepEqual(again.metaFile.latestOrigin, origin)
    await persist(again, { clean: true })
    await again.metaFile.remember({ ...origin, position: origin.position - 1 })
    assert.deepEqual(again.metaFile.latestOrigin, origin, 'it never moves back')
  })

  it('knows where a log begins that starts over elsewhere (R38)', async () => {
    const fileSystem = new MemoryFileSystem()
    const store = await openStore({ fileSystem })
    await append(store, 1, 'x', 'y')
    const elsewhere = { index: 99, epoch: 3, chain: 5, position: 70_000 }
    await store.journal.restartAt(elsewhere)
    const again = await openStore({ fileSystem: fileSystem.kill() })
    assert.deepEqual(again.metaFile.latestOrigin, elsewhere)
  })

  it('keeps where its log begins, whatever the replica writes, which knows nothing of it', async () => {
    const fileSystem = new MemoryFileSystem()
    const store = await openStore({ fileSystem })
    const elsewhere = { index: 99, epoch: 3, chain: 5, position: 70_000 }
    await store.journal.restartAt(elsewhere)
    await persist(store, { commitHint: 99 })
    const again = await openStore({ fileSystem: fileSystem.kill() })
    assert.equal(again.meta.commitHint, 99)
    assert.ok(!('logStart' in again.meta))
    await persist(again, { clean: true })
    const third = await openStore({ fileSystem: fileSystem.kill() })
    assert.deepEqual(third.metaFile.latestOrigin, elsewhere)
  })

  it('is not suspect for what it dropped to fetch it from a new start (R38)', async () => {
    const fileSystem = new MemoryFileSystem()
    const store = await openStore({ fileSystem })
    await append(store, 1, 'x', 'y')
    await persist(store, { commitHint: 2, incomplete: true })
    await store.journal.truncateAfter(0)
    const { meta } = await openStore({ fileSystem: fileSystem.kill() })
    assert.equal(meta.suspect, null)
  })

  it('cuts at a record found damaged while it ran, and is suspect (R32)', async () => {
    const fileSystem = new MemoryFileSystem()
    const store = await openStore({ fileSystem })
    await append(store, 1, 'one', 'two', 'three', 'four')
    await persist(store, { suspect: 'JOURNAL_CORRUPT: ...', damagedFrom: 3 })
    const again = await openStore({ fileSystem: fileSystem.kill() })
    assert.equal(again.journal.tail.index, 2)
    assert.equal(again.meta.damagedFrom, null)
    assert.notEqual(again.meta.suspect, null)
    await append(again, 2, 'three again')
    const third = await openStore({ fileSystem: fileSystem.crash(1) })
    assert.equal(third.journal.tail.index, 3)
    assert.notEqual(third.meta.suspect, null)
  })

  it('cuts further back when there is more damage on the way to the cut (R32)', async () => {
    const fileSystem = new MemoryFileSystem()
    const store = await openStore({ fileSystem })
    await append(store, 1, 'one', 'two', 'three', 'four', 'five')
    await persist(store, { suspect: 'JOURNAL_CORRUPT: ...', damagedFrom: 5, commitHint: 5 })
    await store.journal.close({ clean: true })
    fileSystem.flip(`${DIRECTORY}/journal/0000000000000000.log`, 43 + 20, 1)
    const again = await openStore({ fileSystem: fileSystem.kill() })
    assert.equal(again.journal.tail.index, 1)
    assert.notEqual(again.meta.suspect, null)
  })

  it('names the place of damage, whoever meets it (R32)', async () => {
    const file = `${DIRECTORY}/journal/0000000000000000.log`
    const five = ['one', 'two', 'six', 'ten', 'odd']
    const damaged = async (meta: Partial<ReplicaMeta>, ...records: readonly number[]) => {
      const fileSystem = new MemoryFileSystem()
      const store = await openStore({ fileSystem })
      await append(store, 1, ...five)
      await persist(store, meta)
      await store.journal.close({ clean: true })
      for (const record of records) fileSystem.flip(file, (record - 1) * 43 + 20, 1)
      const told: unknown[] = []
      const error = (_: string, fields: Readonly<Record<string, unknown>> = {}) => {
        if ('damagedFrom' in fields) told.push([fields.damagedFrom, fields.file, fields.offset])
      }
      await openStore({ fileSystem: fileSystem.kill(), log: { ...silentLog, error } })
      return told
    }
    const suspect = 'JOURNAL_CORRUPT: ...'
    const searched = await damaged({ commitHint: 0 }, 3)
    assert.deepEqual(searched, [[3, file, 2 * 43]], 'while configurations are looked for')
    const remembered = await damaged({ suspect, damagedFrom: 4, commitHint: 5 })
    assert.deepEqual(remembered, [[4, file, 3 * 43]], 'while it ran the last time')
    const onTheWay = await damaged({ suspect, damagedFrom: 5, commitHint: 5 }, 2)
    assert.deepEqual(onTheWay.at(-1), [2, file, 43], 'on the way to the cut')
  })

  it('is suspect for a hole in its last records, unless a loss of power explains it', async () => {
    for (const bootId of ['boot-1', 'boot-2']) {
      const fileSystem = new MemoryFileSystem()
      await append(await openStore({ fileSystem }), 1, 'aaa', 'bbb', 'ccc', 'ddd')
      const path = `${DIRECTORY}/journal/0000000000000000.log`
      const file = await fileSystem.open(path, 'write')
      await file.write([Buffer.alloc(43)], 2 * 43)
      const { meta, journal } = await openStore({ fileSystem: fileSystem.kill(), bootId })
      assert.equal(journal.tail.index, 2)
      assert.equal(meta.suspect, bootId === 'boot-1' ? 'the journal was corrupt' : null)
    }
  })

  it('is suspect when recovery finds corruption, and goes on from before it (R32)', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'quorate-store-'))
    t.after(() => rm(directory, { recursive: true }))
    const options = { directory, fileSystem: nodeFileSystem }
    const store = await openStore(options)
    await append(store, 1, 'one', 'two', 'three')
    await store.journal.close({ clean: false })
    await store.metaFile.close()
    const [segment] = (await readdir(join(directory, 'journal'))).filter((name) =>
      name.endsWith('.log'),
    )
    assert.ok(segment)
    const path = join(directory, 'journal', segment)
    const file = await nodeFileSystem.open(path, 'write')
    // Into the payload of the second record.
    await file.write([Buffer.from('!')], 40 + 3 + 40)
    await file.close()
    const again = await openStore(options)
    assert.equal(again.journal.tail.index, 1)
    assert.equal(again.meta.suspect, 'the journal was corrupt')
    await append(again, 2, 'two again')
    await again.journal.close({ clean: true })
    await again.metaFile.close()
  })

  it('knows from an error where the log is damaged', () => {
    const at = (details: Record<string, unknown>) =>
      new BrokerError('JOURNAL_CORRUPT', 'x', { details })
    assert.equal(damagedFromOf(at({ fromIndex: 5 })), 5)
    assert.equal(damagedFromOf(at({})), null)
    const other = new BrokerError('STORE_FULL', 'x', { details: { fromIndex: 5 } })
    assert.equal(damagedFromOf(other), null)
    assert.equal(damagedFromOf(new Error('x')), null)
  })
})
