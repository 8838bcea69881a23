import { runHistory } from './history.ts'
import type { HistoryTotals } from './history.ts'

/** What the command tells a worker, and what it answers. */
export interface SeedRequest {
  readonly seed: number
}

export interface SeedReport {
  readonly seed: number
  readonly failure: string | null
  readonly totals: HistoryTotals
  readonly tookMs: number
}

// Connections are refused by the thousand; nobody reads where those errors were made.
Error.stackTraceLimit = 0

process.on('message', ({ seed }: SeedRequest) => {
  const startMs = performance.now()
  void runHistory(seed).then(({ failure, totals }) => {
    const report: SeedReport = { seed, failure, totals, tookMs: performance.now() - startMs }
    process.send?.(report)
  })
})

// The command is gone: so are we.
process.on('disconnect', () => process.exit(0))
