import type { Clock } from '@quorate/core/base/clock'
import type { BrokerStatus } from '../../broker-status.ts'
import type { SeenElection } from '../../election-report.ts'
import { fetchElections } from '../../elections-client.ts'
import type { ManagedBroker } from '../managed-broker.ts'
import { REPORTING_NODES_MAX, REPORT_TIMEOUT_MS } from './cluster-reports.ts'
import { KeptAnswer } from './kept-answer.ts'
import { knownNodes } from './known-nodes.ts'
import type { KnownNode } from './known-nodes.ts'

/** How long the elections that other nodes saw are told again, in milliseconds. */
export const ELECTIONS_KEPT_MS = 4_000
/** Elections that are told, the newest. */
export const MERGED_ELECTIONS_MAX = 200

/**
 * What this node and the others remember of elections, an epoch once. A node forgets when it is
 * restarted; what another one saw then is told.
 */
export class ClusterElections {
  readonly #broker: ManagedBroker
  readonly #others: KeptAnswer<readonly SeenElection[]>

  constructor(broker: ManagedBroker, clock: Clock) {
    this.#broker = broker
    this.#others = new KeptAnswer(() => askOthers(broker.status()), ELECTIONS_KEPT_MS, clock)
  }

  async latest(): Promise<readonly SeenElection[]> {
    const others = await this.#others.latest()
    const seenBy = this.#broker.status().nodeId
    return mergedElections(
      this.#broker.elections().map((election) => ({ ...election, seenBy })),
      others,
    )
  }
}

async function askOthers(status: BrokerStatus): Promise<readonly SeenElection[]> {
  const others = knownNodes(status).filter(({ isThis }) => !isThis)
  return (await Promise.all(others.slice(0, REPORTING_NODES_MAX).map(ask))).flat()
}

async function ask({ nodeId, consoleUrl }: KnownNode): Promise<readonly SeenElection[]> {
  if (consoleUrl === null) return []
  try {
    const elections = await fetchElections(consoleUrl, REPORT_TIMEOUT_MS)
    return elections.map((election) => ({ ...election, seenBy: nodeId }))
  } catch {
    return []
  }
}

/**
 * Of each epoch the best record, the oldest first; then what this node alone knows to be under way.
 */
export function mergedElections(
  own: readonly SeenElection[],
  others: readonly SeenElection[],
): readonly SeenElection[] {
  const byEpoch = new Map<number, SeenElection>()
  for (const election of [...own, ...others]) {
    if (election.leader === null) continue
    const known = byEpoch.get(election.epoch)
    if (known === undefined || isBetter(election, known)) byEpoch.set(election.epoch, election)
  }
  const ended = [...byEpoch.values()].sort((one, other) => one.epoch - other.epoch)
  const underWay = own.filter(({ leader }) => leader === null)
  return [...ended, ...underWay].slice(-MERGED_ELECTIONS_MAX)
}

/**
 * The same on every node: who was there before who came later; then who was elected; then by name.
 */
function isBetter(one: SeenElection, other: SeenElection): boolean {
  const rank = ({ cause, seenBy, leader }: SeenElection): number =>
    (cause === 'start' ? 2 : 0) + (seenBy === leader ? 0 : 1)
  const difference = rank(one) - rank(other)
  return difference === 0 ? one.seenBy < other.seenBy : difference < 0
}
