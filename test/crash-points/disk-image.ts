import { basename, dirname } from 'node:path'
import type {
  DiskSpace,
  File,
  FileSystem,
  OpenMode,
} from '@quorate/broker/store/journal/file-system'
import type { SparseFile } from './sectors.ts'
import { copyOf, emptyFile, readSectors, resize, writeSectors } from './sectors.ts'

/** All directories and files that a machine finds when it starts. */
export interface DiskImage {
  readonly directories: ReadonlySet<string>
  readonly files: ReadonlyMap<string, SparseFile>
}

export const EMPTY_IMAGE: DiskImage = { directories: new Set(['/']), files: new Map() }

/** Equal images have equal keys, and (but for a collision of 64 bits) only they. */
export function keyOf(image: DiskImage): string {
  let low = 1
  let high = 2
  const add = (a: number, b: number, c: number): void => {
    low = (low + mixed(a, b, c)) | 0
    high = (high + mixed(c ^ 0x5bd1e995, a, b)) | 0
  }
  for (const directory of image.directories) add(textHash(directory), 1, 1)
  for (const [path, file] of image.files) {
    const name = textHash(path)
    add(name, 2, file.sizeBytes)
    for (const [sector, id] of file.sectors) add(name, sector + 3, id)
  }
  return `${low}:${high}`
}

function mixed(a: number, b: number, c: number): number {
  let hash = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13) ^ b, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 16) ^ c, 0x21f0aaad)
  return hash ^ (hash >>> 15)
}

function textHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** Shared: the content belongs to other states as well, and is copied before it changes. */
interface Inode {
  content: SparseFile
  shared: boolean
}

/**
 * The file system of a machine that finds `image`: a page cache and nothing else. Every operation
 * is done at once; after `end` none is answered any more.
 */
export class ImageFileSystem implements FileSystem {
  readonly #directories: Set<string>
  readonly #files = new Map<string, Inode>()
  #ended = false

  constructor(image: DiskImage) {
    this.#directories = new Set(image.directories)
    for (const [path, content] of image.files) this.#files.set(path, { content, shared: true })
  }

  /** The process is gone. */
  end(): void {
    this.#ended = true
  }

  async open(path: string, mode: OpenMode): Promise<File> {
    await this.#turn()
    if (!this.#directories.has(dirname(path))) throw systemError('ENOENT', path)
    if (mode === 'create') {
      if (this.#files.has(path)) throw systemError('EEXIST', path)
      this.#files.set(path, { content: emptyFile(), shared: false })
    }
    return new ImageFile(this.#inodeAt(path), () => this.#turn())
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#turn()
    for (let at = path; !this.#directories.has(at); at = dirname(at)) this.#directories.add(at)
  }

  async list(path: string): Promise<string[]> {
    await this.#turn()
    const all = [...this.#directories, ...this.#files.keys()]
    return all.filter((at) => dirname(at) === path && at !== path).map((at) => basename(at))
  }

  async size(path: string): Promise<number | null> {
    await this.#turn()
    return this.#files.get(path)?.content.sizeBytes ?? null
  }

  async rename(source: string, target: string): Promise<void> {
    await this.#turn()
    const inode = this.#inodeAt(source)
    this.#files.delete(source)
    this.#files.set(target, inode)
  }

  async remove(path: string): Promise<void> {
    await this.#turn()
    this.#inodeAt(path)
    this.#files.delete(path)
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#turn()
    if (!this.#directories.has(path)) throw systemError('ENOENT', path)
  }

  async space(): Promise<DiskSpace> {
    await this.#turn()
    return { freeBytes: Infinity, totalBytes: Infinity }
  }

  #inodeAt(path: string): Inode {
    const inode = this.#files.get(path)
    if (inode === undefined) throw systemError('ENOENT', path)
    return inode
  }

  #turn(): Promise<void> {
    return this.#ended ? new Promise<never>(() => undefined) : Promise.resolve()
  }
}

class ImageFile implements File {
  readonly #inode: Inode
  readonly #turn: () => Promise<void>

  constructor(inode: Inode, turn: () => Promise<void>) {
    this.#inode = inode
    this.#turn = turn
  }

  async write(buffers: readonly Buffer[], position: number): Promise<number> {
    await this.#turn()
    const bytes = Buffer.concat(buffers)
    writeSectors(this.#own(), bytes, position)
    return bytes.length
  }

  async read(target: Buffer, position: number): Promise<number> {
    await this.#turn()
    return readSectors(this.#inode.content, target, position)
  }

  syncData(): Promise<void> {
    return this.#turn()
  }

  sync(): Promise<void> {
    return this.#turn()
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#turn()
    resize(this.#own(), sizeBytes)
  }

  close(): Promise<void> {
    return this.#turn()
  }

  #own(): SparseFile {
    const inode = this.#inode
    if (inode.shared) inode.content = copyOf(inode.content)
    inode.shared = false
    return inode.content
  }
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}
