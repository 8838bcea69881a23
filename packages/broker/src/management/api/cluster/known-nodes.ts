import type { BrokerStatus } from '../../broker-status.ts'

/** A node of the cluster as another knows it. */
export interface KnownNode {
  readonly nodeId: string
  /** The node that answers. */
  readonly isThis: boolean
  readonly hasSeat: boolean
  readonly consoleUrl: string | null
}

/** Who has a seat or says that he is there, by name. */
export function knownNodes({ nodeId, seats, members }: BrokerStatus): KnownNode[] {
  const ids = new Set([nodeId, ...members.map((member) => member.nodeId)])
  for (const seat of seats) if (seat !== null) ids.add(seat)
  return [...ids].sort().map((id) => ({
    nodeId: id,
    isThis: id === nodeId,
    hasSeat: seats.includes(id),
    consoleUrl: members.find((member) => member.nodeId === id)?.consoleUrl ?? null,
  }))
}
