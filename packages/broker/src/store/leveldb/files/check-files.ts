import { join } from 'node:path'
import { BrokerError, errnoOf, toBrokerError } from '@quorate/core/base/errors'
import type { File, FileSystem } from '../../journal/file-system.ts'
import { readLiveTables, readManifestName } from './manifest.ts'
import type { LiveTable } from './manifest.ts'
import { checkTable } from './table.ts'

/**
 * Reads all tables of a LevelDB database that is not open yet, and throws INDEX_CORRUPT with file
 * and position when one is damaged, STORE_UNAVAILABLE when that cannot be told. LevelDB itself
 * takes the checksums of tables for granted, and on what it cannot make sense of it ends the whole
 * process (google/leveldb, issue 966): at every start again, where its first compaction meets the
 * damage. Its manifest and its journal it does check, so what is wrong with them, and tables that
 * are missing, it is left to tell.
 *
 * Tables that the manifest does not name are not looked at: a crash leaves such behind, half
 * written. Nothing is changed, so it does no harm to a database that somebody else has open.
 */
export async function checkFiles(directory: string, fileSystem: FileSystem): Promise<void> {
  for (const { number, size } of await liveTables(directory, fileSystem)) {
    const path = join(directory, `${String(number).padStart(6, '0')}.ldb`)
    await within(fileSystem, path, (table) => checkTable(table, size))
  }
}

/** The manifest of a database; null where there is none that CURRENT names. */
export async function findManifest(
  directory: string,
  fileSystem: FileSystem,
): Promise<string | null> {
  const name = await within(fileSystem, join(directory, 'CURRENT'), readManifestName)
  return name === null ? null : join(directory, name)
}

/** None where there is no database, or a manifest that LevelDB will find damaged. */
async function liveTables(
  directory: string,
  fileSystem: FileSystem,
): Promise<readonly LiveTable[]> {
  try {
    const path = await findManifest(directory, fileSystem)
    if (path === null) return []
    return (await within(fileSystem, path, readLiveTables)) ?? []
  } catch (error) {
    if (toBrokerError(error).code === 'MALFORMED_FRAME') return []
    throw error
  }
}

/** Null when there is no such file. */
async function within<T>(
  fileSystem: FileSystem,
  path: string,
  read: (file: File) => Promise<T>,
): Promise<T | null> {
  let file: File | undefined
  try {
    file = await fileSystem.open(path, 'read')
    return await read(file)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    const { code, message, details } = toBrokerError(error, 'STORE_UNAVAILABLE')
    const what = code === 'INDEX_CORRUPT' ? `${path} is damaged` : `Cannot read ${path}`
    throw new BrokerError(code, `${what}: ${message}`, {
      cause: error,
      details: { ...details, file: path },
    })
  } finally {
    await file?.close()
  }
}
