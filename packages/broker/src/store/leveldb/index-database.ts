import type { RowWrite } from './checkpoint-batch.ts'

/** A row as it lies in the database: key, sealed value. */
export type RawRow = readonly [key: Buffer, value: Buffer]

/** What the index asks of an ordered key-value database. */
export interface IndexDatabase {
  get(key: Buffer): Promise<Buffer | undefined>
  /** The same at once, for what the fold asks for in the middle of a record. */
  getSync(key: Buffer): Buffer | undefined
  /** All rows in the order of their keys, some at a time. */
  rows(): AsyncIterable<readonly RawRow[]>
  /** All of the writes or none, on the medium when it resolves. */
  write(writes: readonly RowWrite[]): Promise<void>
  close(): Promise<void>
}

/** Where a database goes that belongs to another log. */
export function asideOf(directory: string): string {
  return `${directory}-aside`
}

/**
 * Where databases come from. Everything here and above rejects with STORE_IN_USE when somebody else
 * has the directory open, INDEX_CORRUPT when its files are damaged, STORE_FULL or STORE_UNAVAILABLE
 * otherwise.
 */
export interface IndexBackend {
  /** Opens the database in the directory, making both when they are missing. */
  open(directory: string): Promise<IndexDatabase>
  /** Deletes the database's files in the directory, whatever their state, and nothing else. */
  destroy(directory: string): Promise<void>
  /** Moves all of the directory to `asideOf(directory)`, instead of what lay there before. */
  setAside(directory: string): Promise<void>
}
