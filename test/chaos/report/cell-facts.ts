import type { CellResult, Unavailability } from '../cell-result.ts'

/** What stands in the summary of one cell, in words and numbers. */
export interface CellFacts {
  readonly confirmed: number
  /** Confirmed, and missing from its queue or subscription. */
  readonly lost: number
  /** Received once more, with a reason. */
  readonly redelivered: number
  /** Received once more without one, or back after its acknowledgement. */
  readonly doubled: number
  readonly worstAfterStrike: string
  readonly worstAfterHeal: string
}

const lossChecks = new Set(['C1', 'C7'])
const duplicateChecks = new Set(['C2', 'C4'])

export function factsOf(cell: CellResult): CellFacts {
  const of = (checks: ReadonlySet<string>): number =>
    cell.violations.filter(({ check }) => checks.has(check)).length
  return {
    confirmed: cell.counts.confirmed ?? 0,
    lost: of(lossChecks),
    redelivered: cell.counts.redeliveries ?? 0,
    doubled: of(duplicateChecks),
    worstAfterStrike: worstOf(cell.unavailability, 'strike'),
    worstAfterHeal: worstOf(cell.unavailability, 'heal'),
  }
}

/** The longest wait of all rounds; in words when nothing was confirmed before what came next. */
export function worstOf(all: readonly Unavailability[], after: Unavailability['after']): string {
  const waits = all.filter((each) => each.after === after).map((each) => each.unavailableMs)
  if (waits.length === 0) return '-'
  if (waits.includes(null)) return after === 'strike' ? 'till heal' : 'never'
  return seconds(Math.max(...waits.map(Number)))
}

/** '1.25 s'. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
}

type Outcome = CellResult['outcome']

/** Colours never stand alone. */
export const signs: Readonly<Record<Outcome, string>> = {
  passed: '\u2713',
  violated: '\u2717',
  broken: '!',
  skipped: '\u2013',
}

export const outcomes = ['passed', 'violated', 'broken', 'skipped'] as const

export function countOf(cells: readonly CellResult[], outcome: Outcome): number {
  return cells.filter((cell) => cell.outcome === outcome).length
}
