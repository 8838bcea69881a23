import { isLoopback } from '../../config/host-port.ts'
import type { BrokerOptions } from '../../config/broker-options.ts'
import { parseConnectorUri } from '../../listener/connector-uri.ts'
import { headRoomOf, sizeOf, storeLimitOn } from '../../store/journal/store-space.ts'
import { shownBytes, shownCount } from '../shown-bytes.ts'
import { failed, ok, unknown, warning } from './check.ts'
import type { About, Check } from './check.ts'
import type { ListenPort } from './examined-node.ts'

/** Below this a disk that is no SSD, or that is shared, makes each confirmation wait. */
const SLOW_SYNC_MS = 20
/** Free space that is worth a warning, in head-rooms. */
const SCARCE_HEAD_ROOMS = 4
/** Files, links and requests of the HTTP API, beside the connections of clients. */
const DESCRIPTORS_BESIDE_CLIENTS = 1024

export interface HostLook {
  readonly host: string
  /** Empty when it does not resolve. */
  readonly addresses: readonly string[]
  /** Why it does not. */
  readonly problem: string | null
  /** An interface of this machine has one of them. */
  readonly isHere: boolean
}

/** The host that the others are told. */
export function judgeHost(subject: string, look: HostLook, zkAddress: string): Check {
  const about: About = { subject, topic: 'hostname' }
  const { host, addresses, problem, isHere } = look
  if (addresses.length === 0) {
    const message = `"${host}" does not resolve (${problem ?? 'no address'})`
    return failed(about, message, 'correct hostname (or connectUrl), or /etc/hosts, or the DNS')
  }
  const shown = `"${host}" is ${addresses.join(', ')}`
  const zkHosts = (zkAddress.split('/')[0] ?? '').split(',')
  const isAway = zkHosts.some((each) => !isLoopback(each.replace(/:\d+$/, '')))
  if (addresses.every(isLoopback) && isAway) {
    const message = `${shown}, which every machine takes for itself, and ZooKeeper is elsewhere`
    return warning(about, message, 'set hostname to a name that the other machines know')
  }
  if (!isHere) {
    const message = `${shown}, which is no address of this machine`
    return warning(about, message, 'all is well if a router or proxy leads there; else correct it')
  }
  return ok(about, shown)
}

export interface DiskLook {
  /** Where the file was written: the data directory, or the nearest folder above that exists. */
  readonly path: string
  readonly freeBytes: number
  readonly totalBytes: number
  /** What each of some small writes took to reach the disk; empty when it cannot be written. */
  readonly syncMs: readonly number[]
  readonly problem: string | null
}

/** Whether there is room, and how long a confirmation waits for this disk. */
export function judgeDisk(subject: string, look: DiskLook, options: BrokerOptions): Check[] {
  const space = judgeSpace({ subject, topic: 'disk space' }, look, options)
  return [space, judgeSync({ subject, topic: 'disk writes' }, look)]
}

function judgeSpace(about: About, look: DiskLook, { store, replication }: BrokerOptions): Check {
  const { path, freeBytes, totalBytes } = look
  const headRoom = headRoomOf(store, replication.logSizeBytes, totalBytes)
  const shown = `${shownBytes(freeBytes)} of ${shownBytes(totalBytes)} free at ${path}`
  const advice = 'give it a larger disk, or make room'
  if (freeBytes <= headRoom) {
    const kept = `${shownBytes(headRoom)} are kept free, so no new message is taken`
    return failed(about, `${shown}; ${kept}`, advice)
  }
  if (freeBytes <= SCARCE_HEAD_ROOMS * headRoom) return warning(about, shown, advice)
  const limitBytes = storeLimitOn(store, sizeOf(look))
  const limit = `storeLimit is ${shownBytes(limitBytes)}`
  if (store.limitPercent !== null) {
    const share = `${shown}; ${limit} (${store.limitPercent}% of the disk)`
    return ok(about, freeBytes < limitBytes ? `${share}, less is free` : share)
  }
  return ok(about, freeBytes < limitBytes ? `${shown}; ${limit}, the disk has less` : shown)
}

/** What new messages may take of the disk, as long as there is no log yet. */
export function roomOfDisk(look: DiskLook, { store, replication }: BrokerOptions): number {
  const { freeBytes, totalBytes } = look
  const headRoom = headRoomOf(store, replication.logSizeBytes, totalBytes)
  return Math.min(storeLimitOn(store, sizeOf(look)), Math.max(0, freeBytes - headRoom))
}

