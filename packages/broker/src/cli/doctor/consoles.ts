import { dialedHost, formatHostPort, isLoopback } from '../../config/host-port.ts'
import type { HostPort } from '../../config/host-port.ts'
import type { Member } from '../../coordination/coordinator.ts'
import type { Check } from './check.ts'
import { probePeer, probeReach } from './cluster-probes.ts'
import type { ExaminedNode } from './examined-node.ts'
import { judgeConsole } from './peer-checks.ts'
import type { ConsoleLook, PeerLook } from './peer-checks.ts'
import { isOnThisMachine } from './ways.ts'

export interface ExaminedConsoles {
  readonly checks: readonly Check[]
  /** The brokers that run, as far as their HTTP API answers from here. */
  readonly peers: readonly PeerLook[]
}

interface Console {
  readonly nodeId: string
  readonly url: string
  /** ZooKeeper has it: the broker runs. */
  readonly isAnnounced: boolean
}

/** Asks the consoles of brokers that run, or that may run on this machine, for their status. */
export async function examineConsoles(
  nodes: readonly ExaminedNode[],
  members: readonly Member[],
  timeoutMs: number,
): Promise<ExaminedConsoles> {
  const looks = await Promise.all([
    ...members.map((member) => lookAtMember(member, timeoutMs)),
    ...consolesHere(nodes, members).map(({ to, ...console }) => lookAt(console, to, timeoutMs)),
  ])
  const found = looks.flatMap((look) => look ?? [])
  const ofThisCluster = found.flatMap(({ peer, nodeId }) =>
    peer?.status.nodeId === nodeId && peer.status.brokerName === nodes[0]?.options.brokerName
      ? [peer]
      : [],
  )
  return { checks: found.flatMap(judgeConsole), peers: ofThisCluster }
}

async function lookAtMember(member: Member, timeoutMs: number): Promise<ConsoleLook | null> {
  const { nodeId, consoleUrl: url } = member
  if (url === null) return null
  const console = { nodeId, url, isAnnounced: true }
  const to = placeOf(url)
  if (to === null) return { ...console, reach: 'unreachable', peer: null, problem: '' }
  if (isLoopback(to.host) && !(await isOnThisMachine(member))) {
    return { ...console, reach: 'elsewhere', peer: null, problem: '' }
  }
  return lookAt(console, to, timeoutMs)
}

async function lookAt(console: Console, to: HostPort, timeoutMs: number): Promise<ConsoleLook> {
  const found = await probePeer(console.url, timeoutMs)
  if ('status' in found) return { ...console, reach: 'open', peer: found, problem: '' }
  const reach = await probeReach(to, timeoutMs)
  return { ...console, reach, peer: null, problem: found.problem }
}

/** Anybody may have written what ZooKeeper has: null when it is no such URL. */
function placeOf(url: string): HostPort | null {
  if (!URL.canParse(url)) return null
  const { protocol, hostname, port } = new URL(url)
  if (protocol !== 'http:') return null
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) }
}

/** Those of this machine that ZooKeeper does not have, or that nobody could ask it for. */
function consolesHere(
  nodes: readonly ExaminedNode[],
  members: readonly Member[],
): (Console & { readonly to: HostPort })[] {
  return nodes.flatMap(({ options: { nodeId, management }, isLocal }) => {
    const { host, port } = management
    if (!isLocal || port === 0 || members.some((member) => member.nodeId === nodeId)) return []
    const to = { host: dialedHost(host), port }
    return [{ nodeId, url: `http://${formatHostPort(to)}`, isAnnounced: false, to }]
  })
}
