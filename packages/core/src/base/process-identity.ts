import { readFileSync } from 'node:fs'
import { errnoOf } from './errors.ts'

/**
 * One run of one process, as it is written down for others to find. A process id alone would not
 * do, because ids are given out again; with start time and boot it is unique on its machine.
 */
export interface ProcessIdentity {
  readonly pid: number
  /** When the process started, in the kernel's ticks since boot; '' where /proc does not tell. */
  readonly startTime: string
  /** The boot of the machine that both belong to; '' where /proc does not tell. */
  readonly bootId: string
}

/** What is asked of the machine. Replaced in tests. */
export interface ProcessTable {
  /** Our own. */
  readonly pid: number
  /** '' when it cannot be known. */
  bootId(): string
  /** Start time of a living process, '' when it cannot be known, null when there is no process. */
  startTime(pid: number): string | null
}

/** The real one: Linux tells all of it, other systems only which process ids are in use. */
export const thisMachine: ProcessTable = {
  pid: process.pid,
  bootId: () => readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? '',
  startTime(pid) {
    const stat = readOrNull(`/proc/${pid}/stat`)
    if (stat !== null) return startTimeIn(stat)
    return isRunning(pid) ? '' : null
  },
}

export function ownIdentity(processes: ProcessTable = thisMachine): ProcessIdentity {
  const { pid } = processes
  return { pid, startTime: processes.startTime(pid) ?? '', bootId: processes.bootId() }
}

/** Null when no such process runs. */
export function identityOf(pid: number, processes = thisMachine): ProcessIdentity | null {
  const startTime = processes.startTime(pid)
  return startTime === null ? null : { pid, startTime, bootId: processes.bootId() }
}

/**
 * True while exactly this run of the process lives. What the machine does not tell counts as equal:
 * in doubt a process lives.
 *
 * Only processes that we can see are known: one in another PID namespace, or on another machine,
 * looks dead, or like whoever has its number here.
 */
export function isAlive(identity: ProcessIdentity, processes = thisMachine): boolean {
  const bootId = processes.bootId()
  if (identity.bootId !== '' && bootId !== '' && identity.bootId !== bootId) return false
  const startTime = processes.startTime(identity.pid)
  if (startTime === null) return false
  return startTime === '' || identity.startTime === '' || startTime === identity.startTime
}

/** An identity that was read from a file; null for anything else. */
export function parseIdentity(value: unknown): ProcessIdentity | null {
  if (typeof value !== 'object' || value === null) return null
  const { pid, startTime, bootId } = value as Record<string, unknown>
  // To the kernel, zero and below mean groups of processes.
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null
  if (typeof startTime !== 'string' || typeof bootId !== 'string') return null
  return { pid, startTime, bootId }
}

/**
 * The start time in a /proc/PID/stat, null when the process has ended. Fields are counted after the
 * name, the second, which stands in parentheses and may itself hold anything.
 */
export function startTimeIn(stat: string): string | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, threads, startTime] = [fields[0], fields[17], fields[19]]
  // A zombie has ended; only its parent has not asked for its exit code yet. But while other
  // threads of it are in the kernel, what they began to write may still reach the disk.
  if (state === 'Z' && Number(threads) <= 1) return null
  return startTime ?? ''
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

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}
