import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MemoryFileSystem } from '../../../src/store/journal/memory-file-system.ts'
import type { FileOperation } from '../../../src/store/journal/memory-file-system.ts'

async function fresh(options = {}) {
  const fileSystem = new MemoryFileSystem(options)
  await fileSystem.makeDirectory('/d')
  const file = await fileSystem.open('/d/f', 'create')
  await fileSystem.syncDirectory('/d')
  return { fileSystem, file }
}

const SECTORS = 40

describe('file system in memory: power failures', () => {
  it('never loses what was synced', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            at: fc.nat(3000),
            length: fc.nat(3000),
            byte: fc.integer({ min: 1, max: 255 }),
          }),
        ),
        fc.integer(),
        async (writes, seed) => {
          const { fileSystem, file } = await fresh()
          for (const { at, length, byte } of writes)
            await file.write([Buffer.alloc(length, byte)], at)
          await file.syncData()
          const before = fileSystem.content('/d/f')!
          assert.deepEqual(fileSystem.crash(seed).content('/d/f'), before)
        },
      ),
    )
  })

  it('makes durable what was there when the sync began, and nothing later', async () => {
    const started: (() => void)[] = []
    const turn = ({ kind }: FileOperation): Promise<void> =>
      kind.startsWith('sync') && kind !== 'sync'
        ? new Promise((resolve) => void started.push(resolve))
        : Promise.resolve()
    const fileSystem = new MemoryFileSystem({ turn })
    await fileSystem.makeDirectory('/d')
    const file = await fileSystem.open('/d/f', 'create')
    const naming = fileSystem.syncDirectory('/d')
    await fileSystem.open('/d/later', 'create')
    await file.write([Buffer.alloc(2000, 1)], 0)
    const syncing = file.syncData()
    await file.write([Buffer.alloc(2000, 2)], 1000)
    for (const finish of started) finish()
    await Promise.all([naming, syncing])
    assert.deepEqual(fileSystem.medium('/d/f'), Buffer.alloc(2000, 1))
    assert.equal(fileSystem.isDurable('/d/f', 0, 3000), false)
    assert.equal(fileSystem.medium('/d/later'), null)
  })

  it('keeps, loses, tears and reorders what was not synced, sector by sector', async () => {
    const seen = { all: 0, none: 0, prefix: 0, other: 0 }
    for (let seed = 0; seed < 300; seed++) {
      const { fileSystem, file } = await fresh()
      const sectors = seed % 3 === 0 ? 1 : 4
      await file.write([Buffer.alloc(512 * SECTORS)], 0)
      await file.syncData()
      await file.write([Buffer.alloc(512 * sectors, 7)], 0)
      const content = fileSystem.crash(seed).content('/d/f')!
      const kept = Array.from({ length: sectors }, (_, i) => content[512 * i] === 7)
      const count = kept.filter(Boolean).length
      if (count === sectors) seen.all++
      else if (count === 0) seen.none++
      else if (kept.lastIndexOf(true) < kept.indexOf(false)) seen.prefix++
      else seen.other++
    }
    for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, what)
  })

  it('leaves the same remains for the same seed', async () => {
    const remains: Buffer[] = []
    for (let i = 0; i < 2; i++) {
      const { fileSystem, file } = await fresh()
      await file.write([Buffer.alloc(512 * SECTORS, 3)], 0)
      remains.push(fileSystem.crash(42).content('/d/f')!)
    }
    assert.deepEqual(remains[0], remains[1])
  })

  it('forgets names whose directory was not synced, in order', async () => {
    const found = new Set<string>()
    for (let seed = 0; seed < 60; seed++) {
      const { fileSystem } = await fresh()
      await fileSystem.open('/d/one', 'create')
      await fileSystem.rename('/d/one', '/d/two')
      await fileSystem.remove('/d/f')
      found.add((await fileSystem.crash(seed).list('/d')).sort().join())
    }
    assert.deepEqual([...found].sort(), ['f', 'f,one', 'f,two', 'two'])
  })

  it('moves directories with all that is in them, and files between directories', async () => {
    const { fileSystem, file } = await fresh()
    await file.write([Buffer.from('content')], 0)
    await fileSystem.makeDirectory('/d/sub/deep')
    await fileSystem.open('/d/sub/deep/g', 'create')
    await fileSystem.makeDirectory('/d/aside')
    await fileSystem.rename('/d/sub', '/d/aside/sub')
    await fileSystem.rename('/d/f', '/d/aside/f')
    assert.deepEqual(await fileSystem.list('/d'), ['aside'])
    assert.deepEqual((await fileSystem.list('/d/aside')).sort(), ['f', 'sub'])
    assert.deepEqual(await fileSystem.list('/d/aside/sub/deep'), ['g'])
    assert.equal(fileSystem.content('/d/aside/f')?.toString(), 'content')
  })

  it('may bring back a longer file after a truncation, but not after a synced one', async () => {
    const sizes = new Set<number>()
    for (let seed = 0; seed < 40; seed++) {
      const { fileSystem, file } = await fresh()
      await file.write([Buffer.alloc(2000, 1)], 0)
      await file.sync()
      await file.truncate(100)
      if (seed % 2 === 0) await file.sync()
      const size = fileSystem.crash(seed).content('/d/f')!.length
      if (seed % 2 === 0) assert.equal(size, 100)
      else sizes.add(size)
    }
    assert.deepEqual([...sizes].sort(), [100, 2000])
  })

  it('answers nothing to a process that is gone', async () => {
    const { fileSystem, file } = await fresh()
    await file.write([Buffer.from('x')], 0)
    const next = fileSystem.kill()
    let answered = false
    void file.write([Buffer.from('y')], 0).then(() => (answered = true))
    void fileSystem.remove('/d/f').then(() => (answered = true))
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(answered, false)
    assert.equal(next.content('/d/f')!.toString(), 'x')
  })
})

