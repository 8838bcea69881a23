import { readFileSync } from 'node:fs'

/** Of several processes together. */
export interface ProcessUsage {
  /** Since they began. */
  readonly cpuSeconds: number
  readonly residentBytes: number
}

/** Linux counts in these, whatever the kernel's own tick is (USER_HZ). */
const TICKS_PER_SECOND = 100
const KIB = 1024

/** Throws when one of them is gone, and where there is no /proc. */
export function usageOf(pids: readonly number[]): ProcessUsage {
  const each = pids.map((pid) => ({
    cpuSeconds: cpuSecondsIn(readFileSync(`/proc/${pid}/stat`, 'utf8')),
    residentBytes: residentBytesIn(readFileSync(`/proc/${pid}/status`, 'utf8')),
  }))
  return {
    cpuSeconds: each.reduce((sum, one) => sum + one.cpuSeconds, 0),
    residentBytes: each.reduce((sum, one) => sum + one.residentBytes, 0),
  }
}

/** A name in brackets may hold anything, so fields are counted behind its last one. */
export function cpuSecondsIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const userTicks = Number(fields[11])
  const systemTicks = Number(fields[12])
  if (Number.isNaN(userTicks + systemTicks)) throw new Error(`no times in ${stat}`)
  return (userTicks + systemTicks) / TICKS_PER_SECOND
}

export function residentBytesIn(status: string): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  if (kilobytes === undefined) throw new Error('no VmRSS in what the kernel says of a process')
  return Number(kilobytes) * KIB
}
