import { dirname, join } from 'node:path'
import type {
  DiskSpace,
  File,
  FileSystem,
  OpenMode,
} from '@quorate/broker/store/journal/file-system'
import type { DiskImage } from './disk-image.ts'
import type { DiskOperation, Trace } from './trace.ts'

function namesOf(image: DiskImage): Names {
  const inodes = inodesOf(image)
  return { inodes, directories: new Set(image.directories), nextInode: inodes.size + 1 }
}

/** The inodes of an image's files, as every recording on it numbers them. */
export function inodesOf(image: DiskImage): Map<string, number> {
  return new Map([...image.files.keys()].map((path, at) => [path, at + 1]))
}

export interface RecordingOptions {
  readonly inner: FileSystem
  readonly trace: Trace<unknown>
  /** What the inner file system holds already. */
  readonly image: DiskImage
  /** Where paths of the trace lie in the inner file system. */
  readonly root?: string
  /** A disk that lies: the operation is reported as done, and was never carried out. */
  readonly swallows?: (operation: DiskOperation) => boolean
  /** The process is killed when this many operations of its own have ended. */
  readonly killAfter?: number
}

/** What the files of a trace are called by now; processes that follow each other share it. */
interface Names {
  readonly inodes: Map<string, number>
  readonly directories: Set<string>
  nextInode: number
}

/**
 * Passes everything on to another file system, and writes down what changes the disk: with its
 * bytes, when it began and when it ended.
 */
export class RecordingFileSystem implements FileSystem {
  readonly #options: RecordingOptions
  readonly #names: Names
  readonly #killed: Promise<void>
  #left: number
  #kill: () => void = () => undefined

  constructor(options: RecordingOptions, names = namesOf(options.image)) {
    this.#options = options
    this.#names = names
    this.#left = options.killAfter ?? Infinity
    this.#killed = new Promise((resolve) => {
      this.#kill = resolve
    })
  }

  /** Resolves when the process has been killed: nothing that it asked for is answered any more. */
  get killed(): Promise<void> {
    return this.#killed
  }

  /** The file system as the next process has it, on the same trace. */
  successor(killAfter?: number): RecordingFileSystem {
    const { killAfter: _own, ...options } = this.#options
    const next = killAfter === undefined ? options : { ...options, killAfter }
    return new RecordingFileSystem(next, this.#names)
  }

  async open(path: string, mode: OpenMode): Promise<File> {
    const { inner } = this.#options
    if (mode !== 'create') {
      const file = await inner.open(this.#inner(path), mode)
      return this.#recordFile(file, this.#names.inodes.get(path) ?? 0)
    }
    const inode = this.#names.nextInode++
    const open = () => inner.open(this.#inner(path), mode)
    const file = await this.#record({ kind: 'create', path, inode }, async () => {
      const opened = await open()
      this.#names.inodes.set(path, inode)
      return opened
    })
    return this.#recordFile(file, inode)
  }

  async makeDirectory(path: string): Promise<void> {
    const missing: string[] = []
    const { directories } = this.#names
    for (let at = path; !directories.has(at); at = dirname(at)) missing.unshift(at)
    for (const at of missing) {
      directories.add(at)
      await this.#record({ kind: 'makeDirectory', path: at }, () =>
        this.#options.inner.makeDirectory(this.#inner(at)),
      )
    }
  }

  list(path: string): Promise<string[]> {
    return this.#options.inner.list(this.#inner(path))
  }

  size(path: string): Promise<number | null> {
    return this.#options.inner.size(this.#inner(path))
  }

  async rename(source: string, target: string): Promise<void> {
    await this.#record({ kind: 'rename', source, target }, async () => {
      await this.#options.inner.rename(this.#inner(source), this.#inner(target))
      const { inodes } = this.#names
      inodes.set(target, inodes.get(source) ?? 0)
      inodes.delete(source)
    })
  }

  async remove(path: string): Promise<void> {
    await this.#record({ kind: 'remove', path }, async () => {
      await this.#options.inner.remove(this.#inner(path))
      this.#names.inodes.delete(path)
    })
  }

  syncDirectory(path: string): Promise<void> {
    return this.#record({ kind: 'syncDirectory', path }, () =>
      this.#options.inner.syncDirectory(this.#inner(path)),
    )
  }

  space(path: string): Promise<DiskSpace> {
    return this.#options.inner.space(this.#inner(path))
  }

  #inner(path: string): string {
    const { root } = this.#options
    return root === undefined ? path : join(root, path)
  }

  async #record<T>(operation: DiskOperation, run: () => Promise<T>): Promise<T> {
    const { trace, swallows } = this.#options
    if (this.#left <= 0) return new Promise<never>(() => undefined)
    if (swallows?.(operation) === true) return run()
    const id = trace.begin(operation)
    const result = await run()
    trace.end(id)
    this.#left--
    if (this.#left > 0) return result
    this.#kill()
    return new Promise<never>(() => undefined)
  }

  #recordFile(file: File, inode: number): File {
    return {
      write: (buffers, position) => {
        // Copied when it is asked for: nobody may change the buffers afterwards.
        const bytes = Buffer.concat(buffers)
        return this.#record({ kind: 'write', inode, position, bytes }, () =>
          file.write(buffers, position),
        )
      },
      read: (target, position) => file.read(target, position),
      syncData: () => this.#record({ kind: 'sync', inode, dataOnly: true }, () => file.syncData()),
      sync: () => this.#record({ kind: 'sync', inode, dataOnly: false }, () => file.sync()),
      truncate: (sizeBytes) =>
        this.#record({ kind: 'truncate', inode, sizeBytes }, () => file.truncate(sizeBytes)),
      close: () => file.close(),
    }
  }
}
