import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { identityOf, ownIdentity } from '@quorate/core/base/process-identity'
import { PidFile, brokerPidFile, readLivePid, readStalePid } from '../../src/cli/pid-file.ts'

function withFolder(work: (folder: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-pid-'))
    try {
      await work(folder)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
}

describe('pid file', () => {
  it(
    'tells who runs here and where its API is, until it is released',
    withFolder((folder) => {
      const path = join(folder, brokerPidFile)
      assert.equal(readLivePid(path), undefined)
      const file = PidFile.claim(folder, brokerPidFile)
      assert.equal(readLivePid(path)?.pid, process.pid)
      assert.equal(readLivePid(path)?.consoleUrl, undefined)
      file.announce('http://127.0.0.1:1')
      assert.equal(readLivePid(path)?.consoleUrl, 'http://127.0.0.1:1')
      assert.equal(readStalePid(path), undefined)
      file.release()
      assert.equal(readLivePid(path), undefined)
      assert.deepEqual(readdirSync(folder), [])
    }),
  )

  it(
    'refuses a directory that a living process holds',
    withFolder(async (folder) => {
      const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
      await once(child, 'spawn')
      const pid = child.pid ?? 0
      writeFileSync(join(folder, brokerPidFile), JSON.stringify(identityOf(pid)))
      assert.throws(() => PidFile.claim(folder, brokerPidFile), { code: 'STORE_IN_USE' })
      child.kill('SIGKILL')
      await once(child, 'exit')
      PidFile.claim(folder, brokerPidFile).release()
    }),
  )

  it(
    'is not fooled by a process that was given the number of a dead one',
    withFolder((folder) => {
      const path = join(folder, brokerPidFile)
      writeFileSync(path, JSON.stringify({ ...ownIdentity(), bootId: 'another boot' }))
      assert.equal(readLivePid(path), undefined)
      assert.equal(readStalePid(path), process.pid)
    }),
  )

  it(
    'takes damaged files for none',
    withFolder((folder) => {
      const path = join(folder, brokerPidFile)
      for (const text of ['', '{', '[]', 'null', '{"pid":"1"}', '{"pid":1}']) {
        writeFileSync(path, text)
        assert.equal(readLivePid(path), undefined, text)
      }
      PidFile.claim(folder, brokerPidFile).release()
    }),
  )
})
