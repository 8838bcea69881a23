import assert from 'node:assert/strict'
import { readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { RestoreRequest } from '../../src/backup/restore-backup.ts'
import { restoreBackup } from '../../src/backup/restore-backup.ts'
import { openDataDirectory } from '../../src/inspection/data-directory.ts'
import { verifyJournal } from '../../src/inspection/verify-journal.ts'
import { openReplicaStore } from '../../src/replication/replica-store.ts'
import { nodeFileSystem } from '../../src/store/journal/node-file-system.ts'
import { FakeCoordination, TestNode } from '../replication/node-fixture.ts'
import type { BackupFixture } from './backup-fixture.ts'
import { noProgress, withFixture } from './backup-fixture.ts'

function restore(fixture: BackupFixture, change: Partial<RestoreRequest> = {}) {
  return restoreBackup({
    backup: fixture.target,
    target: join(fixture.root, 'restored'),
    nodeId: undefined,
    storeUuid: 'fresh',
    signal: new AbortController().signal,
    progress: noProgress,
    ...change,
  })
}

/** Runs a test on a backup of a log with 22 records. */
function withBackup(test: (fixture: BackupFixture) => Promise<void>): Promise<void> {
  return withFixture(async (fixture) => {
    await fixture.backup()
    await test(fixture)
  })
}

const rejection = (message: RegExp, code = 'JOURNAL_CORRUPT') => ({ code, message })

describe('a restored backup', () => {
  it('is the log of then in a store of its own, which promised nothing to anybody', () =>
    withBackup(async (fixture) => {
      const { path, nodeId, manifest } = await restore(fixture)
      assert.deepEqual([path, nodeId], [join(fixture.root, 'restored'), 'node01'])
      const data = await openDataDirectory(path)
      const report = await verifyJournal({ data, isRunning: false, powerLost: false })
      assert.deepEqual([report.damages, report.tail], [0, manifest.end])
      const meta = data.meta.value
      assert.ok(meta !== null)
      assert.deepEqual([meta.storeUuid, meta.clusterId, meta.suspect], ['fresh', null, null])
      // Above every epoch of the log, and bound to nobody.
      assert.deepEqual(meta.promised, { epoch: 1, candidate: '', nonce: '' })
      assert.equal(meta.commitHint, 22)
      assert.deepEqual(
        meta.configs.map(({ config }) => config.seats[0]?.storeUuid),
        ['store-1'],
      )
    }))

  it('opens with all of its log, for the node that it was made for only', () =>
    withBackup(async (fixture) => {
      const { path } = await restore(fixture, { nodeId: 'other' })
      const options = (id: string) => ({
        ...new TestNode(id, new FakeCoordination()).storeOptions,
        directory: path,
        fileSystem: nodeFileSystem,
      })
      await assert.rejects(openReplicaStore(options('node01')), { code: 'FOREIGN_CLUSTER' })
      const { journal, metaFile, meta } = await openReplicaStore(options('other'))
      assert.deepEqual([journal.tail.index, meta.suspect], [22, null])
      await journal.close({ clean: true })
      await metaFile.close()
    }))

  it('is not made from damaged files, and nothing is left then', () =>
    withBackup(async (fixture) => {
      const [first = '', second = ''] = readdirSync(join(fixture.target, 'journal')).sort()
      const path = join(fixture.target, 'journal', second)
      const content = readFileSync(path)
      const spoiled = Buffer.from(content)
      spoiled[700] = 0
      writeFileSync(path, spoiled)
      const expected = new RegExp(
        `^journal/${second} at byte 580: record 8: its payload is damaged`,
      )
      await assert.rejects(restore(fixture), rejection(expected))
      truncateSync(path, 100)
      await assert.rejects(restore(fixture), rejection(/damaged: .* 100 bytes instead of \d+/))
      rmSync(path)
      await assert.rejects(restore(fixture), rejection(new RegExp(`${second}: it is missing`)))
      writeFileSync(path, content)
      assert.notEqual(first, second)
      assert.deepEqual(fixture.left(), ['backup'])
    }))

  it('is not made from a manifest that is not that of the files', () =>
    withBackup(async (fixture) => {
      const path = join(fixture.target, 'backup.json')
      const text = readFileSync(path, 'utf8')
      const refused = async (change: (text: string) => string, message: RegExp, code?: string) => {
        writeFileSync(path, change(text))
        await assert.rejects(restore(fixture), rejection(message, code))
      }
      await refused((all) => all.slice(1), /backup\.json cannot be read: it is no JSON/)
      await refused(
        (all) => all.replace('"format": 1', '"format": 2'),
        /format 2/,
        'UNSUPPORTED_FORMAT',
      )
      await refused((all) => all.replace(/"sha256": "./, '"sha256": "x'), /\(sha256\)/)
      await refused((all) => all.replace(/"index": 22/, '"index": 21'), /elsewhere than the man/)
      await refused((all) => all.replace(/"index": 22/, '"index": 23'), /file ends here/)
      await refused((all) => all.replace('"journal/0', '"journal/../0'), /its field "files" is/)
      await refused((all) => all.replace(/"epochs"/, '"eopchs"'), /its field "epochs" is missing/)
      assert.deepEqual(fixture.left(), ['backup'])
    }))

  it('is made from a backup only, and the nearest one is named', () =>
    withBackup(async (fixture) => {
      const refused = (backup: string, message: RegExp) =>
        assert.rejects(restore(fixture, { backup }), rejection(message, 'INVALID_ARGUMENT'))
      await refused(fixture.root, new RegExp(`is no backup: these are: ${fixture.target}`))
      await refused(fixture.data, /data directory of a broker, which can be started as it is/)
      await refused(join(fixture.root, 'nothing'), /it is empty, or not there/)
      await refused(join(fixture.target, 'journal'), /it has no backup\.json/)
    }))

  it('goes into no directory that holds anything, and leaves nothing when interrupted', () =>
    withBackup(async (fixture) => {
      const target = fixture.data
      await assert.rejects(
        restore(fixture, { target }),
        rejection(/is not empty: it is the data directory of a broker/, 'INVALID_ARGUMENT'),
      )
      const controller = new AbortController()
      const progress = { ...noProgress, done: () => controller.abort() }
      const { signal } = controller
      await assert.rejects(restore(fixture, { signal, progress }), { name: 'AbortError' })
      assert.deepEqual(fixture.left(), ['backup'])
    }))
})
