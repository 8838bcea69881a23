import { readFileSync } from 'node:fs'

/** Of one process, in bytes. */
export interface ResidentMemory {
  /** What is in memory of it, files that it has mapped included. */
  readonly residentBytes: number
  /** Of that, what is no file: heaps, buffers, stacks. */
  readonly anonymousBytes: number
}

/** Throws when the process is gone, and where there is no /proc. */
export function residentMemoryOf(pid: number): ResidentMemory {
  return parseSmapsRollup(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
}

export function parseSmapsRollup(text: string): ResidentMemory {
  return { residentBytes: bytesIn(text, 'Rss'), anonymousBytes: bytesIn(text, 'Anonymous') }
}

/** The most that the process had in memory since it began. */
export function peakResidentBytesOf(pid: number): number {
  return bytesIn(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmHWM')
}

function bytesIn(text: string, name: string): number {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
  if (kilobytes === undefined) throw new Error(`no ${name} in what the kernel says of a process`)
  return Number(kilobytes) * 1024
}
