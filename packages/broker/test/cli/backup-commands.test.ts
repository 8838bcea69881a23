import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { DirectoryLock } from '@quorate/core/base/directory-lock'
import { CopyBar } from '../../src/cli/copy-progress.ts'
import { PidFile, brokerPidFile } from '../../src/cli/pid-file.ts'
import { runCommandLine } from '../../src/cli/program.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { listeningApi } from '../management/api/listening-api.ts'
import type { BackupFixture } from '../backup/backup-fixture.ts'
import { withFixture } from '../backup/backup-fixture.ts'
import { sampleStatus } from '../management/sample-status.ts'
import { recordedTerminal } from './recorded-terminal.ts'

async function run(args: readonly string[], options: Partial<Terminal> = {}) {
  const terminal = recordedTerminal(options)
  const exitCode = await runCommandLine({ terminal, args, version: '1.2.3' })
  return { exitCode, ...terminal.written }
}

/** Something that answers as the broker that runs on the data directory. */
async function whileRunning(
  fixture: BackupFixture,
  synced: readonly number[],
  work: (url: string) => Promise<void>,
): Promise<void> {
  const { log } = sampleStatus()
  let asked = 0
  const status = () => {
    const syncedIndex = synced[Math.min(asked++, synced.length - 1)] ?? 0
    const dataDirectory = fixture.data
    const position = { ...log, committedIndex: 9 + asked, syncedIndex }
    return sampleStatus({ pid: process.pid, dataDirectory, log: position })
  }
  const api = await listeningApi(status)
  const lock = await DirectoryLock.acquire(fixture.data)
  try {
    await work(api.url)
  } finally {
    await lock.release()
    await api.stop()
  }
}

describe('quorate backup and restore', () => {
  it('copy a stopped node, and make a new one of it', () =>
    withFixture(async (fixture) => {
      const restored = join(fixture.root, 'restored')
      const made = await run(['backup', fixture.data, '--to', fixture.target])
      assert.equal(made.exitCode, 0, made.err)
      assert.match(made.out, /^backed up .*node01 \(node01, stopped\) to .*backup\n/)
      assert.match(made.out, /\n {2}22 records up to 22, epoch 1, \d segments, 11\.\d KB, all comm/)
      const back = await run(['restore', fixture.target, '--to', restored, '--node', 'n9'])
      assert.equal(back.exitCode, 0, back.err)
      assert.match(back.out, /^restored .*backup of \d{4}-.*Z to .*restored\n {2}22 records/)
      assert.match(back.out, /a new store for node n9 of broker b, in no cluster yet\n/)
      const again = await run(['restore', fixture.target, '--to', restored])
      assert.equal(again.exitCode, 2)
      assert.match(again.err, /is not empty: it is the data directory of a broker/)
    }))

  it('print JSON, and draw how far they are on a terminal', () =>
    withFixture(async (fixture) => {
      const json = await run(['backup', fixture.data, '--to', fixture.target, '--json'])
      const { path, end, quorate } = JSON.parse(json.out) as Record<string, unknown>
      assert.deepEqual([path, quorate], [fixture.target, '1.2.3'])
      assert.equal((end as { readonly index: number }).index, 22)
      const second = join(fixture.root, 'second')
      const drawn = await run(['backup', fixture.data, '--to', second], { isInteractive: true })
      assert.match(drawn.out, /#{24} 11\.\d KB of 11\.\d KB/)
      const to = ['--to', join(fixture.root, 'restored')]
      const back = await run(['restore', second, ...to, '--json'])
      assert.equal((JSON.parse(back.out) as { readonly nodeId: string }).nodeId, 'node01')
    }))

  it('copy a running broker up to what it says is committed, once it has that on its disk', () =>
    withFixture((fixture) =>
      whileRunning(fixture, [7, 7, 12], async (url) => {
        const byUrl = await run(['backup', '--url', url, '--to', fixture.target])
        assert.equal(byUrl.exitCode, 0, byUrl.err)
        assert.match(byUrl.out, /\(node01, follower\) to .*\n {2}1\d records up to 1\d, /)
      }),
    ))

  it('find the broker by its pid file, and say what they need without one', () =>
    withFixture((fixture) =>
      whileRunning(fixture, [99], async (url) => {
        const silent = await run(['backup', fixture.data, '--to', fixture.target])
        assert.equal(silent.exitCode, 6)
        assert.match(silent.err, /has not said yet where it answers: try again, or give --url/)
        const pidFile = PidFile.claim(fixture.data, brokerPidFile)
        pidFile.announce(url)
        const found = await run(['backup', fixture.data, '--to', fixture.target])
        pidFile.release()
        assert.equal(found.exitCode, 0, found.err)
        const manifest = readFileSync(join(fixture.target, 'backup.json'), 'utf8')
        assert.match(manifest, /"role": "follower",\n {2}"committed": true/)
      }),
    ))

  it('refuse a broker that does not work in this directory', () =>
    withFixture(async (fixture) => {
      const other = await run(['backup', '--to', fixture.target])
      assert.equal(other.exitCode, 2)
      assert.match(other.err, /give a data directory, or --url of a broker/)
      const api = await listeningApi(() => sampleStatus({ dataDirectory: fixture.data }))
      const away = await run(['backup', '--url', api.url, '--to', fixture.target])
      await api.stop()
      assert.equal(away.exitCode, 2)
      assert.match(away.err, /holds no lock on .* here: run this on its machine/)
      assert.equal(existsSync(fixture.target), false)
    }))

  it('estimate how long they still take', () => {
    const terminal = recordedTerminal({ isInteractive: true })
    const clock = { nowMs: 0 }
    const bar = new CopyBar(terminal, { isWanted: true, nowMs: () => clock.nowMs })
    bar.begin(4 << 20)
    clock.nowMs = 1000
    bar.done(1 << 20)
    bar.close()
    assert.match(terminal.written.out, /#{6}\.{18} 1\.0 MB of 4\.0 MB, 1\.0 MB\/s, 3 s left/)
  })
})
