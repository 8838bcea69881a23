import type { Bootstrap, Member, Seat } from '../coordination/coordinator.ts'

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
 *
 * One of the stores may have been restored from a backup. Then the empty ones must not elect each
 * other before they have its log: they are not seated here (see `Bootstrap.electorate`). Of two
 * restored stores nobody can say which one is meant.
 */
export function proposeBootstrap(view: BootstrapView): Bootstrap | null {
  const { members, replicas, self } = view
  if (members.some(({ clusterId }) => clusterId !== null)) return null
  if (!members.some(({ nodeId }) => nodeId === self)) return null
  const [restored, another] = members.filter(({ empty }) => !empty)
  if (another !== undefined) return null
  const quorum = Math.floor(replicas / 2) + 1
  const complete = members.length >= replicas
  const patient = view.waitedMs < view.graceMs
  if (!complete && (patient || members.length < quorum)) return null
  const chosen = [...members].sort(inOrder).slice(0, replicas)
  if (restored !== undefined && !chosen.includes(restored)) chosen.splice(-1, 1, restored)
  const seats = Array.from({ length: replicas }, (_, i) => seatOf(chosen[i]))
  const clusterId = view.newClusterId()
  if (restored === undefined) return { clusterId, seats }
  const isRestored = (seat: Seat | null) => seat?.storeUuid === restored.storeUuid
  const first = seats.map((seat) => (isRestored(seat) ? seat : null))
  return { clusterId, seats: first, electorate: seats }
}

function seatOf(member: Member | undefined): Seat | null {
  return member === undefined ? null : { nodeId: member.nodeId, storeUuid: member.storeUuid }
}

function inOrder(a: Member, b: Member): number {
  return a.nodeId < b.nodeId ? -1 : 1
}
