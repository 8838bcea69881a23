import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { copyFile, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileSystem } from '../../../../src/store/journal/file-system.ts'
import { nodeFileSystem } from '../../../../src/store/journal/node-file-system.ts'
import { classicLevelBackend } from '../../../../src/store/leveldb/classic-level-backend.ts'
import { checkFiles } from '../../../../src/store/leveldb/files/check-files.ts'
import { crc32c } from '../../../../src/store/leveldb/files/crc32c.ts'
import { checkTable } from '../../../../src/store/leveldb/files/table.ts'
import { writeVarint } from '../../../../src/store/varint.ts'
import { withDirectory } from '../index-fixture.ts'
import { SMALL, fileOf, fill, flipBit, onlyFile } from './level-files.ts'

const FOOTER_BYTES = 48

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
        await checkFiles(directory, nodeFileSystem)
      })
    }
  })

  it('are nothing to complain of where there is no database', () =>
    withDirectory(async (directory) => {
      await checkFiles(directory, nodeFileSystem)
      await checkFiles(join(directory, 'missing'), nodeFileSystem)
    }))

  it('are damaged when one bit of a table is, wherever: nothing else reaches LevelDB', () =>
    withDirectory(async (directory) => {
      await fill(directory, SMALL)
      const table = await onlyFile(directory, '.ldb')
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
      const table = await onlyFile(directory, '.ldb')
      const { length } = await readFile(table)
      for (let end = length - 1; end >= 0; end -= end > FOOTER_BYTES ? 13 : 1) {
        await truncate(table, end)
        await assert.rejects(
          checkFiles(directory, nodeFileSystem),
          { code: 'INDEX_CORRUPT' },
          `${end} bytes`,
        )
      }
    }))

  it('name the block that fails its checksum, in large tables too', () =>
    withDirectory(async (directory) => {
      await fill(directory, { rows: 1_000, valueBytes: 1_500, isRandom: true })
      const table = await onlyFile(directory, '.ldb')
      const bytes = await readFile(table)
      await writeFile(table, flipBit(bytes, 1_200_000))
      await assert.rejects(
        checkFiles(directory, nodeFileSystem),
        ({ message, details }: Failure) => {
          const { file, position } = details
          assert.equal(message, `${table} is damaged: position ${position} fails its checksum`)
          assert.equal(file, table)
          assert.ok(position <= 1_200_000 && position > 1_190_000, `${position}`)
          return true
        },
      )
    }))

  it('may lie beside tables that a crash has left half written', () =>
    withDirectory(async (directory) => {
      await fill(directory, SMALL)
      const table = await onlyFile(directory, '.ldb')
      const left = join(directory, '000099.ldb')
      await copyFile(table, left)
      await truncate(left, 1_000)
      await checkFiles(directory, nodeFileSystem)
    }))

  it('are left to LevelDB where a table, the manifest or what CURRENT names is missing', async () => {
    for (const lost of ['.ldb', 'MANIFEST', 'CURRENT']) {
      await withDirectory(async (directory) => {
        await fill(directory, SMALL)
        await rm(await onlyFile(directory, lost))
        await checkFiles(directory, nodeFileSystem)
      })
    }
  })

  it('are damaged where the disk cannot read them, and not when the process cannot', () =>
    withDirectory(async (directory) => {
      await fill(directory, SMALL)
      const table = await onlyFile(directory, '.ldb')
      for (const [errno, code, message] of [
        ['EIO', 'INDEX_CORRUPT', /000005\.ldb is damaged: position \d+ cannot be read$/],
        ['EMFILE', 'STORE_UNAVAILABLE', /^Cannot read .*000005\.ldb: no luck$/],
      ] as const) {
        const read = (): Promise<number> => {
          return Promise.reject(Object.assign(new Error('no luck'), { code: errno }))
        }
        const failing: FileSystem = {
          ...nodeFileSystem,
          open: async (path, mode) => {
            if (path !== table) return nodeFileSystem.open(path, mode)
            return { ...fileOf(await readFile(path)), read }
          },
        }
        await assert.rejects(checkFiles(directory, failing), { code, message })
      }
    }))

  it('cannot be told to be whole when CURRENT or their manifest cannot be read', () =>
    withDirectory(async (directory) => {
      await fill(directory, SMALL)
      for (const unreadable of ['CURRENT', 'MANIFEST']) {
        const path = await onlyFile(directory, unreadable)
        const failing: FileSystem = {
          ...nodeFileSystem,
          open: (opened, mode) => {
            if (opened !== path) return nodeFileSystem.open(opened, mode)
            return Promise.reject(Object.assign(new Error('no luck'), { code: 'EMFILE' }))
          },
        }
        await assert.rejects(checkFiles(directory, failing), {
          code: 'STORE_UNAVAILABLE',
          message: `Cannot read ${path}: no luck`,
        })
      }
    }))
})

describe('a table of LevelDB', () => {
  it('is whole however many blocks it has, and however little a read gives', async () => {
    // More than a call takes arguments.
    const table = tableOf(130_000)
    await checkTable(fileOf(table, 500_000), table.length)
  })
})

/** Restart points of a block without entries: one, at its beginning. */
const NO_ENTRIES = Buffer.from('0000000001000000', 'hex')

/** A table of so many data blocks, all empty. */
function tableOf(blocks: number): Buffer {
  const block = sealed(NO_ENTRIES)
  const entries: Buffer[] = []
  for (let i = 0; i < blocks; i++) {
    const handle = handleOf(i * block.length, NO_ENTRIES.length)
    entries.push(Buffer.from([0, 1, handle.length, 0x61]), handle)
  }
  const content = Buffer.concat([...entries, NO_ENTRIES])
  const metaindexAt = blocks * block.length
  const footer = Buffer.alloc(FOOTER_BYTES)
  Buffer.concat([
    handleOf(metaindexAt, NO_ENTRIES.length),
    handleOf(metaindexAt + block.length, content.length),
  ]).copy(footer)
  footer.write('57fb808b247547db', FOOTER_BYTES - 8, 'hex')
  const data = new Array<Buffer>(blocks).fill(block)
  return Buffer.concat([...data, block, sealed(content), footer])
}

function sealed(content: Buffer): Buffer {
  const block = Buffer.concat([content, Buffer.alloc(5)])
  const crc = crc32c(block, 0, content.length + 1)
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
  block.writeUInt32LE(masked, content.length + 1)
  return block
}

function handleOf(position: number, size: number): Buffer {
  const bytes = Buffer.alloc(16)
  return bytes.subarray(0, writeVarint(bytes, writeVarint(bytes, 0, position), size))
}

interface Failure {
  readonly message: string
  readonly details: { readonly file: string; readonly position: number }
}
