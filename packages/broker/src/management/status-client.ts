import type { BrokerStatus } from './broker-status.ts'
import { askNode, notSo } from './node-client.ts'
import { wrongFieldOf } from './status-shape.ts'

/** Asks one node for its status; throws what `askNode` does. */
export async function fetchStatus(consoleUrl: string, timeoutMs: number): Promise<BrokerStatus> {
  const url = new URL('/api/v1/status', consoleUrl)
  const question = { url, timeoutMs, what: 'status of a broker' }
  // A broker of another version may remember no losses, not watch its disk, or not tell how it
  // catches up, whom it reaches and what is announced: it says nothing.
  const unsaid = { possibleLosses: [], store: null, catchUp: null, links: [], announced: null }
  const status = { ...unsaid, ...(await askNode(question)) }
  const wrong = wrongFieldOf(status)
  if (wrong !== null) throw notSo(question, `${wrong} is missing or wrong`)
  return status as unknown as BrokerStatus
}
