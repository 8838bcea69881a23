import { dirname } from 'node:path'
import type { DiskImage } from './disk-image.ts'
import { inodesOf } from './recording-file-system.ts'
import type { SectorChange, SparseFile } from './sectors.ts'
import {
  PAGE_BYTES,
  SECTOR_BYTES,
  copyOf,
  cutSectors,
  emptyFile,
  resize,
  setSector,
  writeSectors,
} from './sectors.ts'
import type { DiskOperation } from './trace.ts'

/** A change of a file that the medium may have, or have in part, or not. */
export interface FileChange {
  readonly id: number
  readonly inode: number
  /** The sectors it touched, as the page cache had them then. */
  readonly sectors: readonly SectorChange[]
  /** The new size, null when it stayed. */
  readonly sizeBytes: number | null
  readonly shrinks: boolean
  ended: boolean
}

/** A change of names in one directory; its entries change together. */
export interface NameChange {
  readonly id: number
  readonly directory: string
  readonly entries: readonly { readonly path: string; readonly inode: number | null }[]
  ended: boolean
}

/** What is kept of one file change: which of its sectors (by their place in the list), its size. */
export interface Kept {
  readonly sector: (at: number, count: number) => boolean
  readonly size: boolean
}

export const WHOLE: Kept = { sector: () => true, size: true }

/** One legal outcome of a crash. What is not mentioned is lost. */
export interface Survivors {
  readonly changes: ReadonlyMap<FileChange, Kept>
  readonly names: ReadonlySet<NameChange>
}

interface Inode {
  readonly cache: SparseFile
  durable: SparseFile
}

interface Sync {
  readonly operation: DiskOperation
  /** What had ended when it began, and only that, is durable when it ends. */
  readonly covers: ReadonlySet<number>
}

/**
 * The disk of a recorded run at one moment: what is on the medium for certain, and what is only in
 * the page cache. Follows the trace event by event.
 *
 * The rules of what a crash may leave:
 * - A sector holds any content that it had in the page cache since the last sync that covers it.
 * - A sync covers what had ended before it began. fdatasync covers content and growth, not a
 *   shorter size. A sync of a file covers no name, and that of a directory nothing but its names.
 * - Sizes of one file reach the medium in order: a later size brings an earlier cut with it.
 * - A cut zeroes the rest of its page in the cache; that may be written before the size is.
 * - Names of one directory change in order, or, where they have nothing to do with each other, in
 *   any order; an operation on names is there or not, never in part.
 * - A directory is durable when makeDirectory has returned (the contract of FileSystem).
 */
export class DiskModel {
  readonly #inodes = new Map<number, Inode>()
  readonly #directories: Set<string>
  readonly #cachedNames: Map<string, number>
  readonly #durableNames: Map<string, number>
  readonly #syncs = new Map<number, Sync>()
  readonly #unmade = new Map<number, string>()
  changes: FileChange[] = []
  names: NameChange[] = []

  constructor(image: DiskImage) {
    this.#directories = new Set(image.directories)
    this.#cachedNames = inodesOf(image)
    this.#durableNames = new Map(this.#cachedNames)
    for (const [path, inode] of this.#cachedNames) {
      const file = image.files.get(path)!
      this.#inodes.set(inode, { cache: copyOf(file), durable: file })
    }
  }

