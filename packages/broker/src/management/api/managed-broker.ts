import { BrokerError } from '@quorate/core/base/errors'
import type { Administration } from '../../engine/administration/administration.ts'
import type { BrokerStatus } from '../broker-status.ts'
import type { ElectionReport } from '../election-report.ts'

/** The broker behind the API, in whatever role it is. */
export interface ManagedBroker {
  readonly status: () => BrokerStatus
  /** What this node has seen since it started, oldest first; the one under way is the last. */
  readonly elections: () => readonly ElectionReport[]
  /** null while this node does not lead: then there is no engine. */
  readonly administration: () => Administration | null
}

/** The engine. Throws NOT_LEADER with what is known of who leads. */
export function leading(broker: ManagedBroker): Administration {
  const administration = broker.administration()
  if (administration !== null) return administration
  const { leader, nodeId, members } = broker.status()
  // One that was just elected, or is about to step down, is no leader yet or any more.
  const other = leader === nodeId ? null : leader
  const leaderUrl = members.find((member) => member.nodeId === other)?.consoleUrl ?? null
  const where = other === null ? 'nobody is known to lead' : `${other} leads`
  throw new BrokerError('NOT_LEADER', `This node does not lead; ${where}.`, {
    details: { leader: other, leaderUrl },
  })
}
