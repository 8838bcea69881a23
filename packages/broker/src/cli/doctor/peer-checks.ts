import type { BrokerStatus } from '../../management/broker-status.ts'
import { shownBytes } from '../shown-bytes.ts'
import { judgeReach, wayTopic } from './cluster-checks.ts'
import type { ReachLook } from './cluster-checks.ts'
import { failed, ok, unknown, warning } from './check.ts'
import type { About, Check } from './check.ts'

export interface PeerLook {
  readonly status: BrokerStatus
  /** Its clock less ours; null when its answer had no date. */
  readonly clockOffsetMs: number | null
}

/** What came of asking the console of a broker for its status. */
export interface ConsoleLook {
  readonly nodeId: string
  readonly url: string
  /** ZooKeeper has it: the broker runs. */
  readonly isAnnounced: boolean
  readonly reach: ReachLook['reach']
  /** null: no status came. */
  readonly peer: PeerLook | null
  /** Why none came. */
  readonly problem: string
}

/** The date of an answer has whole seconds, and the answer travels. */
const CLOCK_TOLERANCE_MS = 2500

/** Brokers that answer, beside each other: versions, clocks, links. */
export function judgePeers(version: string, peers: readonly PeerLook[]): Check[] {
  const running = new Set(peers.map(({ status }) => status.nodeId))
  return [
    judgeVersions(version, peers),
    judgeClocks(peers),
    ...peers.flatMap(({ status }) => [judgeRole(status), ...judgeLinks(status, running)]),
  ]
}

/** The way to a console; nothing to say of one that may just not run yet. */
export function judgeConsole(look: ConsoleLook): Check[] {
  const { nodeId: subject, url, isAnnounced, reach, peer, problem } = look
  const purpose = 'console'
  const about: About = { subject, topic: wayTopic(purpose) }
  if (peer !== null) {
    const { nodeId } = peer.status
    if (nodeId === subject) return [ok(about, `${url} answers`)]
    const advice = 'correct consoleHost or consolePort of one of them, or what leads there'
    return [warning(about, `${url} is that of "${nodeId}"`, advice)]
  }
  if (reach === 'open') {
    const message = `${url} takes connections, but tells no status: ${problem}`
    return [warning(about, message, 'see what listens there and, if it is the broker, its log')]
  }
  if (reach === 'refused' && !isAnnounced) return []
  return [judgeReach({ subject, purpose, address: url, reach, isRunning: isAnnounced })]
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
function judgeRole(status: BrokerStatus): Check {
  const { nodeId: subject, role, trouble, followers, coordination } = status
  const about: About = { subject, topic: 'role' }
  const apart = followers.filter(({ connected }) => !connected).map(({ nodeId }) => nodeId)
  if (trouble !== null) return warning(about, `${role}: ${trouble}`, 'see its log')
  if (coordination.state !== 'connected') {
    const message = `${role}, without ZooKeeper (${coordination.state})`
    return warning(about, message, 'it goes on; a failover waits until ZooKeeper answers')
  }
  if (role === 'leader' && apart.length > 0) {
    const advice = 'start them, or see whether they reach each other'
    return warning(about, `leader, without a link to ${apart.join(', ')}`, advice)
  }
  return ok(about, role === 'leader' ? 'leader, linked with all others' : role)
}

/** Its own ways to the others, as it has tried them itself. */
function judgeLinks(
  { nodeId: subject, links }: BrokerStatus,
  running: ReadonlySet<string>,
): Check[] {
  if (links.length === 0) return []
  const about: About = { subject, topic: 'ways from there' }
  const apart = links.filter(({ connected }) => !connected).map(({ nodeId }) => nodeId)
  if (apart.length === 0) {
    return [ok(about, `reaches ${links.map(({ nodeId }) => nodeId).join(', ')}`)]
  }
  const message = `does not reach ${apart.join(', ')}`
  if (apart.some((nodeId) => running.has(nodeId))) {
    const advice =
      'open the way from there: hostname, routes, firewalls, securityToken; see its log'
    return [failed(about, message, advice)]
  }
  return [warning(about, message, 'start them, and look again')]
}

/** Bytes that new messages may still take of the store of a node. */
export interface StoreRoom {
  readonly nodeId: string
  readonly roomBytes: number
}

/** Room of one node that is less than this share of another one's is worth a warning. */
const UNEQUAL_SHARE = 1 / 2

/** Room of those that run; null of one that does not tell. */
export function roomOfPeer({ nodeId, store }: BrokerStatus): StoreRoom | null {
  if (store === null) return null
  // The limit is what the disk has, where that is less than storeLimit.
  const roomBytes = store.isShort ? 0 : Math.max(0, store.limitBytes - store.usedBytes)
  return { nodeId, roomBytes }
}

/** Whether the disks have about the same room; nothing to say of a single one. */
export function judgeRooms(rooms: readonly StoreRoom[]): Check[] {
  if (rooms.length < 2) return []
  const about: About = { subject: '', topic: 'disks' }
  const sorted = [...rooms].sort((one, other) => one.roomBytes - other.roomBytes)
  const [least, most] = [sorted[0]?.roomBytes ?? 0, sorted.at(-1)?.roomBytes ?? 0]
  const each = sorted.map(({ nodeId, roomBytes }) => `${nodeId} ${shownBytes(roomBytes)}`)
  if (least > 0 && least >= most * UNEQUAL_SHARE) {
    return [ok(about, `room for new messages: at least ${shownBytes(least)} on each`)]
  }
  const advice = 'senders wait when a quorum has none left: give all as much disk and storeLimit'
  return [warning(about, `room for new messages: ${each.join(', ')}`, advice)]
}
