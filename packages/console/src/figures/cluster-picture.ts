import type { BrokerStatus, FollowerStatus, NodeReport } from '../api/answers.ts'

/** How many may fail, as the leader counts. */
export interface QuorumPicture {
  readonly seats: number
  readonly quorum: number
  /** null: no leader answers. */
  readonly inStep: number | null
  /** null: no quorum is there. */
  readonly mayFail: number | null
}

/**
 * The leader of the highest epoch that answers: one that was cut off may still believe it leads.
 */
export function leaderIn(reports: readonly NodeReport[]): BrokerStatus | null {
  const leaders = reports.flatMap(({ status }) => (status?.role === 'leader' ? [status] : []))
  return leaders.sort((a, b) => b.epoch - a.epoch)[0] ?? null
}

export function quorumOf(reports: readonly NodeReport[]): QuorumPicture {
  const leader = leaderIn(reports)
  const seats = (leader ?? reports.find(({ isThis }) => isThis)?.status)?.seats.length ?? 0
  const quorum = seats === 0 ? 0 : Math.floor(seats / 2) + 1
  if (leader === null) return { seats, quorum, inStep: null, mayFail: null }
  const voters = leader.followers.filter(({ state, connected }) => state === 'voter' && connected)
  const inStep = voters.length + 1
  return { seats, quorum, inStep, mayFail: inStep < quorum ? null : inStep - quorum }
}

/** What the leader knows of one node; null where there is no leader, or it is the node. */
export function followerIn(leader: BrokerStatus | null, nodeId: string): FollowerStatus | null {
  return leader?.followers.find((follower) => follower.nodeId === nodeId) ?? null
}
