import type { Bootstrap, Member } from '../coordination/coordinator.ts'

export interface BootstrapView {
  /** Configured number of seats. */
  readonly replicas: number
  readonly members: readonly Member[]
  readonly self: string
  /** How long this node has been waiting. */
  readonly waitedMs: number
  readonly graceMs: number
  readonly newClusterId: () => string
}

/**
 * R2: who sits in the first configuration, or null to wait on. All seats at once when every node is
 * there with an empty store; after the grace period a quorum is enough, and the seats of the absent
 * stay vacant. A member that already belongs to a cluster means that the service has lost what it
 * knew: nothing new is founded beside it.
 */
export function proposeBootstrap(view: BootstrapView): Bootstrap | null {
  const { members, replicas, self } = view
  if (members.some((member) => member.clusterId !== null || !member.empty)) return null
  if (!members.some(({ nodeId }) => nodeId === self)) return null
  const quorum = Math.floor(replicas / 2) + 1
  const complete = members.length >= replicas
  const patient = view.waitedMs < view.graceMs
  if (!complete && (patient || members.length < quorum)) return null
  const present = [...members].sort(inOrder).slice(0, replicas)
  const seats = Array.from({ length: replicas }, (_, i) => {
    const member = present[i]
    return member === undefined ? null : { nodeId: member.nodeId, storeUuid: member.storeUuid }
  })
  return { clusterId: view.newClusterId(), seats }
}

function inOrder(a: Member, b: Member): number {
  return a.nodeId < b.nodeId ? -1 : 1
}
