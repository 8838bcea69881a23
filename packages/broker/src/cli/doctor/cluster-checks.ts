import type { Member } from '../../coordination/coordinator.ts'
import type { BrokerStatus } from '../../management/broker-status.ts'
import type { BrokerOptions } from '../../config/broker-options.ts'
import { failed, ok, unknown, warning } from './check.ts'
import type { About, Check } from './check.ts'

export interface ServerLook {
  /** `host:port`. */
  readonly address: string
  /** `silent`: it takes connections and gives no session. */
  readonly state: 'serves' | 'silent' | 'unreachable'
  readonly tookMs: number
  readonly problem: string | null
}

/** Each server of zkAddress, and whether there are enough of them. */
export function judgeServers(looks: readonly ServerLook[]): Check[] {
  const serving = looks.filter(({ state }) => state === 'serves').length
  return looks.map(({ address, state, tookMs, problem }) => {
    const about: About = { subject: '', topic: `ZooKeeper ${address}` }
    if (state === 'serves') return ok(about, `serves, session after ${Math.round(tookMs)} ms`)
    const message =
      state === 'silent'
        ? 'takes connections, but gives no session: most servers of the ensemble are missing'
        : `cannot be reached: ${problem ?? 'no reason given'}`
    if (serving === 0) return failed(about, message, 'start it, or correct zkAddress')
    return warning(about, `${message}; ${serving} of ${looks.length} serve`, 'start it as well')
  })
}

/** What ZooKeeper holds of a cluster; null when it could not be asked. */
export interface ClusterLook {
  readonly members: readonly Member[]
  /** Seats of the cluster that was founded there; null when none was. */
  readonly foundedSeats: number | null
  /** Names of other clusters under the same zkPath. */
  readonly otherNames: readonly string[]
}

/** What the configuration says, against what ZooKeeper tells of the cluster. */
export function judgeCluster(options: BrokerOptions, look: ClusterLook): Check[] {
  const { brokerName, replication } = options
  const about: About = { subject: '', topic: 'cluster' }
  const { members, foundedSeats, otherNames } = look
  const checks: Check[] = []
  if (foundedSeats !== null && foundedSeats !== replication.replicas) {
    const message = `"${brokerName}" was founded with replicas ${foundedSeats}, here it is ${replication.replicas}`
    checks.push(failed(about, message, 'correct replicas, or brokerName if another one is meant'))
  } else {
    const founded = foundedSeats === null ? 'is not founded yet' : `has ${foundedSeats} seats`
    const here = `${members.length} of its brokers are here`
    checks.push(ok(about, `"${brokerName}" ${founded}, ${here}`))
  }
  if (otherNames.length > 0 && members.length < replication.replicas) {
    const names = otherNames.map((name) => `"${name}"`).join(', ')
    const message = `under ${options.coordination.zkPath} there are brokers named ${names} as well`
    checks.push(warning(about, message, 'if they are meant to be one cluster, correct brokerName'))
  }
  return checks
}

/** Another broker that runs under the name of this one. */
export function judgeNodeId(options: BrokerOptions, members: readonly Member[]): Check[] {
  const { nodeId, replication } = options
  const { advertisedAddress } = replication
  // A port that is chosen at the start is another one each time.
  if (advertisedAddress.endsWith(':0')) return []
  const double = members.find(
    (member) => member.nodeId === nodeId && member.replicationAddress !== advertisedAddress,
  )
  if (double === undefined) return []
  const message = `"${nodeId}" runs already, at ${double.replicationAddress}`
  return [failed({ subject: nodeId, topic: 'nodeId' }, message, 'give this one another nodeId')]
}

export type Reach = 'open' | 'refused' | 'no answer' | 'unknown host' | 'unreachable'

export interface ReachLook {
  readonly subject: string
  /** What is there: `replication`, `clients`. */
  readonly purpose: string
  readonly address: string
  readonly reach: Reach
  /** Somebody should listen there now. */
  readonly isRunning: boolean
}

