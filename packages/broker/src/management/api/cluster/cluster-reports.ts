import type { Clock } from '@quorate/core/base/clock'
import type { BrokerStatus } from '../../broker-status.ts'
import { fetchStatus } from '../../status-client.ts'
import type { ManagedBroker } from '../managed-broker.ts'
import { KeptAnswer } from './kept-answer.ts'
import { knownNodes } from './known-nodes.ts'
import type { KnownNode } from './known-nodes.ts'

/** How long one node may take to say what it does, in milliseconds; it is down for us then. */
export const REPORT_TIMEOUT_MS = 1_000
/** How long an answer is given again, in milliseconds. */
export const REPORT_KEPT_MS = 1_000
/** Nodes that are asked; a cluster has five at most, and some that left. */
export const REPORTING_NODES_MAX = 16

export interface Report extends KnownNode {
  /** null: it does not answer, or nobody knows where it is. */
  readonly status: BrokerStatus | null
}

/**
 * What every node says of itself, for whoever asks any of them: the page of one node cannot ask the
 * others, which have their own logins. What they are asked here needs none.
 */
export class ClusterReports {
  readonly #kept: KeptAnswer<Report[]>

  constructor({ status }: ManagedBroker, clock: Clock) {
    this.#kept = new KeptAnswer(() => askAll(status()), REPORT_KEPT_MS, clock)
  }

  latest(): Promise<Report[]> {
    return this.#kept.latest()
  }
}

function askAll(own: BrokerStatus): Promise<Report[]> {
  const nodes = knownNodes(own).slice(0, REPORTING_NODES_MAX)
  return Promise.all(
    nodes.map(async (node) => ({ ...node, status: node.isThis ? own : await ask(node) })),
  )
}

async function ask({ nodeId, consoleUrl }: KnownNode): Promise<BrokerStatus | null> {
  if (consoleUrl === null) return null
  try {
    const status = await fetchStatus(consoleUrl, REPORT_TIMEOUT_MS)
    // Another broker may have its address by now.
    return status.nodeId === nodeId ? status : null
  } catch {
    return null
  }
}
