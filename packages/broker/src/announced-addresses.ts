import type { BrokerOptions } from './config/broker-options.ts'
import { formatHostPort, isLoopback, isWildcard, parseHostPort } from './config/host-port.ts'
import type { Member } from './coordination/coordinator.ts'
import { parseConnectorUri } from './listener/connector-uri.ts'

/** Where clients reach this node, as the others tell theirs (ConnectionControl). */
export function announcedClientUris(options: BrokerOptions): readonly string[] {
  return options.transportConnectors.map(({ uri, publishedUri }) => {
    if (publishedUri !== '') return publishedUri
    const { host, port } = parseConnectorUri(uri)
    return `tcp://${formatHostPort({ host: announcedHost(options, host), port })}`
  })
}

/**
 * Where the others reach its HTTP API. `listeningUrl` is where this machine does: its port is the
 * one that it became.
 */
export function announcedConsoleUrl(options: BrokerOptions, listeningUrl: string): string {
  if (!isWildcard(options.management.host)) return listeningUrl
  const host = announcedHost(options, options.management.host)
  return `http://${formatHostPort({ host, port: Number(new URL(listeningUrl).port) })}`
}

/**
 * Where this node reaches the API of that member; null: nowhere. An API that listens on the
 * loopback of another machine is out of reach, and its address would lead back to this one.
 */
export function reachableConsoleUrl(member: Member, ownReplicationAddress: string): string | null {
  const { consoleUrl, replicationAddress } = member
  if (consoleUrl === null || !isLoopback(hostOfUrl(consoleUrl))) return consoleUrl
  return hostOf(replicationAddress) === hostOf(ownReplicationAddress) ? consoleUrl : null
}

/** What listens everywhere is told by the name of its machine. */
function announcedHost({ replication }: BrokerOptions, host: string): string {
  return isWildcard(host) ? hostOf(replication.advertisedAddress) : host
}

function hostOf(address: string): string {
  return parseHostPort(address)?.host ?? address
}

/** Without the brackets of IPv6. A member may announce anything. */
function hostOfUrl(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : ''
}
