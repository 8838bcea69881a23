import type { Member } from '../../coordination/coordinator.ts'
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
  /** What is there: `replication`, `clients`, `console`. */
  readonly purpose: string
  readonly address: string
  /** `elsewhere`: on the loopback interface of another machine, and not tried. */
  readonly reach: Reach | 'elsewhere'
  /** Somebody should listen there now. */
  readonly isRunning: boolean
}

/** What a check of such a way is about. */
export function wayTopic(purpose: string): string {
  return `way to ${purpose}`
}

/** Whether the way from this machine to a port of another broker is open. */
export function judgeReach({ subject, purpose, address, reach, isRunning }: ReachLook): Check {
  const about: About = { subject, topic: wayTopic(purpose) }
  if (reach === 'open') return ok(about, `${address} answers`)
  if (reach === 'elsewhere') return unknown(about, `${address} answers on its own machine only`)
  if (reach === 'refused') {
    if (!isRunning) return ok(about, `nobody listens at ${address} yet; its host answers`)
    const message = `nobody listens at ${address}, where ZooKeeper has it`
    return warning(about, message, 'it died a moment ago, or that is the address of another host')
  }
  const advice = 'correct hostname or connectUrl of that broker, or open the way: routes, firewalls'
  return failed(about, `${address}: ${reach}`, advice)
}
