import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * Something that only this run of this process has, so that a recorded pid is never mistaken for a
 * later process that was given the same number: boot id and start time on Linux, the start time
 * that ps tells elsewhere. undefined when no such process runs.
 */
export function processIdentity(pid: number): string | undefined {
  if (!isAlive(pid)) return undefined
  return process.platform === 'linux' ? linuxIdentity(pid) : psIdentity(pid)
}

/** True when a process has this pid, ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Field 22 of /proc/PID/stat, counted after the name, which may itself hold spaces. */
const START_TIME_AFTER_NAME = 19
const STATE_AFTER_NAME = 0

function linuxIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended; only its parent has not asked for its exit code yet.
    if (fields[STATE_AFTER_NAME] === 'Z') return undefined
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    return `${boot} ${fields[START_TIME_AFTER_NAME]}`
  } catch {
    return undefined
  }
}

function psIdentity(pid: number): string | undefined {
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
    return started.trim() === '' ? undefined : started.trim()
  } catch {
    return undefined
  }
}
