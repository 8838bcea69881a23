import type { MemorySample } from '../depth-cluster.ts'

const MEGABYTE = 1e6

/** The largest of those that have this part. */
export function residentMegabytes(
  samples: readonly MemorySample[],
  role: MemorySample['role'],
): number {
  const own = samples.filter((sample) => sample.role === role)
  return Math.max(...own.map((sample) => sample.residentBytes)) / MEGABYTE
}

/** Behind a figure: how much of it is no mapped file, and the most it ever was. */
export function memoryNote(samples: readonly MemorySample[], role: MemorySample['role']): string {
  const own = samples.filter((sample) => sample.role === role)
  const most = (of: (sample: MemorySample) => number): string =>
    `${Math.round(Math.max(...own.map(of)) / MEGABYTE)} MB`
  const anonymous = most((sample) => sample.anonymousBytes)
  return `${anonymous} of it no file, peak ${most((sample) => sample.peakResidentBytes)}`
}

/** Behind a rate of sending: how long it took, and how busy the load was at most. */
export function sendingNote(seconds: number, busyShares: readonly number[]): string {
  return `${seconds.toFixed(1)} s, load busy ${Math.round(Math.max(...busyShares) * 100)}%`
}
