import * as fs from 'node:fs'
import * as fsPromises from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { errnoOf } from '@quorate/core/base/errors'
import type { File, FileSystem, OpenMode } from './file-system.ts'

/** The file system of the machine. */
export const nodeFileSystem: FileSystem = {
  open: (path, mode) =>
    settled<number>((done) => fs.open(path, flagsOf[mode], done)).then((fd) => new NodeFile(fd)),
  async makeDirectory(path) {
    const first = await fsPromises.mkdir(path, { recursive: true })
    // What is in them would be lost with their names: each stands in the directory above. Those
    // that are there already may come from somebody who did not sync, or was killed before it.
    const top = dirname(resolve(first ?? path))
    let isOurs = first !== undefined
    for (let at = dirname(resolve(path)); ; at = dirname(at)) {
      await syncDirectory(at).catch((error: unknown) => {
        if (isOurs || !outOfReach.has(errnoOf(error) ?? '')) throw error
      })
      if (at === top) isOurs = false
      if (at === dirname(at)) break
    }
  },
  list: (path) => unlessMissing(fsPromises.readdir(path), []),
  size: (path) =>
    unlessMissing(
      fsPromises.stat(path).then((stat) => stat.size),
      null,
    ),
  rename: fsPromises.rename,
  remove: fsPromises.unlink,
  syncDirectory,
  async space(path) {
    const { bavail, blocks, bsize } = await fsPromises.statfs(path)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  },
}

/** Directories that others made may be unreadable for us, or on what knows no sync. */
const outOfReach = new Set(['EACCES', 'EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EROFS'])

async function syncDirectory(path: string): Promise<void> {
  const directory = await fsPromises.open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

const flagsOf: Readonly<Record<OpenMode, string>> = { read: 'r', write: 'r+', create: 'wx+' }

/** Plain descriptors and callbacks: a FileHandle costs several times as much for each operation. */
class NodeFile implements File {
  readonly #fd: number

  constructor(fd: number) {
    this.#fd = fd
  }

  write(buffers: readonly Buffer[], position: number): Promise<number> {
    return settled((done) => fs.writev(this.#fd, buffers, position, done))
  }

  read(target: Buffer, position: number): Promise<number> {
    return settled((done) => fs.read(this.#fd, target, 0, target.length, position, done))
  }

  syncData(): Promise<void> {
    return settled((done) => fs.fdatasync(this.#fd, done))
  }

  sync(): Promise<void> {
    return settled((done) => fs.fsync(this.#fd, done))
  }

  truncate(sizeBytes: number): Promise<void> {
    return settled((done) => fs.ftruncate(this.#fd, sizeBytes, done))
  }

  close(): Promise<void> {
    return settled((done) => fs.close(this.#fd, done))
  }
}

type Done<T> = (error: Error | null, value?: T) => void

function settled<T>(start: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error === null || error === undefined) resolve(value as T)
      else reject(error)
    })
  })
}

async function unlessMissing<T, U>(operation: Promise<T>, instead: U): Promise<T | U> {
  try {
    return await operation
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return instead
    throw error
  }
}
