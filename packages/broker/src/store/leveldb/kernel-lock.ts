import { mkdir, readdir, realpath, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { BrokerError, errnoOf, toBrokerError } from '@quorate/core/base/errors'

/**
 * In the directory that is locked. Not just `lock`: ActiveMQ has a file of that name in its own,
 * and the two may be the same directory.
 */
export const LOCK_FOLDER = 'kernel-lock'
/** The file in there whose lock it is. */
const LOCK_FILE = 'LOCK'
const TABLE_NAME = /\.(ldb|sst)$/
/** LevelDB tells of its disk in words alone. */
const NO_ROOM = /no space left|quota exceeded/i
/** There are file systems that know no locks. */
const NO_LOCKS = /no locks available|not implemented|not supported/i

/** Folders that this process holds. */
const held = new Set<string>()

/**
 * Keeps a directory to one process by a lock of the kernel, which reaches wherever the file system
 * is the same one, into other containers too, and ends with the process, however that ends. Node
 * has no such locks; LevelDB has: this is an empty database of its own, open as long as it is held.
 *
 * Nothing is ever written to it, so it has no tables, on whose damage LevelDB would end the
 * process; and what else of it is damaged is removed and made anew.
 *
 * The kernel frees such a lock as soon as its process closes any descriptor of the file. So this
 * process, while it holds the lock, must not open LOCK again by whatever way.
 */
export class KernelLock {
  readonly #folder: string
  readonly #database: ClassicLevel
  #isReleased = false

  private constructor(folder: string, database: ClassicLevel) {
    this.#folder = folder
    this.#database = database
  }

  /**
   * Makes the directory if it does not exist. Rejects with STORE_IN_USE while it is held, here or
   * elsewhere, STORE_FULL where the disk has no room for a new database, or STORE_UNAVAILABLE. When
   * it is held, nothing has changed but LevelDB's diary in the folder (LOG).
   */
  static async acquire(directory: string): Promise<KernelLock> {
    const folder = await folderIn(directory)
    // LevelDB would refuse it too, and close its descriptor of LOCK: see above.
    if (held.has(folder)) throw lockError('STORE_IN_USE', directory, 'this process has it')
    held.add(folder)
    try {
      return new KernelLock(folder, await opened(folder))
    } catch (error) {
      held.delete(folder)
      throw asLockError(error, directory)
    }
  }

  /** Once is enough: after that it may be somebody else's. */
  async release(): Promise<void> {
    if (this.#isReleased) return
    this.#isReleased = true
    await this.#database.close()
    held.delete(this.#folder)
  }
}

/** By its one true path: whoever comes through a symbolic link has to find it too. */
async function folderIn(directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true })
    return join(await realpath(directory), LOCK_FOLDER)
  } catch (error) {
    throw asLockError(error, directory)
  }
}

async function opened(folder: string): Promise<ClassicLevel> {
  if ((await namesIn(folder)).some((name) => TABLE_NAME.test(name))) await clear(folder)
  try {
    return await openedOnce(folder)
  } catch (error) {
    if (isLocked(error) || lacksRoom(error)) throw error
    await clear(folder)
    return openedOnce(folder)
  }
}

async function openedOnce(folder: string): Promise<ClassicLevel> {
  const database = new ClassicLevel(folder)
  try {
    await database.open()
    return database
  } catch (error) {
    // abstract-level wraps what LevelDB said.
    throw error instanceof Error && error.cause !== undefined ? error.cause : error
  }
}

/**
 * Removes everything but LOCK: were that another file from one moment to the next, its lock and
 * that of somebody who opened it before would be two.
 */
async function clear(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (name !== LOCK_FILE) await rm(join(folder, name), { recursive: true, force: true })
  }
  if ((await isDirectory(folder)) === false) await rm(folder, { force: true })
}

/** Null when nothing is there. */
async function isDirectory(path: string): Promise<boolean | null> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
}

/** Empty for what is no directory, or not there. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

function isLocked(error: unknown): boolean {
  return errnoOf(error) === 'LEVEL_LOCKED' && !NO_LOCKS.test(String(error))
}

function lacksRoom(error: unknown): boolean {
  return toBrokerError(error).code === 'STORE_FULL' || NO_ROOM.test(String(error))
}

function asLockError(error: unknown, directory: string): BrokerError {
  const { message } = toBrokerError(error)
  if (isLocked(error)) return lockError('STORE_IN_USE', directory, message, error)
  if (lacksRoom(error)) return lockError('STORE_FULL', directory, message, error)
  return lockError('STORE_UNAVAILABLE', directory, message, error)
}

function lockError(
  code: 'STORE_IN_USE' | 'STORE_FULL' | 'STORE_UNAVAILABLE',
  directory: string,
  reason: string,
  cause?: unknown,
): BrokerError {
  const what = code === 'STORE_IN_USE' ? 'is in use' : 'cannot be locked'
  return new BrokerError(code, `${directory} ${what}: ${reason}`, { cause, details: { directory } })
}