function judgeSync(about: About, { path, syncMs, problem }: DiskLook): Check {
  const steps = [...syncMs].sort((a, b) => a - b)
  const [median, worst] = [steps[Math.floor(steps.length / 2)], steps.at(-1)]
  if (problem !== null || median === undefined || worst === undefined) {
    const message = `${path} cannot be written: ${problem ?? 'no reason given'}`
    return failed(about, message, 'let the user of the broker write there')
  }
  const shown = `a write is on the disk after ${shownMs(median)} (worst ${shownMs(worst)})`
  if (median > SLOW_SYNC_MS) {
    return warning(about, shown, 'each confirmed message waits for that: use a quicker disk')
  }
  return ok(about, shown)
}

function shownMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : Math.round(ms)} ms`
}

export interface DirectoryLook {
  readonly path: string
  /** The process that has it open. */
  readonly holderPid: number | null
  /** The broker whose data it holds; null when it holds none. */
  readonly owner: { readonly nodeId: string; readonly brokerName: string } | null
}

/** Whether the data is that of this broker. */
export function judgeDirectory(options: BrokerOptions, look: DirectoryLook): Check {
  const { nodeId, brokerName } = options
  const about: About = { subject: nodeId, topic: 'directory' }
  const { path, holderPid, owner } = look
  if (owner !== null && owner.nodeId !== nodeId) {
    const message = `${path} is the data of node "${owner.nodeId}"`
    const advice = `correct directory, or set nodeId (quorate.nodeId) to "${owner.nodeId}"`
    return failed(about, message, advice)
  }
  if (owner !== null && owner.brokerName !== brokerName) {
    const message = `${path} is the data of a broker of "${owner.brokerName}"`
    return failed(about, message, `correct directory, or brokerName, which is "${brokerName}" here`)
  }
  if (holderPid !== null) return ok(about, `${path} is in use by this broker, pid ${holderPid}`)
  return ok(about, owner === null ? `${path} is to be made` : `${path} holds its data`)
}

/** `limit` null: this system does not tell. */
export function judgeDescriptors(
  subject: string,
  limit: number | null,
  { transportConnectors }: BrokerOptions,
): Check {
  const about: About = { subject, topic: 'file descriptors' }
  if (limit === null) return unknown(about, 'the limit is not known on this system')
  const clients = transportConnectors.reduce(
    (sum, { uri }) => sum + parseConnectorUri(uri).maximumConnections,
    0,
  )
  const needed = clients + DESCRIPTORS_BESIDE_CLIENTS
  const shown = limit === Infinity ? 'no limit' : `${shownCount(limit)} allowed`
  if (limit >= needed) return ok(about, `${shown}, ${shownCount(needed)} may be needed`)
  return warning(
    about,
    `${shown}, but ${shownCount(clients)} clients may connect`,
    `raise the limit to ${shownCount(needed)} (ulimit -n, LimitNOFILE), or lower maximumConnections`,
  )
}

export interface PortLook extends ListenPort {
  readonly state: 'free' | 'ours' | 'taken' | 'not ours to listen at'
  /** Who listens there: `pid 4711 (java)`; '' when that is not known. */
  readonly holder: string
}

export function judgePort(
  subject: string,
  { setting, host, port, state, holder }: PortLook,
): Check {
  const about: About = { subject, topic: setting }
  const shown = `${host}:${port}`
  switch (state) {
    case 'free':
      return ok(about, `${shown} is free`)
    case 'ours':
      return ok(about, `${shown} is used by this broker, which runs${holder && ` (${holder})`}`)
    case 'taken':
      return failed(
        about,
        `${shown} is taken by ${holder || 'another process'}`,
        `stop that, or change ${setting}`,
      )
    case 'not ours to listen at':
      return failed(
        about,
        `${host} is no address of this machine`,
        `correct the host of ${setting}`,
      )
  }
}

/** The oldest Node that the broker is built for. */
const NODE_MIN: readonly [number, number] = [20, 19]

export function judgeNodeVersion(version: string): Check {
  const about: About = { subject: '', topic: 'Node' }
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  const isOld = major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1])
  if (isOld) return failed(about, version, `install Node ${NODE_MIN.join('.')} or later`)
  return ok(about, version)
}
