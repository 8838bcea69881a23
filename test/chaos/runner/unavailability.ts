import type { CellViolation, Unavailability } from '../cell-result.ts'
import type { Fault } from '../faults/fault.ts'
import type { HistoryProgress } from './history-progress.ts'

/** The promise: after a heal nobody waits longer for a confirmation. */
const AFTER_HEAL_LIMIT_MS = 5000

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
  window: Window,
): { readonly measured: readonly Unavailability[]; readonly late: readonly CellViolation[] } {
  const measured: Unavailability[] = []
  const late: CellViolation[] = []
  const { strikes, endMs, originMs } = window
  for (const [at, { round, strikeMs, healMs, healedMs }] of strikes.entries()) {
    const nextMs = strikes[at + 1]?.strikeMs ?? endMs
    const gapMs = progress.longestGapMs(strikeMs, healMs ?? nextMs)
    measured.push({
      after: 'strike',
      round,
      atMs: Math.round(strikeMs - originMs),
      unavailableMs: rounded(gapMs),
      limitMs: null,
    })
    if (healedMs === null) continue
    const afterHealMs = progress.longestGapMs(healedMs, nextMs)
    measured.push({
      after: 'heal',
      round,
      atMs: Math.round(healedMs - originMs),
      unavailableMs: rounded(afterHealMs),
      limitMs: AFTER_HEAL_LIMIT_MS,
    })
    if (afterHealMs !== null && afterHealMs <= AFTER_HEAL_LIMIT_MS) continue
    const howLong = afterHealMs === null ? 'at all' : `for ${Math.round(afterHealMs)} ms`
    late.push({ check: 'C10', message: `round ${round}: nothing confirmed ${howLong} after heal` })
  }
  return { measured, late }
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms)
}
