import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { DirectoryLock } from '@quorate/core/base/directory-lock'
import { runCommandLine } from '../../src/cli/program.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { InspectedLog } from '../inspection/inspected-log.ts'
import { recordedTerminal } from './recorded-terminal.ts'

async function run(args: readonly string[], options: Partial<Terminal> = {}) {
  const terminal = recordedTerminal(options)
  const exitCode = await runCommandLine({ terminal, args, version: '1' })
  return { exitCode, ...terminal.written }
}

/** Runs with a data directory on the disk, whose log has 22 records in several segments. */
async function withData(
  work: (directory: string, log: InspectedLog) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-journal-'))
  try {
    const log = new InspectedLog()
    await log.fill()
    mkdirSync(join(directory, 'journal'))
    for (const name of [...log.segments(), 'checkpoint']) {
      const content = log.fileSystem.content(log.pathOf(name))
      writeFileSync(join(directory, 'journal', name), content ?? '')
    }
    await work(directory, log)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

describe('quorate journal verify', () => {
  it('exits with 0 for a log that is good, and with 7 for any damage', () =>
    withData(async (directory, log) => {
      const good = await run(['journal', 'verify', directory])
      assert.equal(good.exitCode, 0, good.out)
      assert.match(good.out, /^good .*: 22 records up to 22, epoch 1, \d segments, 11\.\d KB\n/)
      assert.match(good.out, /synced up to record 22 at least, says the checkpoint; closed in ord/)
      const [, second = ''] = log.segments()
      rmSync(join(directory, 'journal', second))
      const bad = await run(['journal', 'verify', directory])
      assert.equal(bad.exitCode, 7)
      assert.match(bad.out, new RegExp(`damage journal/${second}, record 7: missing: `))
      assert.match(bad.out, /not read: 2\.\d KB, with at least 4 records/)
    }))

  it('prints one JSON object', () =>
    withData(async (directory) => {
      const { exitCode, out } = await run(['journal', 'verify', directory, directory, '--json'])
      assert.equal(exitCode, 0)
      const { ok, directories, comparisons } = JSON.parse(out) as {
        readonly ok: boolean
        readonly directories: readonly { readonly end: { readonly index: number } }[]
        readonly comparisons: readonly { readonly ok: boolean; readonly equalThrough: number }[]
      }
      assert.equal(ok, true)
      assert.deepEqual(
        directories.map(({ end }) => end.index),
        [22, 22],
      )
      assert.deepEqual(
        comparisons.map((each) => [each.ok, each.equalThrough]),
        [[true, 22]],
      )
    }))

  it('says so when a broker runs on the directory, and leaves its index alone', () =>
    withData(async (directory) => {
      mkdirSync(join(directory, 'index'))
      const lock = await DirectoryLock.acquire(directory)
      const { exitCode, out } = await run(['journal', 'verify', directory, '--index'])
      await lock.release()
      assert.equal(exitCode, 0, out)
      assert.match(out, /a broker runs on it/)
      assert.match(out, /the index of a broker that runs cannot be opened: stop it first/)
    }))

  it('draws how far it is on a terminal, and gives the cursor back', () =>
    withData(async (directory) => {
      const { out } = await run(['journal', 'verify', directory], { isInteractive: true })
      assert.match(out, /#{24} 11\.\d KB of 11\.\d KB/)
      assert.match(out, /\u001b\[\?25h/)
    }))

  it('exits with 2 and names the directory that was meant', () =>
    withData(async (directory) => {
      const wrong = await run(['journal', 'verify', join(directory, 'journal')])
      assert.equal(wrong.exitCode, 2)
      assert.match(wrong.err, /is the journal itself; name the directory above it/)
      const many = await run(['journal', 'verify', ...Array.from({ length: 17 }, () => directory)])
      assert.equal(many.exitCode, 2)
      assert.match(many.err, /17 directories: at most 16 are compared/)
    }))
})

describe('quorate journal dump and why', () => {
  it('print lines for people, or JSON', () =>
    withData(async (directory) => {
      const text = await run(['journal', 'dump', directory, '--limit', '2'])
      assert.equal(text.exitCode, 0)
      assert.match(text.out, /^ +INDEX +EPOCH +POSITION +BYTES +TYPE +WHAT\n +1 +1 +0 +87 +epoch-/)
      assert.match(
        text.out,
        /\n +2 +1 +87 +54 +destination-added +add queue:\/\/ORDERS as number 1\n/,
      )
      const json = await run(['journal', 'dump', directory, '--from', '2', '--to', '2', '--json'])
      const record = JSON.parse(json.out) as Record<string, unknown>
      assert.deepEqual([record.index, record.type, record.bytes], [2, 'destination-added', 54])
      const why = await run(['journal', 'why', directory])
      assert.match(why.out, /queue:\/\/ORDERS \(4 messages, 2\.0 KB\)/)
      assert.match(why.out, /a segment goes when nothing waits in it, nor in those before it/)
      const whyJson = JSON.parse((await run(['journal', 'why', directory, '--json'])).out) as {
        readonly appliedIndex: number
      }
      assert.equal(whyJson.appliedIndex, 22)
    }))

  it('exit with 7 when the log is damaged', () =>
    withData(async (directory, log) => {
      writeFileSync(join(directory, 'journal', log.segments()[1] ?? ''), Buffer.alloc(3000, 1))
      const dump = await run(['journal', 'dump', directory])
      assert.equal(dump.exitCode, 7)
      assert.match(dump.err, /damage journal\/[0-9a-f]+\.log, byte 0, record 7: no record begins/)
      const why = await run(['journal', 'why', directory])
      assert.equal(why.exitCode, 7)
      assert.match(why.err, /see quorate journal verify/)
    }))
})
