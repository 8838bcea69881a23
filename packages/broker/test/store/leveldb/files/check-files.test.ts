import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { copyFile, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { classicLevelBackend } from '../../../../src/store/leveldb/classic-level-backend.ts'
import { checkFiles } from '../../../../src/store/leveldb/files/check-files.ts'
import { readEdits, readLiveTables } from '../../../../src/store/leveldb/files/manifest.ts'
import { withDirectory } from '../index-fixture.ts'

const FOOTER_BYTES = 48

interface Sizes {
  readonly rows: number
  readonly valueBytes: number
  /** Zeros compress well, and random bytes not at all. */
  readonly isRandom?: boolean
}

const SMALL: Sizes = { rows: 40, valueBytes: 400 }

/** Rows, written so that they end up in tables. */
async function fill(
  directory: string,
  { rows, valueBytes, isRandom = false }: Sizes,
): Promise<void> {
  const database = new ClassicLevel<Buffer, Buffer>(directory, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
  })
  let state = 1
  for (let row = 0; row < rows; row++) {
    const value = Buffer.alloc(valueBytes)
    if (isRandom) for (let i = 0; i < valueBytes; i++) value[i] = state = (state * 75 + 74) % 65_537
    await database.put(Buffer.from(`row ${String(row).padStart(6, '0')}`), value)
  }
  await database.compactRange(Buffer.from('a'), Buffer.from('z'))
  await database.close()
}

/** The names of the tables in the directory. */
async function tablesIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.ldb')).sort()
}

async function onlyTable(directory: string): Promise<string> {
  const [name, ...others] = await tablesIn(directory)
  assert.ok(name !== undefined && others.length === 0)
  return join(directory, name)
}

function flipBit(bytes: Buffer, at: number): Buffer {
  const flipped = Buffer.from(bytes)
  flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at)
  return flipped
}

describe("LevelDB's files, before it opens them", () => {
  it('are whole as it has written them, compressed or not, in one table or many', async () => {
    for (const sizes of [
      { rows: 0, valueBytes: 0 },
      { rows: 1, valueBytes: 1 },
      SMALL,
      { rows: 2_000, valueBytes: 3_000, isRandom: true },
      { rows: 3, valueBytes: 3_000_000, isRandom: true },
      { rows: 30_000, valueBytes: 40 },
    ]) {
      await withDirectory(async (directory) => {
        await fill(directory, sizes)
        await checkFiles(directory)
      })
    }
  })

  it('are nothing to complain of where there is no database', () =>
    withDirectory(async (directory) => {
      await checkFiles(directory)
      await checkFiles(join(directory, 'missing'))
    }))

  it('are damaged when one bit of a table is, wherever: nothing else reaches LevelDB', () =>
    withDirectory(async (directory) => {
      await fill(directory, SMALL)
      const table = await onlyTable(directory)
      const bytes = await readFile(table)
      for (let at = 0; at < bytes.length; at++) {
        await writeFile(table, flipBit(bytes, at))
        // Without the check LevelDB would end this process at some of them.
        await assert.rejects(classicLevelBackend.open(directory), (error: Error) => {
          assert.match(error.message, /\/\d{6}\.ldb is damaged: position \d+ /, `byte ${at}`)
          assert.equal((error as { code?: unknown }).code, 'INDEX_CORRUPT')
          return true
        })
      }
    }))

  it('are damaged when a table is cut off, wherever', () =>
    withDirectory(async (directory) => {
      await fill(directory, SMALL)
      const table = await onlyTable(directory)
      const { length } = await readFile(table)
      for (let end = length - 1; end >= 0; end -= end > FOOTER_BYTES ? 13 : 1) {
        await truncate(table, end)
        await assert.rejects(checkFiles(directory), { code: 'INDEX_CORRUPT' }, `${end} bytes`)
      }
    }))

  it('name the block that fails its checksum, in large tables too', () =>
    withDirectory(async (directory) => {
      await fill(directory, { rows: 1_000, valueBytes: 1_500, isRandom: true })
      const table = await onlyTable(directory)
      const bytes = await readFile(table)
      await writeFile(table, flipBit(bytes, 1_200_000))
      await assert.rejects(checkFiles(directory), ({ message, details }: Failure) => {
        const { file, position } = details
        assert.equal(message, `${table} is damaged: position ${position} fails its checksum`)
        assert.equal(file, table)
        assert.ok(position <= 1_200_000 && position > 1_190_000, `${position}`)
        return true
      })
    }))

  it('may lie beside tables that a crash has left half written', () =>
    withDirectory(async (directory) => {
      await fill(directory, SMALL)
      const table = await onlyTable(directory)
      const left = join(directory, '000099.ldb')
      await copyFile(table, left)
      await truncate(left, 1_000)
      await checkFiles(directory)
    }))

  it('are left to LevelDB where a table, the manifest or what CURRENT names is missing', async () => {
    for (const lost of ['.ldb', 'MANIFEST', 'CURRENT']) {
      await withDirectory(async (directory) => {
        await fill(directory, SMALL)
        const name = (await readdir(directory)).find((name) => name.includes(lost))
        await rm(join(directory, name ?? assert.fail(lost)))
        await checkFiles(directory)
      })
    }
  })
})

interface Failure {
  readonly message: string
  readonly details: { readonly file: string; readonly position: number }
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
        const live = await readLiveTables(directory)
        await database.close()
        assert.ok(listed.length > 0)
        const byNumber = (a: { number: number }, b: { number: number }): number =>
          a.number - b.number
        const expected = listed.map(([, number, size]) => {
          return { number: Number(number), size: Number(size) }
        })
        assert.deepEqual(live?.sort(byNumber), expected.sort(byNumber))
      }
    }))

  it('ends where its writer died', () =>
    withDirectory(async (directory) => {
      const { edits, bytes } = await manifestOf(directory)
      const last = edits.at(-1)!
      for (const end of [
        bytes.length - 1,
        bytes.length - last.length,
        bytes.length - last.length - 3,
      ]) {
        assert.deepEqual(readEdits(bytes.subarray(0, end)), edits.slice(0, -1), `${end} bytes`)
      }
      assert.deepEqual(readEdits(Buffer.concat([bytes, Buffer.alloc(500)])), edits)
    }))

  it('is not read when it is damaged, nor when it is something else', () =>
    withDirectory(async (directory) => {
      const { name, bytes } = await manifestOf(directory)
      assert.equal(readEdits(flipBit(bytes, 20)), null)
      await writeFile(join(directory, name), flipBit(bytes, 20))
      assert.equal(await readLiveTables(directory), null)
      await writeFile(join(directory, name), bytes)
      assert.notEqual(await readLiveTables(directory), null)
      await writeFile(join(directory, 'CURRENT'), '../elsewhere\n')
      assert.equal(await readLiveTables(directory), null)
    }))
})

async function manifestOf(
  directory: string,
): Promise<{ name: string; bytes: Buffer; edits: Buffer[] }> {
  await fill(directory, SMALL)
  const name = (await readdir(directory)).find((name) => name.startsWith('MANIFEST'))!
  const bytes = await readFile(join(directory, name))
  const edits = readEdits(bytes)
  assert.ok(edits !== null && edits.length >= 2)
  return { name, bytes, edits }
}
