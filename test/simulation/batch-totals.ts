import type { HistoryTotals } from './history.ts'
import { sightings } from './world/sightings.ts'

export interface BatchTotals extends HistoryTotals {
  readonly histories: number
}

const counted = ['steps', 'epochs', 'sent', 'confirmed', 'received', 'reportedLosses'] as const

export function addUp(all: readonly HistoryTotals[]): BatchTotals {
  const sums = { steps: 0, epochs: 0, sent: 0, confirmed: 0, received: 0, reportedLosses: 0 }
  const seen: Record<string, number> = Object.fromEntries(sightings.map((name) => [name, 0]))
  for (const totals of all) {
    for (const name of counted) sums[name] += totals[name]
    for (const [name, count] of Object.entries(totals.sightings)) {
      seen[name] = (seen[name] ?? 0) + count
    }
  }
  return { histories: all.length, ...sums, sightings: seen }
}

/**
 * What histories are there for and did not bring about: a batch without it proves nothing of it.
 */
export function unseen({ sightings: seen }: BatchTotals): string[] {
  return sightings.filter((name) => (seen[name] ?? 0) === 0)
}
