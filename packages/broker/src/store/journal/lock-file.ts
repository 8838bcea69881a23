import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { BrokerError, errnoOf } from '@quorate/core/base/errors'

/** Who holds a data directory: enough to know whether that process still lives. */
export interface LockOwner {
  readonly pid: number
  /** When the process started, in the kernel's ticks since boot; '' where /proc does not tell. */
  readonly startTime: string
  /** The boot of the machine that both belong to; '' where /proc does not tell. */
  readonly bootId: string
  /** Tells two locks of one process apart. */
  readonly nonce: string
}

/** What the lock asks the machine. Replaced in tests. */
export interface ProcessTable {
  readonly pid: number
  bootId(): string
  /** Start time of a living process, '' when it cannot be known, null when there is no process. */
  startTime(pid: number): string | null
}

const NAME = 'lock'
/** How often a lock that vanishes while it is looked at is tried again. */
const ATTEMPTS_MAX = 10

/**
 * Keeps a data directory to one process. Node has no flock, so the file names its owner, and a lock
 * whose owner is dead is taken over: kill -9 leaves no directory locked. A process id alone would
 * not do, because ids are reused; with the start time and the boot it is unique.
 */
export class LockFile {
  readonly #path: string
  readonly #content: string

  private constructor(path: string, content: string) {
    this.#path = path
    this.#content = content
  }

  /** Rejects with STORE_IN_USE, whose details name the owner, while another process holds it. */
  static async acquire(directory: string, processes = linuxProcesses): Promise<LockFile> {
    const path = join(directory, NAME)
    const owner: LockOwner = {
      pid: processes.pid,
      startTime: processes.startTime(processes.pid) ?? '',
      bootId: processes.bootId(),
      nonce: randomUUID(),
    }
    const content = JSON.stringify(owner)
    const own = `${path}.${owner.nonce}`
    await fs.mkdir(directory, { recursive: true })
    await fs.writeFile(own, content, { flag: 'wx' })
    try {
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        // A link appears with its whole content or not at all, and only where there is none.
        if (await linked(own, path)) return new LockFile(path, content)
        await removeIfStale(path, `${own}.stale`, processes)
      }
      throw inUse(path, null)
    } finally {
      await fs.unlink(own)
    }
  }

  /** Gives the directory back. Does nothing when the lock is not ours any more. */
  async release(): Promise<void> {
    if ((await contentOf(this.#path)) === this.#content) await fs.unlink(this.#path)
  }
}

/** Returns when the lock is gone; throws STORE_IN_USE when its owner lives. */
async function removeIfStale(path: string, aside: string, processes: ProcessTable): Promise<void> {
  const content = await contentOf(path)
  if (content === null) return
  const owner = parseOwner(content)
  if (owner !== null && isAlive(owner, processes)) throw inUse(path, owner)
  // Two processes may both have seen the dead owner. Whoever renames first wins; the other one may
  // have moved the winner's lock, and puts it back.
  if (!(await renamed(path, aside))) return
  if ((await contentOf(aside)) !== content) {
    await linked(aside, path)
    await fs.unlink(aside)
    throw inUse(path, null)
  }
  await fs.unlink(aside)
}

function isAlive(owner: LockOwner, processes: ProcessTable): boolean {
  const bootId = processes.bootId()
  if (owner.bootId !== '' && bootId !== '' && owner.bootId !== bootId) return false
  const startTime = processes.startTime(owner.pid)
  if (startTime === null) return false
  return startTime === '' || owner.startTime === '' || startTime === owner.startTime
}

/** Null for anything that is no lock of ours: a lock is written whole, so this one holds nobody. */
function parseOwner(content: string): LockOwner | null {
  try {
    const value: unknown = JSON.parse(content)
    if (typeof value !== 'object' || value === null) return null
    const { pid, startTime, bootId, nonce } = value as Record<string, unknown>
    if (typeof pid !== 'number' || typeof startTime !== 'string') return null
    if (typeof bootId !== 'string' || typeof nonce !== 'string') return null
    return { pid, startTime, bootId, nonce }
  } catch {
    return null
  }
}

function inUse(path: string, owner: LockOwner | null): BrokerError {
  const who = owner === null ? 'another process' : `process ${owner.pid}`
  return new BrokerError('STORE_IN_USE', `the data directory is in use by ${who} (${path})`, {
    details: owner === null ? { path } : { path, pid: owner.pid },
  })
}

const linuxProcesses: ProcessTable = {
  pid: process.pid,
  bootId: () => readOr('/proc/sys/kernel/random/boot_id', '').trim(),
  startTime(pid) {
    const stat = readOr(`/proc/${pid}/stat`, null)
    // Field 22; the second field is the name in parentheses and may contain anything.
    if (stat !== null) return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
    return isRunning(pid) ? '' : null
  },
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It exists and belongs to somebody else.
    return errnoOf(error) === 'EPERM'
  }
}

function readOr<T>(path: string, instead: T): string | T {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return instead
  }
}

async function contentOf(path: string): Promise<string | null> {
  return unless('ENOENT', fs.readFile(path, 'utf8'), null)
}

async function linked(source: string, target: string): Promise<boolean> {
  return unless(
    'EEXIST',
    fs.link(source, target).then(() => true),
    false,
  )
}

async function renamed(source: string, target: string): Promise<boolean> {
  return unless(
    'ENOENT',
    fs.rename(source, target).then(() => true),
    false,
  )
}

async function unless<T, U>(errno: string, operation: Promise<T>, instead: U): Promise<T | U> {
  try {
    return await operation
  } catch (error) {
    if (errnoOf(error) === errno) return instead
    throw error
  }
}
