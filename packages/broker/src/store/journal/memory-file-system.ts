import { basename, dirname, join, normalize } from 'node:path'
import { assert } from '@quorate/core/base/errors'
import { randomNumbers } from '@quorate/core/base/random-numbers'
import type { DiskSpace, File, FileSystem, OpenMode } from './file-system.ts'
import { MemoryInode } from './memory-inode.ts'

export interface FileOperation {
  readonly kind:
    | 'open'
    | 'list'
    | 'size'
    | 'rename'
    | 'remove'
    | 'makeDirectory'
    | 'syncDirectory'
    | 'write'
    | 'read'
    | 'syncData'
    | 'sync'
    | 'truncate'
    | 'close'
    | 'space'
  readonly path: string
  /** Bytes of a write. */
  readonly length: number
}

/** How an operation ends otherwise than it should. */
export type Fault =
  /** Fails with this errno. A sync that fails loses what it should have written, silently. */
  | { readonly errno: string }
  /** A write takes only this many bytes. */
  | { readonly writes: number }

export interface MemoryFileSystemOptions {
  /** Writes that would make all files together larger than this fail with ENOSPC. */
  readonly capacityBytes?: number
  /** Asked before each operation. */
  readonly fault?: (operation: FileOperation) => Fault | null
  /** When each operation takes effect: at once by default; a simulation delays them. */
  readonly turn?: (operation: FileOperation) => Promise<void>
}

interface NameChange {
  readonly name: string
  readonly inode: MemoryInode | null
}

interface Directory {
  entries: Map<string, MemoryInode>
  durable: Map<string, MemoryInode>
  /** Changes since the last sync of the directory; those of one operation belong together. */
  pending: (readonly NameChange[])[]
}

/**
 * A file system in memory that forgets like a real one: what was not synced may be gone, torn or
 * half there after `crash`, names as well as content; and it fails on request. Directories
 * themselves are durable as soon as they are made.
 */
export class MemoryFileSystem implements FileSystem {
  capacityBytes: number
  fault: (operation: FileOperation) => Fault | null
  readonly #turn: (operation: FileOperation) => Promise<void>
  readonly #directories: Map<string, Directory>
  #ended = false

  constructor(options: MemoryFileSystemOptions = {}, remains?: Map<string, Directory>) {
    this.capacityBytes = options.capacityBytes ?? Infinity
    this.fault = options.fault ?? (() => null)
    this.#turn = options.turn ?? (() => Promise.resolve())
    this.#directories = remains ?? new Map<string, Directory>()
  }

  async open(path: string, mode: OpenMode): Promise<File> {
    await this.#begin({ kind: 'open', path, length: 0 })
    const directory = this.#directoryOf(path)
    let inode = directory.entries.get(basename(path))
    if (mode === 'create') {
      if (inode !== undefined) throw systemError('EEXIST', `create ${path}`)
      inode = new MemoryInode(path)
      change(directory, [{ name: basename(path), inode }])
    }
    if (inode === undefined) throw systemError('ENOENT', `open ${path}`)
    return new MemoryFile(inode, {
      begin: (operation) => this.#begin(operation),
      freeBytes: () => this.capacityBytes - this.usedBytes,
    })
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#begin({ kind: 'makeDirectory', path, length: 0 })
    for (let at = normalize(path); !this.#directories.has(at); at = dirname(at)) {
      this.#directories.set(at, { entries: new Map(), durable: new Map(), pending: [] })
    }
  }

