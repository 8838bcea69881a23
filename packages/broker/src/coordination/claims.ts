import type { LeaderHint, Member } from './coordinator.ts'

/** What stands at an ephemeral node that we want to be ours. */
export interface Standing<T> {
  /** null when its bytes do not decode. */
  readonly value: T | null
  /** It belongs to our present session. */
  readonly ours: boolean
}

export type Claim =
  /** Nothing is there: create it. */
  | 'create'
  /** It is ours and says something else: write it. */
  | 'update'
  /** It is ours and says what we want. */
  | 'done'
  /** It belongs to another session that may not keep it: delete it and create ours, atomically. */
  | 'replace'
  /** It belongs to somebody else: leave it. */
  | 'yield'

/**
 * Who may stand at /members/<nodeId>. A node of another session is a ghost, left behind by our own
 * previous process or session, when it names our store (a data directory has one process) or our
 * replication address (we hold that port, so nobody else listens there). Anything else is either
 * the ghost of a disk that was replaced, which goes with its session, or a second broker that was
 * given the same node id by mistake; neither is ours to delete.
 *
 * Once announced in the present session, whoever took the place cannot be a ghost: then we yield.
 */
export function claimMember(
  standing: Standing<Member> | null,
  self: Member,
  announcedInSession: boolean,
): Claim {
  if (standing === null) return 'create'
  if (standing.ours) return sameState(standing.value, self) ? 'done' : 'update'
  if (announcedInSession || standing.value === null) return 'yield'
  const { storeUuid, replicationAddress } = standing.value
  const ghost = storeUuid === self.storeUuid || replicationAddress === self.replicationAddress
  return ghost ? 'replace' : 'yield'
}

/** Who may stand at /leader: the higher epoch, and in one epoch its one leader (R6). */
export function claimLeadership(standing: Standing<LeaderHint> | null, hint: LeaderHint): Claim {
  if (standing === null) return 'create'
  if (standing.ours) return sameState(standing.value, hint) ? 'done' : 'update'
  if (standing.value === null) return 'replace'
  if (standing.value.epoch < hint.epoch) return 'replace'
  const sameLeader = standing.value.epoch === hint.epoch && standing.value.nodeId === hint.nodeId
  return sameLeader ? 'replace' : 'yield'
}

export function sameState<T extends Member | LeaderHint>(one: T | null, other: T | null): boolean {
  // What was not read again is the same object.
  if (one === other || one === null || other === null) return one === other
  return JSON.stringify(one) === JSON.stringify(other)
}
