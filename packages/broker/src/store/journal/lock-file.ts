import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BrokerError, errnoOf } from '@quorate/core/base/errors'

/** Who holds a data directory: enough to know whether that process still lives. */
export interface LockOwner {
  readonly pid: number
  /** When the process started, in the kernel's ticks since boot; '' where /proc does not tell. */
  readonly startTime: string
  /** The boot of the machine that both belong to; '' where /proc does not tell. */
  readonly bootId: string
}

/** What the lock asks the machine. Replaced in tests. */
export interface ProcessTable {
  readonly pid: number
  bootId(): string
  /** Start time of a living process, '' when it cannot be known, null when there is no process. */
  startTime(pid: number): string | null
  /** Waits for a little, differently in every process, and longer at each attempt. */
  backOff(attempt: number): Promise<void>
}

const NAME = /^lock-[0-9]+-[0-9a-f]{16}$/
/** How often a process tries again that met another one trying. */
const ATTEMPTS_MAX = 6
const BACK_OFF_MS = 15

/**
 * Keeps a data directory to one process. Node has no flock, so each process that wants it puts down
 * a file of its own that names it, and then looks around: it holds the directory if no other file
 * there belongs to a living process. Of two that try at once the one that looks later sees the
 * other, so never do both hold it; it can happen that neither does, and they try again.
 *
 * Files of dead processes are removed by whoever sees them: kill -9 leaves no directory locked. A
 * process id alone would not do, because ids are reused; with start time and boot it is unique.
 */
export class LockFile {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /** Rejects with STORE_IN_USE, whose details name the owner, while another process holds it. */
  static async acquire(directory: string, processes = linuxProcesses): Promise<LockFile> {
    await fs.mkdir(directory, { recursive: true })
    for (let attempt = 1; ; attempt++) {
      const path = await putDown(directory, processes)
      const other = await otherOwner(path, processes)
      if (other === null) return new LockFile(path)
      await fs.unlink(path)
      if (attempt === ATTEMPTS_MAX) throw inUse(directory, other)
      await processes.backOff(attempt)
    }
  }

  /** Gives the directory back. */
  async release(): Promise<void> {
    await unlessMissing(fs.unlink(this.#path))
  }
}

/** Puts down a file that appears with its whole content or not at all. */
async function putDown(directory: string, processes: ProcessTable): Promise<string> {
  const owner: LockOwner = {
    pid: processes.pid,
    startTime: processes.startTime(processes.pid) ?? '',
    bootId: processes.bootId(),
  }
  const nonce = randomBytes(8).toString('hex')
  const path = join(directory, `lock-${owner.pid}-${nonce}`)
  const unfinished = `${path}.new`
  await fs.writeFile(unfinished, JSON.stringify(owner), { flag: 'wx' })
  await fs.rename(unfinished, path)
  return path
}

/** A living process with a file beside `own`. Files of dead ones are removed on the way. */
async function otherOwner(own: string, processes: ProcessTable): Promise<LockOwner | null> {
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

function isAlive(owner: LockOwner, processes: ProcessTable): boolean {
  const bootId = processes.bootId()
  if (owner.bootId !== '' && bootId !== '' && owner.bootId !== bootId) return false
  const startTime = processes.startTime(owner.pid)
  if (startTime === null) return false
  return startTime === '' || owner.startTime === '' || startTime === owner.startTime
}

/** Null for what no process wrote: a lock appears whole, so this one belongs to nobody. */
function parseOwner(content: string): LockOwner | null {
  try {
    const value: unknown = JSON.parse(content)
    if (typeof value !== 'object' || value === null) return null
    const { pid, startTime, bootId } = value as Record<string, unknown>
    if (typeof pid !== 'number' || typeof startTime !== 'string') return null
    return typeof bootId === 'string' ? { pid, startTime, bootId } : null
  } catch {
    return null
  }
}

function inUse(directory: string, owner: LockOwner): BrokerError {
  const message = `${directory} is in use by process ${owner.pid}`
  return new BrokerError('STORE_IN_USE', message, { details: { directory, pid: owner.pid } })
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
  backOff: (attempt) => sleep(randomInt(1, BACK_OFF_MS * attempt)),
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

async function unlessMissing<T>(operation: Promise<T>): Promise<T | null> {
  try {
    return await operation
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
}
