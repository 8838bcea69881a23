import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { probeDirectory, probeDisk, probePort } from '../../../src/cli/doctor/machine-probes.ts'

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-doctor-'))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('looks of the doctor at this machine', () => {
  it('time a disk, and leave nothing behind', () =>
    inFolder(async (folder) => {
      const look = await probeDisk(join(folder, 'not', 'there', 'yet'))
      assert.equal(look.path, folder)
      assert.equal(look.problem, null)
      assert.ok(look.syncMs.length > 0 && look.totalBytes >= look.freeBytes)
      assert.deepEqual(readdirSync(folder), [])
    }))

  it('find nobody in a folder without data', () =>
    inFolder(async (path) => {
      assert.deepEqual(await probeDirectory(path), { path, holderPid: null, owner: null })
    }))

  it('say who listens at a port, as far as the system tells', () =>
    inFolder(async (folder) => {
      const server = createServer()
      server.listen({ host: '127.0.0.1', port: 0 })
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const wanted = { setting: 'bind', host: '127.0.0.1', port }
      const { state, holder } = await probePort(wanted, folder)
      assert.equal(state, 'taken')
      if (process.platform === 'linux') assert.match(holder, new RegExp(`^pid ${process.pid}, `))
      server.close()
      await once(server, 'close')
      assert.equal((await probePort(wanted, folder)).state, 'free')
      const away = { ...wanted, host: '192.0.2.1' }
      assert.equal((await probePort(away, folder)).state, 'not ours to listen at')
    }))
})
