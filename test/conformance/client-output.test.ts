import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runInProcess } from '../support/command-line.ts'
import { MemoryBroker } from '../support/memory-broker.ts'

const main = fileURLToPath(new URL('../../packages/broker/src/cli/main.ts', import.meta.url))
const ENDS_WITHIN_MS = 30_000

/** Runs the command as a process whose standard output is this open file. */
async function runInto(file: number, ...words: string[]) {
  const node = ['--conditions=quorate-source', '--import', 'tsx', main]
  const child = spawn(process.execPath, [...node, ...words], {
    stdio: ['ignore', file, 'pipe'],
    timeout: ENDS_WITHIN_MS,
    killSignal: 'SIGKILL',
  })
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const err = child.stderr === null ? '' : await text(child.stderr)
  return { exitCode: await exit, err }
}

/** The end of a pipe that nobody reads from any more. */
function unreadPipe(): number {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-pipe-'))
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(path, constants.O_WRONLY)
  closeSync(reader)
  rmSync(folder, { recursive: true })
  return writer
}

/** What is left of three messages when a consumer that cannot write has ended. */
async function leftAfter(file: number) {
  const broker = new MemoryBroker()
  await broker.listen()
  const url = ['--brokerUrl', broker.uri]
  try {
    await runInProcess(['producer', ...url, '--messageCount', '3'])
    const { exitCode, err } = await runInto(file, 'consumer', ...url, '--messageCount', '3')
    const left = await runInProcess(['consumer', ...url, '--receiveTimeout', '300ms'])
    return { exitCode, err, left: left.out.split('\n').filter((line) => line !== '').length }
  } finally {
    closeSync(file)
    await broker.stop()
  }
}

describe('a consumer that cannot write what it receives', () => {
  it('acknowledges nothing when its reader went away, and that is no error', async () => {
    const { exitCode, left } = await leftAfter(unreadPipe())
    assert.deepEqual([exitCode, left], [0, 3])
  })

  it('acknowledges nothing when the disk is full, and says so', async () => {
    const { exitCode, err, left } = await leftAfter(openSync('/dev/full', 'w'))
    assert.deepEqual([exitCode, left], [5, 3], err)
    assert.match(err, /^error standard output: ENOSPC/m)
  })
})