  begin(id: number, operation: DiskOperation): void {
    switch (operation.kind) {
      case 'makeDirectory':
        this.#unmade.set(id, operation.path)
        break
      case 'create':
        this.#inodes.set(operation.inode, { cache: emptyFile(), durable: emptyFile() })
        this.#rename(id, [{ path: operation.path, inode: operation.inode }])
        break
      case 'rename': {
        const inode = this.#cachedNames.get(operation.source) ?? null
        const { source, target } = operation
        this.#rename(id, [
          { path: source, inode: null },
          { path: target, inode },
        ])
        break
      }
      case 'remove':
        this.#rename(id, [{ path: operation.path, inode: null }])
        break
      case 'write':
        this.#write(id, operation)
        break
      case 'truncate':
        this.#truncate(id, operation.inode, operation.sizeBytes)
        break
      case 'sync':
      case 'syncDirectory': {
        const pending = [...this.changes, ...this.names].filter(({ ended }) => ended)
        this.#syncs.set(id, { operation, covers: new Set(pending.map((change) => change.id)) })
        break
      }
    }
  }

  end(id: number): void {
    const sync = this.#syncs.get(id)
    const made = this.#unmade.get(id)
    this.#syncs.delete(id)
    this.#unmade.delete(id)
    if (made !== undefined) this.#directories.add(made)
    else if (sync?.operation.kind === 'sync') this.#syncFile(sync.operation, sync.covers)
    else if (sync?.operation.kind === 'syncDirectory') {
      this.#syncNames(sync.operation.path, sync.covers)
    } else {
      for (const change of this.changes) if (change.id === id) change.ended = true
      for (const change of this.names) if (change.id === id) change.ended = true
    }
  }

  /** What the next start finds when this survived. */
  imageAfter(survivors: Survivors): DiskImage {
    const names = new Map(this.#durableNames)
    for (const change of this.names) if (survivors.names.has(change)) apply(names, change)
    const contents = this.#contentsAfter(survivors)
    const files = new Map<string, SparseFile>()
    for (const [path, inode] of names) {
      if (!this.#directories.has(dirname(path))) continue
      files.set(path, contents.get(inode) ?? this.#inodes.get(inode)!.durable)
    }
    return { directories: this.#directories, files }
  }

  /** The files that differ from what is on the medium for certain. */
  #contentsAfter({ changes }: Pick<Survivors, 'changes'>): Map<number, SparseFile> {
    const sizes = lastSizes(changes)
    const contents = new Map<number, SparseFile>()
    for (const change of this.changes) {
      const { inode, sizeBytes } = change
      const size = sizes.get(inode)
      const cuts = change.shrinks && size !== undefined && change.id <= size.id
      const kept = changes.get(change)
      if (kept === undefined && !cuts) continue
      const file = contents.get(inode) ?? copyOf(this.#inodes.get(inode)!.durable)
      contents.set(inode, file)
      if (cuts) cutSectors(file, sizeBytes!)
      if (kept !== undefined) keep(file, change, kept)
    }
    for (const [inode, file] of contents) {
      file.sizeBytes = sizes.get(inode)?.sizeBytes ?? file.sizeBytes
      // Sectors beyond the size that survived are not part of the file.
      cutSectors(file, file.sizeBytes)
    }
    return contents
  }

  #rename(id: number, entries: NameChange['entries']): void {
    const change = { id, directory: dirname(entries[0]!.path), entries, ended: false }
    apply(this.#cachedNames, change)
    this.names.push(change)
  }

  #write(id: number, { inode, position, bytes }: DiskOperation & { kind: 'write' }): void {
    const { cache } = this.#inodes.get(inode)!
    const before = cache.sizeBytes
    const sectors = writeSectors(cache, bytes, position)
    const sizeBytes = cache.sizeBytes > before ? cache.sizeBytes : null
    this.changes.push({ id, inode, sectors, sizeBytes, shrinks: false, ended: false })
  }

  #truncate(id: number, inode: number, sizeBytes: number): void {
    const { cache } = this.#inodes.get(inode)!
    const shrinks = sizeBytes < cache.sizeBytes
    const pageEnd = Math.min(Math.ceil(sizeBytes / PAGE_BYTES) * PAGE_BYTES, cache.sizeBytes)
    resize(cache, sizeBytes)
    const sectors: SectorChange[] = []
    const first = Math.floor(sizeBytes / SECTOR_BYTES)
    for (let sector = first; shrinks && sector * SECTOR_BYTES < pageEnd; sector++) {
      sectors.push({ sector, id: cache.sectors.get(sector) ?? 0 })
    }
    this.changes.push({ id, inode, sectors, sizeBytes, shrinks, ended: false })
  }

  #syncFile(
    { inode, dataOnly }: DiskOperation & { kind: 'sync' },
    covers: ReadonlySet<number>,
  ): void {
    const own = this.changes.filter((change) => change.inode === inode && covers.has(change.id))
    const lastGrowth = own.findLast(({ sizeBytes, shrinks }) => sizeBytes !== null && !shrinks)
    const isCovered = (change: FileChange): boolean =>
      !dataOnly || !change.shrinks || change.id < (lastGrowth?.id ?? 0)
    const covered = own.filter(isCovered)
    const survivors = new Map(covered.map((change) => [change, WHOLE]))
    const file = this.#contentsAfter({ changes: survivors }).get(inode)
    if (file !== undefined) this.#inodes.get(inode)!.durable = file
    this.changes = this.changes.filter((change) => !covered.includes(change))
  }

  #syncNames(directory: string, covers: ReadonlySet<number>): void {
    const covered = this.names.filter((name) => name.directory === directory && covers.has(name.id))
    for (const change of covered) apply(this.#durableNames, change)
    this.names = this.names.filter((change) => !covered.includes(change))
  }
}

function apply(names: Map<string, number>, { entries }: NameChange): void {
  for (const { path, inode } of entries) {
    if (inode === null) names.delete(path)
    else names.set(path, inode)
  }
}

/** For each inode the latest change whose size survived. */
function lastSizes(changes: ReadonlyMap<FileChange, Kept>): Map<number, FileChange> {
  const latest = new Map<number, FileChange>()
  for (const [change, kept] of changes) {
    if (!kept.size || change.sizeBytes === null) continue
    const known = latest.get(change.inode)
    if (known === undefined || known.id < change.id) latest.set(change.inode, change)
  }
  return latest
}

function keep(file: SparseFile, { sectors }: FileChange, kept: Kept): void {
  for (const [at, { sector, id }] of sectors.entries()) {
    if (kept.sector(at, sectors.length)) setSector(file, sector, id)
  }
}
