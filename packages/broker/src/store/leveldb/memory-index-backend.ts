import { BrokerError, assert } from '@quorate/core/base/errors'
import type { RowWrite } from './checkpoint-batch.ts'
import { asideOf } from './index-database.ts'
import type { IndexBackend, IndexDatabase, RawRow } from './index-database.ts'

type Rows = Map<string, RawRow>

/**
 * Databases in memory that outlive their closing, as files do: for simulations and for tests that
 * want many restarts, or a disk that fails.
 */
export class MemoryIndexBackend implements IndexBackend {
  /** What a write does before it takes effect; replaced to fail or to lose it. */
  onWrite: (writes: readonly RowWrite[]) => readonly RowWrite[] = (writes) => writes
  /** Called before a single row is read; replaced to fail. */
  onRead: () => void = () => {}
  /** When a write takes effect: soon by default; a simulation delays it. */
  turn: () => Promise<void> = () => Promise.resolve()
  readonly #databases = new Map<string, Rows>()
  readonly #open = new Set<string>()

  open(directory: string): Promise<IndexDatabase> {
    if (this.#open.has(directory)) {
      const message = `Cannot open the index: ${directory} is open.`
      return Promise.reject(new BrokerError('STORE_IN_USE', message))
    }
    const rows = this.#databases.get(directory) ?? new Map<string, RawRow>()
    this.#databases.set(directory, rows)
    this.#open.add(directory)
    const database = new MemoryIndexDatabase(rows, {
      apply: (writes) => (this.#open.has(directory) ? this.onWrite(writes) : []),
      turn: () => this.turn(),
      isOpen: () => this.#open.has(directory),
      reads: () => this.onRead(),
      closed: () => this.#open.delete(directory),
    })
    return Promise.resolve(database)
  }

  isOpen(directory: string): boolean {
    return this.#open.has(directory)
  }

  /** The process that had it open is gone: what it was still writing is not written. */
  kill(): void {
    this.#open.clear()
  }

  destroy(directory: string): Promise<void> {
    assert(!this.#open.has(directory), 'a database is closed before it is deleted')
    this.#databases.delete(directory)
    return Promise.resolve()
  }

  setAside(directory: string): Promise<void> {
    const rows = this.#databases.get(directory)
    if (rows !== undefined) this.#databases.set(asideOf(directory), rows)
    return this.destroy(directory)
  }
}

interface Owner {
  turn(): Promise<void>
  apply(writes: readonly RowWrite[]): readonly RowWrite[]
  isOpen(): boolean
  reads(): void
  closed(): void
}

class MemoryIndexDatabase implements IndexDatabase {
  readonly #rows: Rows
  readonly #owner: Owner

  constructor(rows: Rows, owner: Owner) {
    this.#rows = rows
    this.#owner = owner
  }

  get(key: Buffer): Promise<Buffer | undefined> {
    return Promise.resolve(this.#rows.get(key.toString('hex'))?.[1])
  }

  getSync(key: Buffer): Buffer | undefined {
    assert(this.#owner.isOpen(), 'nothing is read from a closed database')
    this.#owner.reads()
    return this.#rows.get(key.toString('hex'))?.[1]
  }

  async *rows(): AsyncGenerator<RawRow[]> {
    yield await Promise.resolve([...this.#rows.values()].sort((a, b) => a[0].compare(b[0])))
  }

  async write(writes: readonly RowWrite[]): Promise<void> {
    // Like a disk, it takes its time: what is written is what was handed over.
    await this.#owner.turn()
    for (const write of this.#owner.apply(writes)) {
      const name = write.key.toString('hex')
      if (write.type === 'put') this.#rows.set(name, [write.key, write.value])
      else this.#rows.delete(name)
    }
  }

  close(): Promise<void> {
    this.#owner.closed()
    return Promise.resolve()
  }
}
