import type { ElectionReport } from './management/election-report.ts'
import type { Election } from './replication/election-history.ts'

/** What a node has seen of elections, for people and programs. */
export function electionReports(elections: readonly Election[]): ElectionReport[] {
  return elections.map(({ epoch, leader, cause, noticedMs, durationMs }) => ({
    epoch,
    leader,
    cause,
    noticedAt: isoTime(noticedMs),
    servingAt: durationMs === null ? null : isoTime(noticedMs + durationMs),
    durationMs,
  }))
}

function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString()
}
