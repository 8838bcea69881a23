import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import fsPromises, { mkdtemp, rm } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import type { FileSystem } from '../../../src/store/journal/file-system.ts'
import { readFully, writeFully } from '../../../src/store/journal/file-system.ts'
import { MemoryFileSystem } from '../../../src/store/journal/memory-file-system.ts'
import { nodeFileSystem } from '../../../src/store/journal/node-file-system.ts'

type Place = (context: TestContext) => Promise<{ fileSystem: FileSystem; root: string }>

const places: Readonly<Record<string, Place>> = {
  async node(context) {
    const root = await mkdtemp(join(tmpdir(), 'quorate-files-'))
    context.after(() => rm(root, { recursive: true }))
    return { fileSystem: nodeFileSystem, root }
  },
  async memory() {
    const fileSystem = new MemoryFileSystem()
    await fileSystem.makeDirectory('/root')
    return { fileSystem, root: '/root' }
  },
}

for (const [name, place] of Object.entries(places)) {
  describe(`file system: ${name}`, () => {
    it('writes buffers one after the other and reads them back', async (context) => {
      const { fileSystem, root } = await place(context)
      const path = join(root, 'a')
      const file = await fileSystem.open(path, 'create')
      await writeFully(file, [Buffer.from('hello '), Buffer.alloc(0), Buffer.from('world')], 3)
      await file.syncData()
      await file.sync()
      assert.equal(await fileSystem.size(path), 14)
      assert.equal((await readFully(file, 0, 100)).toString('latin1'), '\0\0\0hello world')
      assert.equal((await readFully(file, 9, 2)).toString(), 'wo')
      assert.equal((await readFully(file, 14, 2)).length, 0)
      await file.close()
      const again = await fileSystem.open(path, 'read')
      assert.equal((await readFully(again, 3, 5)).toString(), 'hello')
      await again.close()
    })

    it('writes thousands of buffers at once', async (context) => {
      const { fileSystem, root } = await place(context)
      const file = await fileSystem.open(join(root, 'a'), 'create')
      const buffers = Array.from({ length: 5000 }, (_, i) => Buffer.from([i & 0xff, i >> 8]))
      await writeFully(file, buffers, 0)
      assert.ok((await readFully(file, 0, 10_000)).equals(Buffer.concat(buffers)))
      await file.close()
    })

    it('shortens and lengthens a file with zeros', async (context) => {
      const { fileSystem, root } = await place(context)
      const file = await fileSystem.open(join(root, 'a'), 'create')
      await writeFully(file, [Buffer.from('abcdef')], 0)
      await file.truncate(3)
      await file.truncate(5)
      assert.equal((await readFully(file, 0, 9)).toString('latin1'), 'abc\0\0')
      await file.close()
    })

    it('tells what is missing from what exists', async (context) => {
      const { fileSystem, root } = await place(context)
      const path = join(root, 'a')
      assert.equal(await fileSystem.size(path), null)
      await assert.rejects(fileSystem.open(path, 'read'), { code: 'ENOENT' })
      await assert.rejects(fileSystem.open(path, 'write'), { code: 'ENOENT' })
      await assert.rejects(fileSystem.remove(path), { code: 'ENOENT' })
      await assert.rejects(fileSystem.rename(path, join(root, 'b')), { code: 'ENOENT' })
      await (await fileSystem.open(path, 'create')).close()
      await assert.rejects(fileSystem.open(path, 'create'), { code: 'EEXIST' })
      assert.deepEqual(await fileSystem.list(join(root, 'nowhere')), [])
    })

    it('tells what is left on the disk', async (context) => {
      const { fileSystem, root } = await place(context)
      const { freeBytes, totalBytes } = await fileSystem.space(root)
      assert.ok(freeBytes > 0 && freeBytes <= totalBytes)
    })

    it('lists, renames over and removes', async (context) => {
      const { fileSystem, root } = await place(context)
      for (const name of ['a', 'b']) {
        const file = await fileSystem.open(join(root, name), 'create')
        await writeFully(file, [Buffer.from(name)], 0)
        await file.close()
      }
      await fileSystem.makeDirectory(join(root, 'c', 'd'))
      await fileSystem.makeDirectory(join(root, 'c', 'd'))
      assert.deepEqual((await fileSystem.list(root)).sort(), ['a', 'b', 'c'])
      await fileSystem.rename(join(root, 'a'), join(root, 'b'))
      await fileSystem.syncDirectory(root)
      const file = await fileSystem.open(join(root, 'b'), 'write')
      assert.equal((await readFully(file, 0, 9)).toString(), 'a')
      await file.close()
      await fileSystem.remove(join(root, 'b'))
      assert.deepEqual(await fileSystem.list(root), ['c'])
    })
  })
}

describe('directories on the disk', () => {
  /** The directories that `work` opens, which it does to sync them. */
  async function openedBy(context: TestContext, work: () => Promise<void>): Promise<string[]> {
    const { open } = fsPromises
    const opened: string[] = []
    const spy = context.mock.method(fsPromises, 'open', (path: string, flags: string) => {
      opened.push(path)
      return open(path, flags)
    })
    syncBuiltinESMExports()
    try {
      await work()
    } finally {
      spy.mock.restore()
      syncBuiltinESMExports()
    }
    return opened
  }

  it('are durable with all those above them, whoever made them', async (context) => {
    const root = await mkdtemp(join(tmpdir(), 'quorate-files-'))
    context.after(() => rm(root, { recursive: true }))
    const path = join(root, 'a', 'b', 'c')
    const above: string[] = []
    for (let at = path; at !== dirname(at); at = dirname(at)) above.push(dirname(at))
    assert.deepEqual(await openedBy(context, () => nodeFileSystem.makeDirectory(path)), above)
    const other = join(root, 'd', 'e', 'f')
    // Made by somebody who did not sync.
    mkdirSync(other, { recursive: true })
    const synced = await openedBy(context, () => nodeFileSystem.makeDirectory(other))
    assert.deepEqual(synced.slice(0, 3), [join(root, 'd', 'e'), join(root, 'd'), root])
  })
})
