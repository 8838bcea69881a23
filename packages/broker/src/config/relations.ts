import { parseSyncLevel, syncWords } from '../replication/sync-level.ts'
import type { BrokerSettings, SettingName } from './broker-settings.ts'
import { objectionToConnector } from './connector-objection.ts'
import { isLoopback, isWildcard, parseHostPort, parseTransportUri } from './host-port.ts'
import type { HostPort } from './host-port.ts'
import { didYouMean } from './nearest-word.ts'
import { objectionsToDestinations } from './declared-destinations.ts'
import { formatDuration } from './quantity.ts'

/** What is wrong with a setting in view of the others, or of its own grammar. */
export interface Objection {
  readonly name: SettingName
  readonly message: string
  /** The setting that it does not agree with. */
  readonly against?: SettingName
}

type Check = (settings: BrokerSettings) => readonly Objection[]

/** Heartbeats that must fit into a lease, so that one lost packet does not end it. */
const HEARTBEATS_PER_LEASE_MIN = 2

function objection(when: boolean, name: SettingName, message: string): readonly Objection[] {
  return when ? [{ name, message }] : []
}

function disagreement(
  when: boolean,
  name: SettingName,
  against: SettingName,
  message: string,
): readonly Objection[] {
  return when ? [{ name, against, message }] : []
}

function syncIsKnown({ sync }: BrokerSettings): readonly Objection[] {
  const unknown = sync
    .split(',')
    .map((part) => part.trim())
    .filter((word) => !syncWords.some((known) => known === word))
  return unknown.map((word) => ({
    name: 'sync',
    message: `unknown word "${word}"${didYouMean(word, syncWords)} (${syncWords.join(', ')})`,
  }))
}

function zkAddressParses({ zkAddress }: BrokerSettings): readonly Objection[] {
  // As ZooKeeper's own clients read it: a path at the end is where all other paths start.
  const [addresses = '', ...chroot] = zkAddress.split('/')
  const wrong = addresses
    .split(',')
    .map((address) => address.trim())
    .filter((address) => (parseHostPort(address)?.port ?? 0) === 0)
  const complaints = wrong.map((address) => `"${address}" is no host:port`)
  if (chroot.includes('')) complaints.push(`"/${chroot.join('/')}" is no path to start from`)
  return complaints.map((message) => ({ name: 'zkAddress', message }))
}

function destinationsParse({ destinations }: BrokerSettings): readonly Objection[] {
  return objectionsToDestinations(destinations).map((message) => ({
    name: 'destinations',
    message,
  }))
}

function bindParses({ bind }: BrokerSettings): readonly Objection[] {
  const uri = parseTransportUri(bind)
  const fits = uri?.scheme === 'tcp' && uri.query === ''
  return objection(!fits, 'bind', `"${bind}" is no tcp://host:port`)
}

function connectUrlParses({ connectUrl }: BrokerSettings): readonly Objection[] {
  if (connectUrl === '') return []
  const uri = parseTransportUri(connectUrl)
  const fits = uri?.scheme === 'tcp' && uri.query === '' && uri.port !== 0
  return objection(!fits, 'connectUrl', `"${connectUrl}" is no tcp://host:port`)
}

function connectorsParse({ transportConnectors }: BrokerSettings): readonly Objection[] {
  const found: Objection[] = []
  const complain = (message: string) => found.push({ name: 'transportConnectors', message })
  const names = new Set<string>()
  for (const { name, uri, publishedUri } of transportConnectors) {
    if (names.has(name)) complain(`two connectors are named "${name}"`)
    names.add(name)
    const parsed = parseTransportUri(uri)
    if (parsed === undefined) complain(`"${uri}" is no tcp://host:port`)
    else if (!['tcp', 'nio'].includes(parsed.scheme)) {
      complain(`"${uri}": only tcp and nio are supported`)
    } else {
      const wrong = objectionToConnector(uri)
      if (wrong !== undefined) complain(wrong)
    }
    if (publishedUri !== '' && parseTransportUri(publishedUri) === undefined) {
      complain(`publishedUri "${publishedUri}" is no tcp://host:port`)
    }
  }
  return found
}

/** Everything that this broker listens on. */
function listenAddresses(settings: BrokerSettings): (HostPort & { readonly name: SettingName })[] {
  const { bind, consoleHost, consolePort, transportConnectors } = settings
  const addresses: (HostPort & { readonly name: SettingName })[] = [
    { name: 'consolePort', host: consoleHost, port: consolePort },
  ]
  const bound = parseTransportUri(bind)
  if (bound !== undefined) addresses.push({ ...bound, name: 'bind' })
  for (const { uri } of transportConnectors) {
    const parsed = parseTransportUri(uri)
    if (parsed !== undefined) addresses.push({ ...parsed, name: 'transportConnectors' })
  }
  return addresses.filter(({ port }) => port !== 0)
}

