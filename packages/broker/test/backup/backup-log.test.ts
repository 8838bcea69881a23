import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { decodeManifest } from '../../src/backup/backup-manifest.ts'
import { openDataDirectory } from '../../src/inspection/data-directory.ts'
import { verifyJournal } from '../../src/inspection/verify-journal.ts'
import { encodeMeta } from '../../src/replication/meta.ts'
import { openReplicaStore } from '../../src/replication/replica-store.ts'
import { CheckpointFile, decodeCheckpoint } from '../../src/store/journal/checkpoint-file.ts'
import { nodeFileSystem } from '../../src/store/journal/node-file-system.ts'
import { TwoSlotFile, payloadIn } from '../../src/store/two-slot-file.ts'
import { TestNode, FakeCoordination } from '../replication/node-fixture.ts'
import type { BackupFixture } from './backup-fixture.ts'
import { noProgress, withFixture } from './backup-fixture.ts'

const through = (committedIndex: number) => ({ running: { role: 'leader', committedIndex } })

function flipByte(path: string, offset: number): void {
  const content = readFileSync(path)
  content[offset] = (content[offset] ?? 0) ^ 0xff
  writeFileSync(path, content)
}

/** The log now begins with its second segment, and the checkpoint says so. */
async function release(fixture: BackupFixture): Promise<void> {
  const [first = '', second = ''] = fixture.log.segments()
  const before = await openDataDirectory(fixture.data)
  const report = await verifyJournal({ data: before, isRunning: false, powerLost: false })
  const origin = report.segments[1]?.start
  assert.ok(origin !== undefined && second !== '')
  rmSync(fixture.pathOf(first), { force: true })
  const { file, checkpoint } = await CheckpointFile.open(
    nodeFileSystem,
    fixture.pathOf('checkpoint'),
  )
  assert.ok(checkpoint !== null)
  await file.write({ ...checkpoint, origin })
  await file.close()
}

