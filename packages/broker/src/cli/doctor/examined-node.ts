import type { BrokerOptions } from '../../config/broker-options.ts'
import { parseHostPort, parseTransportUri } from '../../config/host-port.ts'
import type { HostPort } from '../../config/host-port.ts'

/** A broker whose configuration is looked at. */
export interface ExaminedNode {
  /** The file, as a person would type it. */
  readonly source: string
  readonly options: BrokerOptions
  /** It is to run on this machine: its disk and its ports are here. */
  readonly isLocal: boolean
}

/** A port that a broker listens on, with the setting to change. */
export interface ListenPort extends HostPort {
  readonly setting: string
}

/** Ports that are fixed by the configuration; others are found at the start. */
export function listenPortsOf({ options }: ExaminedNode): ListenPort[] {
  const { replication, management } = options
  const ports: ListenPort[] = [{ setting: 'consolePort', ...management }]
  const bind = parseTransportUri(replication.bind)
  if (bind !== undefined) ports.push({ setting: 'bind', host: bind.host, port: bind.port })
  ports.push(...clientPortsOf(options))
  return ports.filter(({ port }) => port !== 0)
}

/** Those for clients, which a broker opens when it leads. */
export function clientPortsOf({ transportConnectors }: BrokerOptions): ListenPort[] {
  return transportConnectors.flatMap(({ name, uri }) => {
    const parsed = parseTransportUri(uri)
    if (parsed === undefined || parsed.port === 0) return []
    return [{ setting: `transportConnector ${name}`, host: parsed.host, port: parsed.port }]
  })
}

/** Where the other brokers are told to find it. */
export function advertisedOf({ options }: ExaminedNode): HostPort {
  return parseHostPort(options.replication.advertisedAddress) ?? { host: '', port: 0 }
}