function portsAreDistinct(settings: BrokerSettings): readonly Objection[] {
  const found: Objection[] = []
  const earlier: HostPort[] = []
  for (const { name, host, port } of listenAddresses(settings)) {
    const clash = earlier.some(
      (other) =>
        other.port === port && (other.host === host || isWildcard(host) || isWildcard(other.host)),
    )
    if (clash) found.push({ name, message: `port ${port} is used twice by this broker` })
    earlier.push({ host, port })
  }
  return found
}

function leaseFitsElection({ leaderLease, electionTimeout }: BrokerSettings): readonly Objection[] {
  // R27: a deposed leader must have stopped dispatching before another can be elected (R11, R12).
  return disagreement(
    leaderLease >= electionTimeout,
    'leaderLease',
    'electionTimeout',
    `${formatDuration(leaderLease)} must be below electionTimeout ` +
      `(${formatDuration(electionTimeout)}): two leaders could hand out the same message`,
  )
}

function heartbeatFitsLease({ heartbeat, leaderLease }: BrokerSettings): readonly Objection[] {
  return disagreement(
    heartbeat * HEARTBEATS_PER_LEASE_MIN > leaderLease,
    'heartbeat',
    'leaderLease',
    `${formatDuration(heartbeat)} must fit ${HEARTBEATS_PER_LEASE_MIN} times into leaderLease ` +
      `(${formatDuration(leaderLease)})`,
  )
}

function quorumOutlivesElection(settings: BrokerSettings): readonly Objection[] {
  const { quorumTimeout, electionTimeout } = settings
  return disagreement(
    quorumTimeout <= electionTimeout,
    'quorumTimeout',
    'electionTimeout',
    `${formatDuration(quorumTimeout)} must be above electionTimeout ` +
      `(${formatDuration(electionTimeout)})`,
  )
}

function zkSessionIsBeaten({ zkSessionTimeout, heartbeat }: BrokerSettings): readonly Objection[] {
  return disagreement(
    zkSessionTimeout < heartbeat * 3,
    'zkSessionTimeout',
    'heartbeat',
    `${formatDuration(zkSessionTimeout)} must be at least three heartbeats ` +
      `(${formatDuration(heartbeat * 3)})`,
  )
}

const checks: readonly Check[] = [
  syncIsKnown,
  zkAddressParses,
  destinationsParse,
  bindParses,
  connectUrlParses,
  connectorsParse,
  portsAreDistinct,
  leaseFitsElection,
  heartbeatFitsLease,
  quorumOutlivesElection,
  zkSessionIsBeaten,
]

/** Everything that is wrong with settings that are each valid alone. */
export function findObjections(settings: BrokerSettings): readonly Objection[] {
  return checks.flatMap((check) => check(settings))
}

/** What may cost messages: allowed, and yet worth a word at every start. */
export function findDoubts(settings: BrokerSettings): readonly string[] {
  const doubts: string[] = []
  const { leaderDisk, followerDisk, waitsForFollowers } = parseSyncLevel(settings.sync)
  if (settings.replicas === 1 && !leaderDisk) {
    doubts.push(`sync ${settings.sync}: confirmed messages can be lost when this machine crashes`)
  } else if (settings.replicas > 1 && !waitsForFollowers) {
    doubts.push(
      `sync ${settings.sync}: confirmed messages can be lost with the machine of the leader, ` +
        'since no other broker is waited for',
    )
  } else if (settings.replicas > 1 && !(leaderDisk && followerDisk)) {
    doubts.push(`sync ${settings.sync}: confirmed messages can be lost when machines fail`)
  }
  return doubts
}

/** Who may come in: allowed, and yet worth a line in the log of every start. */
export function findOpenDoors(settings: BrokerSettings): readonly string[] {
  const doors: string[] = []
  const bindHost = parseTransportUri(settings.bind)?.host ?? ''
  if (settings.securityToken === '' && settings.replicas > 1 && !isLoopback(bindHost)) {
    doors.push(`no securityToken: whoever reaches ${settings.bind} can join the cluster`)
  }
  if (!isLoopback(settings.consoleHost)) {
    doors.push(
      `consoleHost ${settings.consoleHost}: the HTTP API has no TLS, passwords can be read`,
    )
  }
  return doors
}