describe('a backup', () => {
  it('holds the same bytes, what they are, and what it takes to verify them', () =>
    withFixture(async (fixture) => {
      const { manifest, attempts, path } = await fixture.backup()
      assert.deepEqual([attempts, path], [1, fixture.target])
      assert.deepEqual(fixture.left(), ['backup'])
      const text = readFileSync(join(path, 'backup.json'), 'utf8')
      assert.deepEqual(decodeManifest(text), manifest)
      assert.deepEqual(
        [manifest.role, manifest.committed, manifest.end.index, manifest.clusterId],
        ['stopped', true, 22, 'old'],
      )
      assert.deepEqual(manifest.epochs, [{ epoch: 1, firstIndex: 1 }])
      for (const { name, bytes, sha256 } of manifest.files) {
        const copy = readFileSync(join(path, name))
        // Behind the last record of the last segment there are zeros.
        assert.deepEqual(copy, readFileSync(join(fixture.data, name)).subarray(0, bytes))
        assert.equal(copy.length, bytes)
        assert.equal(createHash('sha256').update(copy).digest('hex'), sha256)
      }
      const data = await openDataDirectory(path)
      const report = await verifyJournal({ data, isRunning: false, powerLost: false })
      assert.deepEqual([report.damages, report.tail], [0, manifest.end])
    }))

  it('of a running broker ends with the last committed record', () =>
    withFixture(async (fixture) => {
      const { manifest } = await fixture.backup(through(9))
      assert.deepEqual([manifest.end.index, manifest.committed], [9, true])
      const names = readdirSync(join(fixture.target, 'journal'))
      assert.deepEqual(names.sort(), [...fixture.log.segments().slice(0, 2), 'checkpoint'])
      const checkpoint = payloadIn(readFileSync(join(fixture.target, 'journal', 'checkpoint')))
      assert.deepEqual(decodeCheckpoint(checkpoint ?? Buffer.alloc(0)).synced, manifest.end)
    }))

  it('of a stopped node ends where its log does, and says when that may be uncommitted', () =>
    withFixture(async (fixture) => {
      const last = fixture.pathOf(fixture.log.segments().at(-1) ?? '')
      writeFileSync(last, Buffer.concat([readFileSync(last), Buffer.alloc(5_000)]))
      const { manifest } = await fixture.backup()
      assert.equal(manifest.end.index, 22)
      rmSync(fixture.target, { recursive: true })
      await withoutHint(fixture)
      assert.equal((await fixture.backup()).manifest.committed, false)
    }))

  it('shares full segments by hard links when it is told to', () =>
    withFixture(async (fixture) => {
      const { linked, manifest } = await fixture.backup({ ...through(9), keepLinks: true })
      assert.equal(linked, 1)
      const [shared = '', copied = ''] = manifest.files.map(({ name }) => name)
      const inode = (path: string) => statSync(path).ino
      assert.equal(inode(join(fixture.target, shared)), inode(join(fixture.data, shared)))
      assert.notEqual(inode(join(fixture.target, copied)), inode(join(fixture.data, copied)))
    }))

  it('is protected from the release of segments while it is copied', () =>
    withFixture(async (fixture) => {
      const [first = ''] = fixture.log.segments()
      const begin = (): void => rmSync(fixture.pathOf(first), { force: true })
      const progress = { ...noProgress, begin }
      const { attempts, manifest } = await fixture.backup({ ...through(22), progress })
      assert.deepEqual([attempts, manifest.origin.index], [1, 0])
    }))

  it('begins anew with the later start when a segment has gone before', () =>
    withFixture(async (fixture) => {
      rmSync(fixture.pathOf(fixture.log.segments()[0] ?? ''))
      let pauses = 0
      const pause = async (): Promise<void> => {
        pauses++
        restoreFirst(fixture)
        await release(fixture)
      }
      const { attempts, manifest } = await fixture.backup({ ...through(22), pause })
      assert.deepEqual([attempts, pauses, manifest.origin.index], [2, 1, 6])
      const data = await openDataDirectory(fixture.target)
      const report = await verifyJournal({ data, isRunning: false, powerLost: false })
      assert.deepEqual([report.damages, report.records], [0, 16])
    }))

  it('gives up when the log outruns it', () =>
    withFixture(async (fixture) => {
      rmSync(fixture.pathOf(fixture.log.segments()[0] ?? ''))
      const attempt = fixture.backup(through(22))
      await assert.rejects(attempt, { code: 'STORE_UNAVAILABLE', message: /released 5 times/ })
      assert.deepEqual(fixture.left(), [])
    }))

  it('of a damaged log names file, byte and record, and leaves nothing', () =>
    withFixture(async (fixture) => {
      const [, second = '', third = ''] = fixture.log.segments()
      flipByte(fixture.pathOf(second), 700)
      await assert.rejects(fixture.backup(), {
        code: 'JOURNAL_CORRUPT',
        message: `journal/${second} at byte 580: record 8: its payload is damaged (checksum)`,
      })
      flipByte(fixture.pathOf(second), 700)
      flipByte(fixture.pathOf(third), 3)
      await assert.rejects(fixture.backup(through(22)), {
        code: 'JOURNAL_CORRUPT',
        message: `journal/${third} at byte 0: record 11: no record begins here (magic)`,
      })
      assert.deepEqual(fixture.left(), [])
    }))

  it('of a log with a hole, or that ends too early, says what is missing', () =>
    withFixture(async (fixture) => {
      const [, second = ''] = fixture.log.segments()
      const last = fixture.pathOf(fixture.log.segments().at(-1) ?? '')
      truncateSync(last, 100)
      await assert.rejects(fixture.backup(through(22)), /the file ends here/)
      await assert.rejects(fixture.backup(through(99)), /the file ends here/)
      rmSync(fixture.pathOf(second))
      await assert.rejects(fixture.backup(), {
        code: 'JOURNAL_CORRUPT',
        message: /next segment|ends here/,
      })
    }))

  it('leaves nothing when it is interrupted', () =>
    withFixture(async (fixture) => {
      const controller = new AbortController()
      const progress = { ...noProgress, done: () => controller.abort() }
      const { signal } = controller
      await assert.rejects(fixture.backup({ signal, progress }), { name: 'AbortError' })
      assert.deepEqual(fixture.left(), [])
    }))

  it('leaves nothing when what it assumed is not so any more', () =>
    withFixture(async (fixture) => {
      const beforePublishing = () => Promise.reject(new Error('a broker has started'))
      await assert.rejects(fixture.backup({ beforePublishing }), /has started/)
      assert.deepEqual(fixture.left(), [])
    }))

  it('goes into no directory that holds anything', () =>
    withFixture(async (fixture) => {
      const refused = (target: string, message: RegExp) =>
        assert.rejects(fixture.backup({ target }), { code: 'INVALID_ARGUMENT', message })
      await refused(fixture.data, /is not empty: it is the data directory of a broker/)
      await fixture.backup()
      await refused(fixture.target, /it holds a backup; name a new directory/)
      await refused(join(fixture.target, 'backup.json'), /is a file, not a directory/)
      await refused(fixture.root, /it holds backup, node01; name a new directory/)
      const empty = join(fixture.root, 'deep', 'empty')
      mkdirSync(empty, { recursive: true })
      assert.equal((await fixture.backup({ target: empty })).path, empty)
    }))

  it('is no directory that a broker starts on', () =>
    withFixture(async (fixture) => {
      await fixture.backup()
      const { storeOptions } = new TestNode('node01', new FakeCoordination())
      const options = { ...storeOptions, directory: fixture.target, fileSystem: nodeFileSystem }
      await assert.rejects(openReplicaStore(options), /is a backup, and no broker's data directory/)
      assert.deepEqual(readdirSync(fixture.target).sort(), ['backup.json', 'journal'])
    }))
})

/** The node never learned how much was committed. */
async function withoutHint(fixture: BackupFixture): Promise<void> {
  const { meta } = await openDataDirectory(fixture.data)
  assert.ok(meta.value !== null)
  const path = join(fixture.data, 'meta')
  const { file } = await TwoSlotFile.open({ fileSystem: nodeFileSystem, path })
  await file.write(encodeMeta({ ...meta.value, commitHint: 3 }))
  await file.close()
}

/** Puts the first segment back, so that the release can measure what it removes. */
function restoreFirst(fixture: BackupFixture): void {
  const [first = ''] = fixture.log.segments()
  const content = fixture.log.fileSystem.content(fixture.log.pathOf(first))
  writeFileSync(fixture.pathOf(first), content ?? '')
}
