import { silentLog } from '@quorate/core/base/log'
import type { ManualClock } from '@quorate/core/base/manual-clock'
import { MemoryFileSystem } from '../../src/store/journal/memory-file-system.ts'
import type { MemoryFileSystemOptions } from '../../src/store/journal/memory-file-system.ts'
import { TemporaryFiles } from '../../src/store/temporary/temporary-files.ts'
import type { TemporaryStore, TemporaryView } from '../../src/store/temporary-store.ts'

const DIRECTORY = '/data/tmp_storage'

/** The temporary store on a disk in memory, which the test can fill and break. */
export class TestTemporaryStore {
  readonly fileSystem: MemoryFileSystem
  readonly #limitBytes: number
  #epoch = 0
  #files: TemporaryFiles | null = null

  constructor(limitBytes = 1 << 20, options: MemoryFileSystemOptions = {}) {
    this.#limitBytes = limitBytes
    this.fileSystem = new MemoryFileSystem(options)
  }

  get view(): TemporaryView | undefined {
    return this.#files?.view
  }

  /** Of the leadership that begins; that of the one before ends. */
  readonly open = (clock: ManualClock): TemporaryStore => {
    void this.#files?.close()
    this.#files = new TemporaryFiles({
      fileSystem: this.fileSystem,
      directory: DIRECTORY,
      epoch: ++this.#epoch,
      limitBytes: () => this.#limitBytes,
      headRoomBytes: () => 0,
      clock,
      log: silentLog,
    })
    return this.#files
  }

  async close(): Promise<void> {
    await this.#files?.close()
  }

  /** Names of the files, which come and go. */
  files(): Promise<string[]> {
    return this.fileSystem.list(DIRECTORY)
  }
}
