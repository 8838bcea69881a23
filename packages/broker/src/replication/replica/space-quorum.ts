import type { ClusterConfig } from '../cluster-config.ts'
import { quorumOf } from '../cluster-config.ts'
import type { FollowerProgress } from './progress.ts'

export interface SpaceCount {
  /** Followers are needed for a quorum that have no space for new messages. */
  readonly needsShortFollowers: boolean
  /** The followers could go on without us: a quorum of them has space. */
  readonly followersSuffice: boolean
}

/**
 * R37: whose disk matters. A follower without space stops nobody while others make a quorum; where
 * there is no quorum with it either, space is not what is missing. Ourselves we count as having
 * space: our own disk speaks for itself.
 */
export function countSpace(
  config: ClusterConfig,
  own: { readonly storeUuid: string; readonly counts: boolean },
  followers: ReadonlyMap<string, FollowerProgress>,
): SpaceCount {
  let roomy = 0
  let short = 0
  for (const seat of config.seats) {
    if (seat === null || seat.storeUuid === own.storeUuid) continue
    const progress = followers.get(seat.nodeId)
    const counts = progress?.peer.storeUuid === seat.storeUuid && progress.isStreaming
    if (!counts || progress.suspect) continue
    if (progress.isShortOfSpace) short++
    else roomy++
  }
  const quorum = quorumOf(config)
  const withUs = roomy + (own.counts ? 1 : 0)
  return {
    needsShortFollowers: withUs < quorum && withUs + short >= quorum,
    followersSuffice: roomy >= quorum,
  }
}
