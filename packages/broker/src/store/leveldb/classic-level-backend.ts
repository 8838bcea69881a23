import { rename, rm } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ClassicLevel } from 'classic-level'
import { BrokerError, errnoOf, toBrokerError } from '@quorate/core/base/errors'
import { nodeFileSystem } from '../journal/node-file-system.ts'
import type { RowWrite } from './checkpoint-batch.ts'
import { checkFiles, findManifest } from './files/check-files.ts'
import { asideOf } from './index-database.ts'
import type { IndexBackend, IndexDatabase, RawRow } from './index-database.ts'

type Database = ClassicLevel<Buffer, Buffer>

/** Rows that are read at a time while the index is loaded. */
const ROWS_PER_READ = 256
/** Rows that are put into a batch before others have their turn: about a millisecond. */
const ROWS_PER_TURN = 512
/** LevelDB's own buffer: a checkpoint goes through it in one piece as a rule. */
const WRITE_BUFFER_BYTES = 8 * 1024 * 1024

/** LevelDB itself. */
export const classicLevelBackend: IndexBackend = {
  async open(directory) {
    await checkFiles(directory, nodeFileSystem)
    const database: Database = new ClassicLevel(directory, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      writeBufferSize: WRITE_BUFFER_BYTES,
    })
    try {
      await database.open()
    } catch (error) {
      const known = indexError(error, 'open the index')
      const isTorn = known.code === 'STORE_UNAVAILABLE' && (await lacksManifest(directory))
      throw isTorn ? asCorrupt(known) : known
    }
    return new ClassicLevelDatabase(database)
  },

  async destroy(directory) {
    try {
      await ClassicLevel.destroy(directory)
    } catch (error) {
      throw indexError(error, 'delete the index')
    }
  },

  async setAside(directory) {
    try {
      await rm(asideOf(directory), { recursive: true, force: true })
      await rename(directory, asideOf(directory))
    } catch (error) {
      throw indexError(error, 'set the index aside')
    }
  },
}

class ClassicLevelDatabase implements IndexDatabase {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async get(key: Buffer): Promise<Buffer | undefined> {
    try {
      return await this.#database.get(key)
    } catch (error) {
      throw readError(error)
    }
  }

  getSync(key: Buffer): Buffer | undefined {
    try {
      return this.#database.getSync(key)
    } catch (error) {
      throw readError(error)
    }
  }

  async *rows(): AsyncGenerator<RawRow[]> {
    const iterator = this.#database.iterator()
    try {
      for (;;) {
        const rows = await iterator.nextv(ROWS_PER_READ)
        if (rows.length === 0) return
        yield rows
      }
    } catch (error) {
      throw readError(error)
    } finally {
      await iterator.close()
    }
  }

  async write(writes: readonly RowWrite[]): Promise<void> {
    try {
      const batch = this.#database.batch()
      for (let at = 0; at < writes.length; at += ROWS_PER_TURN) {
        // What is put in is copied: very many rows in one go would hold up everything else.
        if (at > 0) await nextTurn()
        for (const write of writes.slice(at, at + ROWS_PER_TURN)) {
          if (write.type === 'put') batch.put(write.key, write.value)
          else batch.del(write.key)
        }
      }
      await batch.write({ sync: true })
    } catch (error) {
      throw indexError(error, 'write the index')
    }
  }

  async close(): Promise<void> {
    await this.#database.close()
  }
}

/**
 * True when CURRENT names a manifest that is not there. LevelDB calls that an I/O error like any
 * other; but no later attempt will find it.
 */
async function lacksManifest(directory: string): Promise<boolean> {
  try {
    const manifest = await findManifest(directory, nodeFileSystem)
    return manifest === null || (await nodeFileSystem.size(manifest)) === null
  } catch {
    return false
  }
}

/**
 * What can be opened and not be read is damaged: a table that was cut off is an I/O error to
 * LevelDB too. Were it the disk, the checkpoint after the rebuild would tell.
 */
function readError(error: unknown): BrokerError {
  const known = indexError(error, 'read the index')
  return known.code === 'STORE_UNAVAILABLE' ? asCorrupt(known) : known
}

function asCorrupt(error: BrokerError): BrokerError {
  return new BrokerError('INDEX_CORRUPT', error.message, { cause: error })
}

function indexError(error: unknown, what: string): BrokerError {
  if (error instanceof BrokerError) return error
  // abstract-level wraps what LevelDB said on opening.
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error
  const code = errnoOf(inner)
  const reason = inner instanceof Error ? inner.message : String(inner)
  const message = `Cannot ${what}: ${reason}`
  if (code === 'LEVEL_LOCKED') return new BrokerError('STORE_IN_USE', message, { cause: error })
  if (code === 'LEVEL_CORRUPTION')
    return new BrokerError('INDEX_CORRUPT', message, { cause: error })
  const known = toBrokerError(inner, 'STORE_UNAVAILABLE').code
  return new BrokerError(known, message, { cause: error })
}
