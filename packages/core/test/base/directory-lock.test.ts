import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { DirectoryLock, directoryHolder } from '../../src/base/directory-lock.ts'
import type { DirectoryLockOptions } from '../../src/base/directory-lock.ts'

async function directoryFor(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-lock-'))
  context.after(() => rm(directory, { recursive: true }))
  return directory
}

/** A machine on which these processes live: id and start time. */
function machine(
  pid: number,
  living: Readonly<Record<number, string>>,
  bootId = 'boot',
): DirectoryLockOptions {
  return {
    processes: { pid, bootId: () => bootId, startTime: (id) => living[id] ?? null },
    backOff: (attempt) => new Promise((resolve) => setTimeout(resolve, randomInt(1, 5 * attempt))),
  }
}

describe('directory lock', () => {
  it('lets one process in, names it to the others, and then lets the next in', async (context) => {
    const directory = await directoryFor(context)
    const both = { 10: '500', 11: '600' }
    const lock = await DirectoryLock.acquire(directory, machine(10, both))
    await assert.rejects(DirectoryLock.acquire(directory, machine(11, both)), {
      code: 'STORE_IN_USE',
      details: { directory, pid: 10 },
    })
    await lock.release()
    const next = await DirectoryLock.acquire(directory, machine(11, both))
    await next.release()
    assert.deepEqual(await readdir(directory), [])
  })

  it('is not fooled by a process id that was given out again, nor by a reboot', async (context) => {
    const directory = await directoryFor(context)
    await DirectoryLock.acquire(directory, machine(10, { 10: '500' }))
    // Dead.
    await DirectoryLock.acquire(directory, machine(11, { 11: '600' }))
    // Another process with the id 11.
    await DirectoryLock.acquire(directory, machine(12, { 11: '700', 12: '800' }))
    // Another boot, in which the same id started at the same tick.
    await DirectoryLock.acquire(directory, machine(13, { 12: '800', 13: '900' }, 'next boot'))
    await assert.rejects(
      DirectoryLock.acquire(directory, machine(14, { 13: '900', 14: '1' }, 'next boot')),
      { code: 'STORE_IN_USE' },
    )
  })

  it('can be asked who holds it, without anything being changed', async (context) => {
    const directory = await directoryFor(context)
    const here = { 10: '500', 11: '600' }
    const { processes } = machine(11, here)
    assert.equal(await directoryHolder(directory, processes), null)
    assert.equal(await directoryHolder(join(directory, 'not there'), processes), null)
    await DirectoryLock.acquire(directory, machine(10, here))
    const names = await readdir(directory)
    assert.equal((await directoryHolder(directory, processes))?.pid, 10)
    // Its file stays although it is dead: whoever only looks cleans nothing up.
    assert.equal(await directoryHolder(directory, machine(11, { 11: '600' }).processes), null)
    assert.deepEqual(await readdir(directory), names)
  })

  it('takes over what is no lock at all', async (context) => {
    const directory = await directoryFor(context)
    for (const content of ['garbage', 'null', '7', '{"pid":1}', '{"pid":1,"startTime":""}']) {
      const name = `lock-1-00000000000000${content.length.toString(16).padStart(2, '0')}`
      await writeFile(join(directory, name), content)
    }
    const lock = await DirectoryLock.acquire(directory, machine(10, { 10: '500' }))
    await lock.release()
  })

  it('never lets two of many in at once, and one in the end', async (context) => {
    const directory = await directoryFor(context)
    await DirectoryLock.acquire(directory, machine(1, { 1: '1' }))
    const living = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [100 + i, `${i}`]))
    let holders = 0
    const work = Object.keys(living).map(async (pid) => {
      for (;;) {
        const lock = await DirectoryLock.acquire(directory, machine(Number(pid), living)).catch(
          () => null,
        )
        if (lock === null) continue
        holders++
        assert.equal(holders, 1)
        await new Promise((resolve) => setImmediate(resolve))
        holders--
        await lock.release()
        return
      }
    })
    await Promise.all(work)
    assert.deepEqual(await readdir(directory), [])
  })

  it('knows the real machine', async (context) => {
    const directory = await directoryFor(context)
    const lock = await DirectoryLock.acquire(directory)
    await assert.rejects(DirectoryLock.acquire(directory), { code: 'STORE_IN_USE' })
    await lock.release()
  })

  it('does not mind a lock that is gone when it is released', async (context) => {
    const directory = await directoryFor(context)
    const old = await DirectoryLock.acquire(directory, machine(10, { 10: '500' }))
    const both = { 11: '600', 12: '700' }
    await DirectoryLock.acquire(directory, machine(11, both))
    await old.release()
    await assert.rejects(DirectoryLock.acquire(directory, machine(12, both)), {
      code: 'STORE_IN_USE',
    })
  })
})
