import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { nodeFileSystem } from '../../../../src/store/journal/node-file-system.ts'
import { findManifest } from '../../../../src/store/leveldb/files/check-files.ts'
import {
  readEdits,
  readLiveTables,
  readManifestName,
} from '../../../../src/store/leveldb/files/manifest.ts'
import type { LiveTable } from '../../../../src/store/leveldb/files/manifest.ts'
import { withDirectory } from '../index-fixture.ts'
import { SMALL, fileOf, fill, flipBit, onlyFile } from './level-files.ts'

const BLOCK_BYTES = 32 * 1024

async function liveIn(directory: string): Promise<LiveTable[]> {
  const path = await findManifest(directory, nodeFileSystem)
  const file = await nodeFileSystem.open(path ?? assert.fail('no manifest'), 'read')
  const live = await readLiveTables(file)
  await file.close()
  return live.sort(byNumber)
}

function byNumber(a: LiveTable, b: LiveTable): number {
  return a.number - b.number
}

async function editsOf(manifest: Buffer): Promise<Buffer[]> {
  const edits: Buffer[] = []
  for await (const edit of readEdits(fileOf(manifest))) edits.push(edit)
  return edits
}

/** The manifest of a small database. */
async function manifestOf(directory: string): Promise<Buffer> {
  await fill(directory, SMALL)
  return readFile(await onlyFile(directory, 'MANIFEST'))
}

describe("LevelDB's manifest", () => {
  it('names the tables that LevelDB itself takes for live, after any flushes and compactions', () =>
    withDirectory(async (directory) => {
      for (const rows of [10, 5_000, 100, 20_000, 3]) {
        const database = new ClassicLevel<Buffer, Buffer>(directory, {
          keyEncoding: 'buffer',
          valueEncoding: 'buffer',
          writeBufferSize: 100_000,
          maxFileSize: 200_000,
        })
        await database.open()
        const batch = database.batch()
        for (let row = 0; row < rows; row++) {
          const key = Buffer.alloc(4)
          key.writeUInt32BE((row * 7_919) % 65_536)
          batch.put(key, Buffer.alloc(100, row))
        }
        await batch.write()
        // What is being compacted when a database is closed waits until it is opened again.
        await database.compactRange(Buffer.alloc(4), Buffer.alloc(4, 0xff))
        const listed = [...database.getProperty('leveldb.sstables').matchAll(/^ (\d+):(\d+)\[/gm)]
        const live = await liveIn(directory)
        await database.close()
        assert.ok(listed.length > 0)
        const expected = listed.map(([, number, size]) => {
          return { number: Number(number), size: Number(size) }
        })
        assert.deepEqual(live, expected.sort(byNumber))
      }
    }))

  it('is read across its blocks, of which edits may take several', () =>
    withDirectory(async (directory) => {
      const database = new ClassicLevel<Buffer, Buffer>(directory, {
        keyEncoding: 'buffer',
        valueEncoding: 'buffer',
      })
      await database.open()
      // An edit names the first and the last key of a table.
      for (let row = 0; row < 4; row++)
        await database.put(Buffer.alloc(20_000, row), Buffer.from('x'))
      await database.compactRange(Buffer.from([0]), Buffer.from([9]))
      const listed = [...database.getProperty('leveldb.sstables').matchAll(/^ (\d+):(\d+)\[/gm)]
      await database.close()
      const { length } = await readFile(await onlyFile(directory, 'MANIFEST'))
      assert.ok(length > BLOCK_BYTES, `${length} bytes`)
      const live = await liveIn(directory)
      assert.deepEqual(
        live.map(({ number }) => number),
        listed.map(([, number]) => Number(number)),
      )
    }))

  it('ends where its writer died, or where nothing but zeros follows', () =>
    withDirectory(async (directory) => {
      const bytes = await manifestOf(directory)
      const edits = await editsOf(bytes)
      const last = edits.at(-1)?.length ?? assert.fail('no edit')
      for (const end of [bytes.length - 1, bytes.length - last, bytes.length - last - 3]) {
        assert.deepEqual(await editsOf(bytes.subarray(0, end)), edits.slice(0, -1), `${end} bytes`)
      }
      for (const zeros of [7, 500, 3 * BLOCK_BYTES]) {
        assert.deepEqual(await editsOf(Buffer.concat([bytes, Buffer.alloc(zeros)])), edits)
      }
    }))

  it('is damaged where edits follow upon zeros, which LevelDB would pass over', () =>
    withDirectory(async (directory) => {
      const bytes = await manifestOf(directory)
      const zeros = Buffer.alloc(BLOCK_BYTES - bytes.length)
      await assert.rejects(editsOf(Buffer.concat([bytes, zeros, bytes])), {
        code: 'INDEX_CORRUPT',
        message: `position ${bytes.length} has zeros before further edits`,
      })
    }))

  it('is malformed when any bit of an edit that was made is another one', () =>
    withDirectory(async (directory) => {
      const bytes = await manifestOf(directory)
      const edits = await editsOf(bytes)
      for (let at = 0; at < bytes.length; at++) {
        // A length that leads beyond the end looks like a writer that died, to LevelDB too.
        const read = await editsOf(flipBit(bytes, at)).catch((error: unknown) => error)
        const isCut = Array.isArray(read) && read.length < edits.length
        const code = read instanceof Error && 'code' in read ? read.code : 'none'
        assert.ok(isCut || code === 'MALFORMED_FRAME', `byte ${at}: ${String(code)}`)
      }
    }))

  it('is none that CURRENT names when that is no name of one', () =>
    withDirectory(async (directory) => {
      await manifestOf(directory)
      await writeFile(join(directory, 'CURRENT'), '../MANIFEST-000001\n')
      assert.equal(await findManifest(directory, nodeFileSystem), null)
    }))

  it('is looked for in the beginning of CURRENT only, however long that is', async () => {
    let asked = 0
    const current = fileOf(Buffer.concat([Buffer.from('MANIFEST-000001\n'), Buffer.alloc(1 << 20)]))
    const name = await readManifestName({
      ...current,
      read: (target, position) => {
        asked += target.length
        return current.read(target, position)
      },
    })
    assert.equal(name, null)
    assert.ok(asked <= 64, `${asked} bytes`)
  })
})
