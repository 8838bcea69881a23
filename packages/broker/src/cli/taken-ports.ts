import type { BrokerOptions } from '../config/broker-options.ts'
import { clientPortsOf } from './doctor/examined-node.ts'
import { probePort } from './doctor/machine-probes.ts'

/**
 * Warnings of ports for clients that others have. A broker opens them when it leads, and would end
 * itself there; it does not stop a start, since brokers of one machine may share a port, which the
 * one has that leads.
 */
export async function portDoubts(options: BrokerOptions): Promise<string[]> {
  const looks = await Promise.all(
    clientPortsOf(options).map((port) => probePort(port, options.dataDirectory)),
  )
  return looks
    .filter(({ state }) => state === 'taken')
    .map(
      ({ setting, host, port, holder }) =>
        `${host}:${port} (${setting}) is taken by ${holder || 'another process'}: ` +
        'this broker follows, and cannot lead before it is free',
    )
}
