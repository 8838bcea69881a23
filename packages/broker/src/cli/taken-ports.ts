import type { BrokerOptions } from '../config/broker-options.ts'
import { dialedHost } from '../config/host-port.ts'
import { probeReach } from './doctor/cluster-probes.ts'
import { clientPortsOf } from './doctor/examined-node.ts'
import type { ListenPort } from './doctor/examined-node.ts'
import { holderOf } from './doctor/machine-probes.ts'

/** Somebody on this machine answers at once, or is too busy to be worth a wait. */
const REACH_WITHIN_MS = 500

/**
 * Warnings of ports for clients that others have. A broker opens them when it leads, and would end
 * itself there; it does not stop a start, since brokers of one machine may share a port, which the
 * one has that leads. Nothing is listened on to find out: another one may come to lead right then.
 */
export async function portDoubts(options: BrokerOptions): Promise<string[]> {
  const doubts = clientPortsOf(options).map((port) => doubtOf(port, options.dataDirectory))
  return (await Promise.all(doubts)).flat()
}

async function doubtOf(listenPort: ListenPort, dataDirectory: string): Promise<string[]> {
  const { setting, host, port } = listenPort
  const reach = await probeReach({ host: dialedHost(host), port }, REACH_WITHIN_MS)
  if (reach !== 'open') return []
  const { state, holder } = holderOf(listenPort, dataDirectory)
  if (state !== 'taken') return []
  const who = holder || 'another process'
  return [
    `${host}:${port} (${setting}) is taken by ${who}: ` +
      'this broker follows, and cannot lead before it is free',
  ]
}
