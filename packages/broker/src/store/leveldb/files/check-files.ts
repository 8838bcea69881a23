import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { BrokerError, errnoOf, toBrokerError } from '@quorate/core/base/errors'
import { readLiveTables } from './manifest.ts'
import type { LiveTable } from './manifest.ts'
import { checkTable } from './table.ts'

/**
 * Reads all tables of a LevelDB database that is not open yet, and throws INDEX_CORRUPT with file
 * and position when one is damaged. LevelDB itself takes the checksums of tables for granted, and
 * on what it cannot make sense of it ends the whole process (google/leveldb, issue 966): at every
 * start again, where its first compaction meets the damage. Its manifest and its journal it does
 * check, so what is wrong with them, and tables that are missing, it is left to tell.
 *
 * Tables that the manifest does not name are not looked at: a crash leaves such behind, half
 * written. Nothing is changed, so it does no harm to a database that somebody else has open.
 */
export async function checkFiles(directory: string): Promise<void> {
  for (const table of (await readLiveTables(directory)) ?? []) await checkFile(directory, table)
}

async function checkFile(directory: string, { number, size }: LiveTable): Promise<void> {
  const path = join(directory, `${String(number).padStart(6, '0')}.ldb`)
  let file: FileHandle | undefined
  try {
    file = await open(path)
    await checkTable(file, size)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    // A sector that cannot be read is damage too: were it the disk, the rebuilt index would tell.
    const { message, details } = toBrokerError(error)
    throw new BrokerError('INDEX_CORRUPT', `${path} is damaged: ${message}`, {
      cause: error,
      details: { ...details, file: path },
    })
  } finally {
    await file?.close()
  }
}