/** Whether the way from this machine to a port of another broker is open. */
export function judgeReach({ subject, purpose, address, reach, isRunning }: ReachLook): Check {
  const about: About = { subject, topic: `way to ${purpose}` }
  if (reach === 'open') return ok(about, `${address} answers`)
  if (reach === 'refused') {
    if (!isRunning) return ok(about, `nobody listens at ${address} yet; its host answers`)
    const message = `nobody listens at ${address}, where ZooKeeper has it`
    return warning(about, message, 'it died a moment ago, or that is the address of another host')
  }
  const advice = 'correct hostname or connectUrl of that broker, or open the way: routes, firewalls'
  return failed(about, `${address}: ${reach}`, advice)
}

export interface PeerLook {
  readonly status: BrokerStatus
  /** Its clock less ours; null when its answer had no date. */
  readonly clockOffsetMs: number | null
}

/** The date of an answer has whole seconds, and the answer travels. */
const CLOCK_TOLERANCE_MS = 2500

/** Brokers that answer, beside each other: versions, clocks, links. */
export function judgePeers(version: string, peers: readonly PeerLook[]): Check[] {
  return [
    judgeVersions(version, peers),
    judgeClocks(peers),
    ...peers.flatMap(({ status }) => judgeLinks(status)),
  ]
}

function judgeVersions(version: string, peers: readonly PeerLook[]): Check {
  const about: About = { subject: '', topic: 'versions' }
  if (peers.length === 0) return ok(about, `${version} here; no running broker tells of another`)
  const others = peers.filter(({ status }) => status.build !== version)
  if (others.length === 0) return ok(about, `${version} here and on ${counted(peers)}`)
  const shown = others.map(({ status }) => `${status.nodeId} ${status.build}`).join(', ')
  const advice = 'bring all to one version, one broker after the other'
  return warning(about, `${version} here, ${shown}`, advice)
}

function judgeClocks(peers: readonly PeerLook[]): Check {
  const about: About = { subject: '', topic: 'clocks' }
  const known = peers.filter(({ clockOffsetMs }) => clockOffsetMs !== null)
  if (known.length === 0) {
    return unknown(about, 'no running broker answers, and ZooKeeper does not tell the time')
  }
  const off = known.filter(({ clockOffsetMs }) => Math.abs(clockOffsetMs ?? 0) > CLOCK_TOLERANCE_MS)
  if (off.length === 0) return ok(about, `like that of ${counted(known)}, to about two seconds`)
  const shown = off.map(({ status, clockOffsetMs }) => {
    const seconds = Math.round((clockOffsetMs ?? 0) / 1000)
    return `${status.nodeId} is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead'}`
  })
  const advice = 'set all clocks by NTP: expiry and dates of messages depend on them'
  return warning(about, shown.join(', '), advice)
}

function counted(peers: readonly PeerLook[]): string {
  return peers.length === 1 ? '1 running broker' : `${peers.length} running brokers`
}

/** What a running broker says of itself and, if it leads, of its followers. */
function judgeLinks(status: BrokerStatus): Check[] {
  const { nodeId: subject, role, trouble, followers, coordination } = status
  const about: About = { subject, topic: 'role' }
  const apart = followers.filter(({ connected }) => !connected).map(({ nodeId }) => nodeId)
  if (trouble !== null) return [warning(about, `${role}: ${trouble}`, 'see its log')]
  if (coordination.state !== 'connected') {
    const message = `${role}, without ZooKeeper (${coordination.state})`
    return [warning(about, message, 'it goes on; a failover waits until ZooKeeper answers')]
  }
  if (role === 'leader' && apart.length > 0) {
    const advice = 'start them, or see whether they reach each other'
    return [warning(about, `leader, without a link to ${apart.join(', ')}`, advice)]
  }
  return [ok(about, role === 'leader' ? 'leader, linked with all others' : role)]
}
