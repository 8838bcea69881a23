import { availableParallelism, loadavg } from 'node:os'
import type { CellViolation, Unavailability } from '../cell-result.ts'
import type { Fault } from '../faults/fault.ts'
import type { HistoryProgress } from './history-progress.ts'

/** The promise: after a heal, or beside a fault that leaves a quorum, nobody waits longer. */
const LIMIT_MS = 5000

/** When one strike came and went, on the monotonic clock. */
export interface StrikeTimes {
  readonly round: number
  readonly strikeMs: number
  healMs: number | null
  healedMs: number | null
  what: string
  targets: readonly string[]
}

export interface Window {
  readonly strikes: readonly StrikeTimes[]
  /** When sending ended, or the cell. */
  readonly endMs: number
  /** Results count from here. */
  readonly originMs: number
  readonly service: Fault['service']
}

/** How long nothing was confirmed after each strike and each heal, and what of it is too long. */
export function unavailabilityOf(
  progress: HistoryProgress,
  { strikes, endMs, originMs, service }: Window,
): { readonly measured: readonly Unavailability[]; readonly late: readonly CellViolation[] } {
  const measured: Unavailability[] = []
  const measure = (event: Event, fromMs: number, toMs: number): void => {
    const gapMs = progress.longestGapMs(fromMs, toMs)
    measured.push({
      ...event,
      atMs: Math.round(fromMs - originMs),
      unavailableMs: gapMs === null ? null : Math.round(gapMs),
    })
  }
  for (const [at, { round, strikeMs, healMs, healedMs }] of strikes.entries()) {
    const nextMs = strikes[at + 1]?.strikeMs ?? endMs
    const limitMs = service === 'continues' ? LIMIT_MS : null
    measure({ after: 'strike', round, limitMs }, strikeMs, healMs ?? nextMs)
    if (healedMs !== null) measure({ after: 'heal', round, limitMs: LIMIT_MS }, healedMs, nextMs)
  }
  return { measured, late: measured.flatMap(complaintAbout) }
}

type Event = Pick<Unavailability, 'after' | 'round' | 'limitMs'>

function complaintAbout(event: Unavailability): CellViolation[] {
  const { after, round, atMs, unavailableMs, limitMs } = event
  if (limitMs === null || (unavailableMs !== null && unavailableMs <= limitMs)) return []
  const howLong = unavailableMs === null ? 'any more' : `for ${unavailableMs} ms`
  const [oneMinute = 0] = loadavg()
  const load = `load ${oneMinute.toFixed(1)} on ${availableParallelism()} cores`
  const message = `round ${round}: nothing confirmed ${howLong} after the ${after} (${load})`
  return [{ check: 'C10', message, atMs }]
}
