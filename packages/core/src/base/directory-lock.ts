import { randomBytes, randomInt } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BrokerError, errnoOf } from './errors.ts'
import { isAlive, ownIdentity, parseIdentity, thisMachine } from './process-identity.ts'
import type { ProcessIdentity, ProcessTable } from './process-identity.ts'

export interface DirectoryLockOptions {
  readonly processes: ProcessTable
  /** Waits for a little, differently in every process, and longer at each attempt. */
  readonly backOff: (attempt: number) => Promise<void>
}

const NAME = /^lock-[0-9]+-[0-9a-f]{16}$/
/** How often a process tries again for a directory when it met another one trying. */
const LOCK_ATTEMPTS_MAX = 6
const BACK_OFF_MS = 15

const realOptions: DirectoryLockOptions = {
  processes: thisMachine,
  backOff: (attempt) => sleep(randomInt(1, BACK_OFF_MS * attempt)),
}

/**
 * Keeps a directory to one process. Node has no flock, so each process that wants it puts down a
 * file of its own that names it, and then looks around: it holds the directory if no other file
 * there belongs to a living process. Of two that try at once the one that looks later sees the
 * other, so never do both hold it; it can happen that neither does, and they try again. A second
 * lock in the same process is refused like any other.
 *
 * Files of dead processes are removed by whoever sees them: kill -9 leaves no directory locked.
 *
 * It protects only between processes that can see each other. A holder in another PID namespace
 * (two containers on one volume), or on another machine (a network volume), looks dead: its file is
 * removed, and both write. So a broker takes a lock of the kernel first (data-directory-lock.ts).
 */
export class DirectoryLock {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /**
   * Makes the directory if it does not exist. Rejects with STORE_IN_USE, whose details name the
   * owner, while another process holds it.
   */
  static async acquire(directory: string, options = realOptions): Promise<DirectoryLock> {
    await fs.mkdir(directory, { recursive: true })
    for (let attempt = 1; ; attempt++) {
      const path = await putDown(directory, ownIdentity(options.processes))
      const other = await otherOwner(path, options.processes)
      if (other === null) return new DirectoryLock(path)
      await fs.unlink(path)
      if (attempt === LOCK_ATTEMPTS_MAX) throw inUse(directory, other)
      await options.backOff(attempt)
    }
  }

  /** Gives the directory back. */
  async release(): Promise<void> {
    await unlessMissing(fs.unlink(this.#path))
  }
}

/** The living process that holds the directory, or null. Only looks. */
export async function directoryHolder(
  directory: string,
  processes: ProcessTable = thisMachine,
): Promise<ProcessIdentity | null> {
  for (const name of (await unlessMissing(fs.readdir(directory))) ?? []) {
    if (!NAME.test(name)) continue
    const owner = parseOwner(
      (await unlessMissing(fs.readFile(join(directory, name), 'utf8'))) ?? '',
    )
    if (owner !== null && isAlive(owner, processes)) return owner
  }
  return null
}

/** Puts down a file that appears with its whole content or not at all. */
async function putDown(directory: string, owner: ProcessIdentity): Promise<string> {
  const nonce = randomBytes(8).toString('hex')
  const path = join(directory, `lock-${owner.pid}-${nonce}`)
  const unfinished = `${path}.new`
  await fs.writeFile(unfinished, JSON.stringify(owner), { flag: 'wx' })
  await fs.rename(unfinished, path)
  return path
}

/** A living process with a file beside `own`. Files of dead ones are removed on the way. */
async function otherOwner(own: string, processes: ProcessTable): Promise<ProcessIdentity | null> {
  const directory = dirname(own)
  for (const name of await fs.readdir(directory)) {
    const path = join(directory, name)
    if (!NAME.test(name) || path === own) continue
    const content = await unlessMissing(fs.readFile(path, 'utf8'))
    if (content === null) continue
    const owner = parseOwner(content)
    if (owner !== null && isAlive(owner, processes)) return owner
    await unlessMissing(fs.unlink(path))
  }
  return null
}

/** Null for what no process wrote: a lock appears whole, so this one belongs to nobody. */
function parseOwner(content: string): ProcessIdentity | null {
  try {
    return parseIdentity(JSON.parse(content))
  } catch {
    return null
  }
}

function inUse(directory: string, owner: ProcessIdentity): BrokerError {
  const message = `${directory} is in use by pid ${owner.pid}`
  return new BrokerError('STORE_IN_USE', message, { details: { directory, pid: owner.pid } })
}

async function unlessMissing<T>(operation: Promise<T>): Promise<T | null> {
  try {
    return await operation
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
}
