import { ClassicLevel } from 'classic-level'
import { BrokerError, errnoOf, toBrokerError } from '@quorate/core/base/errors'
import type { RowWrite } from './checkpoint-batch.ts'

type Database = ClassicLevel<Buffer, Buffer>

/** A row as it lies in LevelDB: key, sealed value. */
export type RawRow = readonly [key: Buffer, value: Buffer]

/** Rows that are read at a time while the index is loaded. */
const ROWS_PER_READ = 256
/** LevelDB's own buffer: a checkpoint goes through it in one piece as a rule. */
const WRITE_BUFFER_BYTES = 8 * 1024 * 1024

/**
 * LevelDB behind the four things that the index asks of it, with its errors as ours: STORE_IN_USE when
 * another process has it open, INDEX_CORRUPT when its files are damaged, STORE_UNAVAILABLE otherwise.
 */
export class IndexDatabase {
  readonly #database: Database

  private constructor(database: Database) {
    this.#database = database
  }

  static async open(directory: string): Promise<IndexDatabase> {
    const database: Database = new ClassicLevel(directory, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      writeBufferSize: WRITE_BUFFER_BYTES,
    })
    try {
      await database.open()
    } catch (error) {
      throw indexError(error, 'open the index')
    }
    return new IndexDatabase(database)
  }

  /** Deletes the files of LevelDB in `directory`, whatever their state, and nothing else. */
  static async destroy(directory: string): Promise<void> {
    try {
      await ClassicLevel.destroy(directory)
    } catch (error) {
      throw indexError(error, 'delete the index')
    }
  }

  async get(key: Buffer): Promise<Buffer | undefined> {
    try {
      return await this.#database.get(key)
    } catch (error) {
      throw indexError(error, 'read the index')
    }
  }

  /** All rows in the order of their keys, some at a time. */
  async *rows(): AsyncGenerator<RawRow[]> {
    const iterator = this.#database.iterator()
    try {
      for (;;) {
        const rows = await iterator.nextv(ROWS_PER_READ)
        if (rows.length === 0) return
        yield rows
      }
    } catch (error) {
      throw indexError(error, 'read the index')
    } finally {
      await iterator.close()
    }
  }

  /** All of the writes or none, on the medium when it resolves. */
  async write(writes: RowWrite[]): Promise<void> {
    try {
      await this.#database.batch(writes, { sync: true })
    } catch (error) {
      throw indexError(error, 'write the index')
    }
  }

  async close(): Promise<void> {
    await this.#database.close()
  }
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
