import { electionCauses } from './election-report.ts'
import type { ElectionReport } from './election-report.ts'
import { askNode, notSo } from './node-client.ts'
import { isRecord } from './status-shape.ts'

/** Elections that a node tells the others, the newest. */
export const TOLD_ELECTIONS_MAX = 50

/** Asks one node for the elections that it saw itself; throws what `askNode` does. */
export async function fetchElections(
  consoleUrl: string,
  timeoutMs: number,
): Promise<readonly ElectionReport[]> {
  const url = new URL('/api/v1/cluster/elections/seen', consoleUrl)
  const question = { url, timeoutMs, what: 'list of elections' }
  const { elections } = await askNode(question)
  if (!Array.isArray(elections) || elections.length > TOLD_ELECTIONS_MAX) {
    throw notSo(question, 'elections is missing or wrong')
  }
  return elections.map((election: unknown) => {
    if (!isElection(election)) throw notSo(question, 'an election is wrong')
    return election
  })
}

/** Of one that came to an end. */
function isElection(value: unknown): value is ElectionReport {
  if (!isRecord(value)) return false
  const { epoch, leader, cause, noticedAt, servingAt, durationMs } = value
  if (!Number.isSafeInteger(epoch) || typeof leader !== 'string') return false
  if (!electionCauses.some((each) => each === cause)) return false
  return isTime(noticedAt) && isTime(servingAt) && Number.isFinite(durationMs)
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}
