import type { ClusterConfig, Voter } from '../cluster-config.ts'
import { isVoter, withSeat } from '../cluster-config.ts'

/**
 * R40: the next seat change that takes in a caught-up learner without an operator, or null. A
 * learner that bears the name of a voter is that node with a replaced disk: the old store leaves
 * its seat first, in a change of its own, because quorums of configurations that differ by a swap
 * need not intersect. A vacant seat is then filled.
 *
 * The links admit one store per node at a time, so a learner with a voter's name proves that the
 * voter's own store is not connected.
 */
export function nextSeatChange(
  config: ClusterConfig,
  caughtUp: readonly Voter[],
): ClusterConfig | null {
  const learners = caughtUp.filter(({ storeUuid }) => !isVoter(config, storeUuid))
  for (const learner of learners) {
    const own = config.seats.findIndex((seat) => seat?.nodeId === learner.nodeId)
    if (own >= 0) return withSeat(config, own, null)
    const vacant = config.seats.indexOf(null)
    if (vacant >= 0) {
      return withSeat(config, vacant, { nodeId: learner.nodeId, storeUuid: learner.storeUuid })
    }
  }
  return null
}
