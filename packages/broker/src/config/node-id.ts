import type { BrokerSettings } from './broker-settings.ts'
import { parseTransportUri } from './host-port.ts'

/** A host name as a node id: what node ids may not contain becomes a dash. */
export function nodeIdOf(machine: string): string {
  const cleaned = machine.replaceAll(/[^A-Za-z0-9._:-]/g, '-').slice(0, 64)
  return /^[A-Za-z0-9]/.test(cleaned) ? cleaned : `node-${cleaned}`.slice(0, 64)
}

/**
 * The node id of a broker whose activemq.xml cannot name one: host and port of its replication
 * address, or of its first connector where that port is chosen at each start. Several brokers of
 * one machine differ by it, and each has the same after a restart.
 */
export function nodeIdOfAddress(settings: BrokerSettings, machine: string): string {
  const { bind, connectUrl, hostname, transportConnectors } = settings
  const told = connectUrl === '' ? undefined : parseTransportUri(connectUrl)
  const uris = [bind, ...transportConnectors.map(({ uri }) => uri)]
  const ports = [told?.port, ...uris.map((uri) => parseTransportUri(uri)?.port)]
  const port = ports.find((each) => each !== undefined && each !== 0)
  const host = told?.host ?? (hostname === '' ? machine : hostname)
  return nodeIdOf(port === undefined ? host : `${host.slice(0, 57)}-${port}`)
}
