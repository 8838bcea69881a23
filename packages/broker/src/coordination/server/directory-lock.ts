import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BrokerError, errnoOf } from '@quorate/core/base/errors'

/** How often a lock that vanishes while it is looked at is tried again. */
const attemptsMax = 5

/**
 * Keeps a second server out of the directory. The lock is a file that names its process and the
 * boot of the machine, so that one left behind by a crash holds nobody up.
 */
export class DirectoryLock {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /** Throws STORE_IN_USE when another live process holds it. */
  static async take(directory: string): Promise<DirectoryLock> {
    const path = join(directory, 'lock')
    const mine = JSON.stringify({ pid: process.pid, boot: await bootId() })
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      try {
        await writeFile(path, mine, { flag: 'wx' })
        return new DirectoryLock(path)
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error
      }
      if (await isHeld(path)) break
      await rm(path, { force: true })
    }
    throw new BrokerError('STORE_IN_USE', `another process uses ${directory}`)
  }

  async release(): Promise<void> {
    await rm(this.#path, { force: true })
  }
}

async function isHeld(path: string): Promise<boolean> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    return false
  }
  const holder = parse(text)
  // Between making the file and writing it, its maker is alive.
  if (text === '') return true
  if (holder === null || holder.boot !== (await bootId())) return false
  return isAlive(holder.pid)
}

function parse(text: string): { readonly pid: number; readonly boot: string } | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return null
    if (!('pid' in value) || !('boot' in value)) return null
    const { pid, boot } = value
    return typeof pid === 'number' && typeof boot === 'string' ? { pid, boot } : null
  } catch {
    return null
  }
}

/** A lock of this very process is of another server in it: held as well. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It runs, as somebody else.
    return errnoOf(error) === 'EPERM'
  }
}

/** Empty where the system does not tell. */
async function bootId(): Promise<string> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  } catch {
    return ''
  }
}