describe('file system in memory: errors on request', () => {
  it('loses silently what a failed sync should have written, as Linux does', async () => {
    const { fileSystem, file } = await fresh()
    await file.write([Buffer.alloc(512, 1)], 0)
    await file.syncData()
    await file.write([Buffer.alloc(512, 2)], 0)
    fileSystem.fault = ({ kind }) => (kind === 'syncData' ? { errno: 'EIO' } : null)
    await assert.rejects(file.syncData(), { code: 'EIO' })
    fileSystem.fault = () => null
    await file.syncData()
    assert.equal(fileSystem.content('/d/f')![0], 2)
    assert.equal(fileSystem.crash(1).content('/d/f')![0], 1)
  })

  it('shows what was there before once the pages of a failed sync have left the cache', async () => {
    const { fileSystem, file } = await fresh()
    await file.write([Buffer.alloc(1024, 1)], 0)
    await file.sync()
    fileSystem.fault = ({ kind }) => (kind === 'syncData' ? { errno: 'EIO' } : null)
    await file.write([Buffer.alloc(1024, 2)], 0)
    await assert.rejects(file.syncData(), { code: 'EIO' })
    await file.write([Buffer.alloc(512, 3)], 512)
    assert.equal(fileSystem.evict(), true)
    const halves = Buffer.concat([Buffer.alloc(512, 1), Buffer.alloc(512, 3)])
    assert.deepEqual(fileSystem.content('/d/f'), halves, 'what was written later is dirty again')
    assert.equal(fileSystem.evict(), false)
  })

  it('makes durable, with the next sync, what has decayed before it', async () => {
    const { fileSystem, file } = await fresh()
    await file.write([Buffer.alloc(1000, 1)], 0)
    fileSystem.flip('/d/f', 700, 2)
    await file.syncData()
    assert.ok(fileSystem.isDurable('/d/f', 0, 1000))
    assert.equal(fileSystem.medium('/d/f')?.[700], 3)
  })

  it('loses the end of a file for good', async () => {
    const { fileSystem, file } = await fresh()
    await file.write([Buffer.alloc(1024, 1)], 0)
    await file.sync()
    fileSystem.cutShort('/d/f', 700)
    assert.deepEqual(fileSystem.crash(1).content('/d/f'), Buffer.alloc(700, 1))
  })

  it('runs out of space only when files grow', async () => {
    const { fileSystem, file } = await fresh({ capacityBytes: 1000 })
    await file.write([Buffer.alloc(900)], 0)
    await file.write([Buffer.alloc(900, 1)], 0)
    await assert.rejects(file.write([Buffer.alloc(101)], 900), { code: 'ENOSPC' })
    assert.deepEqual(await fileSystem.space('/'), { freeBytes: 100, totalBytes: 1000 })
    await file.write([Buffer.alloc(100)], 900)
  })

  it('takes as much of a write as it is told to', async () => {
    const { fileSystem, file } = await fresh({ fault: () => ({ writes: 3 }) })
    assert.equal(await file.write([Buffer.from('ab'), Buffer.from('cd')], 0), 3)
    assert.equal(fileSystem.content('/d/f')!.toString(), 'abc')
  })
})
