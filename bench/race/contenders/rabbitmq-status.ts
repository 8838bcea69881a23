/** What rabbitmqctl and rabbitmq-queues say with `--formatter json`. */

export interface QueueLeader {
  readonly name: string
  /** Node name; absent in what is said of a queue that is no quorum queue. */
  readonly leader?: string
}

/** Of `rabbitmqctl list_queues name leader`: the node that leads this queue, null for no such. */
export function leaderIn(json: string, queue: string): string | null {
  const listed = JSON.parse(json) as readonly QueueLeader[]
  const leader = listed.find(({ name }) => name === queue)?.leader
  return leader === undefined || leader === '' ? null : leader
}

export interface MemberStatus {
  readonly node: string
  readonly isLeader: boolean
  readonly logIndex: number
  readonly commitIndex: number
}

/**
 * Of `rabbitmq-queues quorum_status`: its members. One that does not answer is told with words for
 * its indexes and counts as one that has nothing.
 */
export function membersIn(json: string): MemberStatus[] {
  const rows = JSON.parse(json) as readonly Readonly<Record<string, unknown>>[]
  return rows.map((row) => ({
    node: String(row['Node Name']),
    isLeader: row['Raft State'] === 'leader',
    logIndex: indexOf(row['Log Index']),
    commitIndex: indexOf(row['Commit Index']),
  }))
}

/** What the leader knows to be committed; null while nobody leads. */
export function commitIndexIn(members: readonly MemberStatus[]): number | null {
  return members.find(({ isLeader }) => isLeader)?.commitIndex ?? null
}

export function areInStep(members: readonly MemberStatus[], committed: number): boolean {
  return members.every(({ logIndex }) => logIndex >= committed)
}

function indexOf(value: unknown): number {
  const index = Number(value)
  return Number.isInteger(index) ? index : 0
}

/** Nodes that are up, of `rabbitmqctl cluster_status`. */
export function runningNodesIn(json: string): readonly string[] {
  return (JSON.parse(json) as { readonly running_nodes: readonly string[] }).running_nodes
}