  async list(path: string): Promise<string[]> {
    await this.#begin({ kind: 'list', path, length: 0 })
    const own = normalize(path)
    const names = [...(this.#directories.get(own)?.entries.keys() ?? [])]
    for (const other of this.#directories.keys()) {
      if (other !== own && dirname(other) === own) names.push(basename(other))
    }
    return names
  }

  async size(path: string): Promise<number | null> {
    await this.#begin({ kind: 'size', path, length: 0 })
    return this.#find(path)?.size ?? null
  }

  async rename(source: string, target: string): Promise<void> {
    await this.#begin({ kind: 'rename', path: source, length: 0 })
    if (this.#directories.has(normalize(source))) {
      this.#moveDirectory(normalize(source), normalize(target))
      return
    }
    const inode = this.#find(source)
    if (inode === undefined) throw systemError('ENOENT', `rename ${source}`)
    const [from, to] = [this.#directoryOf(source), this.#directoryOf(target)]
    inode.path = target
    const gone = { name: basename(source), inode: null }
    const there = { name: basename(target), inode }
    if (from === to) change(from, [gone, there])
    else {
      change(to, [there])
      change(from, [gone])
    }
  }

  async remove(path: string): Promise<void> {
    await this.#begin({ kind: 'remove', path, length: 0 })
    if (this.#find(path) === undefined) throw systemError('ENOENT', `remove ${path}`)
    change(this.#directoryOf(path), [{ name: basename(path), inode: null }])
  }

  async syncDirectory(path: string): Promise<void> {
    const last = this.#directory(path)?.pending.at(-1)
    await this.#begin({ kind: 'syncDirectory', path, length: 0 })
    const directory = this.#directory(path)
    if (directory === undefined) throw systemError('ENOENT', `sync ${path}`)
    // What has changed since it was asked for is for the next one.
    const count = last === undefined ? 0 : directory.pending.indexOf(last) + 1
    for (const changes of directory.pending.splice(0, count)) apply(directory.durable, changes)
  }

  /** Takes no turn: it moves nothing on the disk, and its time is nobody's. */
  async space(path: string): Promise<DiskSpace> {
    if (this.#ended) await new Promise<never>(() => undefined)
    const fault = this.fault({ kind: 'space', path, length: 0 })
    if (fault !== null && 'errno' in fault) throw systemError(fault.errno, `space ${path}`)
    const totalBytes = this.capacityBytes
    if (totalBytes === Infinity) return { freeBytes: Infinity, totalBytes }
    return { freeBytes: Math.max(0, totalBytes - this.usedBytes), totalBytes }
  }

  /**
   * The machine loses power: returns the file system as it is found at the next start, for the same
   * seed always the same. Nothing that was asked of this one is answered any more.
   */
  crash(seed: number): MemoryFileSystem {
    const random = randomNumbers(seed)
    for (const [path, directory] of this.#directories) {
      const survived = Math.floor(random() * (directory.pending.length + 1))
      for (const changes of directory.pending.slice(0, survived)) apply(directory.durable, changes)
      directory.entries = new Map(directory.durable)
      directory.pending = []
      for (const [name, inode] of directory.entries) inode.path = join(path, name)
    }
    for (const inode of this.#inodes()) inode.crash(random)
    return this.kill()
  }

  /** The process is killed and the page cache stays: returns what the next process finds. */
  kill(): MemoryFileSystem {
    this.#ended = true
    const { capacityBytes, fault } = this
    return new MemoryFileSystem({ capacityBytes, fault, turn: this.#turn }, this.#directories)
  }

  /** Flips bits of one byte on the medium: `mask` names them. */
  flip(path: string, position: number, mask: number): void {
    const inode = this.#find(path)
    assert(inode !== undefined && position < inode.size, 'there is a byte to flip')
    inode.corrupt(position, (byte) => byte ^ mask)
  }

  /** The file has lost its end; false when it is not that long. */
  cutShort(path: string, size: number): boolean {
    const inode = this.#find(path)
    if (inode === undefined || size > inode.size) return false
    inode.cutShort(size)
    return true
  }

  /**
   * Pages of which a sync failed leave the page cache: the medium has what was there before. False
   * when there are none.
   */
  evict(): boolean {
    let isLost = false
    for (const inode of this.#inodes()) isLost = inode.evict() || isLost
    return isLost
  }

  /** What the page cache holds, for comparison. */
  content(path: string): Buffer | null {
    const inode = this.#find(path)
    if (inode === undefined) return null
    const content = Buffer.alloc(inode.size)
    inode.read(content, 0)
    return content
  }

  /** Whether these bytes of the file would survive a power failure now, whatever else does. */
  isDurable(path: string, from: number, to: number): boolean {
    const inode = this.#find(path)
    const directory = this.#directory(dirname(path))
    if (inode === undefined || directory?.durable.get(basename(path)) !== inode) return false
    return inode.isOnMedium(from, to)
  }

  /** Names in the directory, as every process sees them. */
  names(path: string): string[] {
    return [...(this.#directory(path)?.entries.keys() ?? [])]
  }

  /** What a power failure now would certainly leave of the file; null when not even its name. */
  medium(path: string): Buffer | null {
    const directory = this.#directory(dirname(path))
    return directory?.durable.get(basename(path))?.medium() ?? null
  }

  async #begin(operation: FileOperation): Promise<Fault | null> {
    await this.#turn(operation)
    // Whoever asked is gone, and nothing happens any more on its behalf.
    if (this.#ended) await new Promise<never>(() => undefined)
    const fault = this.fault(operation)
    if (fault === null || !('errno' in fault) || syncs.has(operation.kind)) return fault
    throw systemError(fault.errno, `${operation.kind} ${operation.path}`)
  }

  #find(path: string): MemoryInode | undefined {
    return this.#directory(dirname(path))?.entries.get(basename(path))
  }

  /** Paths are nearly always in order already. */
  #directory(path: string): Directory | undefined {
    return this.#directories.get(path) ?? this.#directories.get(normalize(path))
  }

  #directoryOf(path: string): Directory {
    const directory = this.#directory(dirname(path))
    if (directory === undefined) throw systemError('ENOENT', path)
    return directory
  }

  /** With all that is in it; durable at once, as directories are. */
  #moveDirectory(source: string, target: string): void {
    for (const [path, directory] of [...this.#directories]) {
      if (path !== source && !path.startsWith(`${source}/`)) continue
      const moved = target + path.slice(source.length)
      this.#directories.delete(path)
      this.#directories.set(moved, directory)
      for (const [name, inode] of directory.entries) inode.path = join(moved, name)
    }
  }

  get usedBytes(): number {
    let used = 0
    for (const inode of this.#inodes()) used += inode.size
    return used
  }

  #inodes(): Set<MemoryInode> {
    const inodes = new Set<MemoryInode>()
    for (const directory of this.#directories.values()) {
      for (const inode of directory.entries.values()) inodes.add(inode)
    }
    return inodes
  }
}

interface Machine {
  begin(operation: FileOperation): Promise<Fault | null>
  freeBytes(): number
}

class MemoryFile implements File {
  readonly #inode: MemoryInode
  readonly #machine: Machine
  #closed = false

  constructor(inode: MemoryInode, machine: Machine) {
    this.#inode = inode
    this.#machine = machine
  }

  async write(buffers: readonly Buffer[], position: number): Promise<number> {
    // The kernel would read the buffers later as well: whoever changes them meanwhile is wrong.
    const bytes = Buffer.concat(buffers)
    const fault = await this.#begin('write', bytes.length)
    const taken = fault !== null && 'writes' in fault ? bytes.subarray(0, fault.writes) : bytes
    const growth = position + taken.length - this.#inode.size
    if (growth > 0 && growth > this.#machine.freeBytes()) {
      throw systemError('ENOSPC', `write ${this.#inode.path}`)
    }
    this.#inode.write(taken, position)
    return taken.length
  }

  async read(target: Buffer, position: number): Promise<number> {
    await this.#begin('read')
    return this.#inode.read(target, position)
  }

  async syncData(): Promise<void> {
    await this.#sync('syncData')
  }

  async sync(): Promise<void> {
    await this.#sync('sync')
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#begin('truncate')
    this.#inode.truncate(sizeBytes)
  }

  async close(): Promise<void> {
    await this.#begin('close')
    this.#closed = true
  }

  #begin(kind: FileOperation['kind'], length = 0): Promise<Fault | null> {
    if (this.#closed) return Promise.reject(systemError('EBADF', `${kind} ${this.#inode.path}`))
    return this.#machine.begin({ kind, path: this.#inode.path, length })
  }

  async #sync(kind: 'syncData' | 'sync'): Promise<void> {
    // What is written while it runs is for the next one.
    const through = this.#inode.lastChange
    const fault = await this.#begin(kind)
    if (fault === null || !('errno' in fault)) {
      this.#inode.sync(through)
      return
    }
    this.#inode.loseDirty(through)
    throw systemError(fault.errno, `sync ${this.#inode.path}`)
  }
}

const syncs: ReadonlySet<FileOperation['kind']> = new Set(['syncData', 'sync'])

function change(directory: Directory, changes: readonly NameChange[]): void {
  apply(directory.entries, changes)
  directory.pending.push(changes)
}

function apply(entries: Map<string, MemoryInode>, changes: readonly NameChange[]): void {
  for (const { name, inode } of changes) {
    if (inode === null) entries.delete(name)
    else entries.set(name, inode)
  }
}

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code })
}
