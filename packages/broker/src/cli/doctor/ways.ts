import {
  formatHostPort,
  isLoopback,
  parseHostPort,
  parseTransportUri,
} from '../../config/host-port.ts'
import type { HostPort } from '../../config/host-port.ts'
import type { Member } from '../../coordination/coordinator.ts'
import type { Check } from './check.ts'
import { judgeReach } from './cluster-checks.ts'
import { probeReach } from './cluster-probes.ts'
import type { Announced } from './cluster-probes.ts'
import { advertisedOf } from './examined-node.ts'
import type { ExaminedNode } from './examined-node.ts'
import { probeHost } from './machine-probes.ts'

interface Way {
  readonly subject: string
  readonly purpose: string
  readonly to: HostPort
  readonly isRunning: boolean
  /** On the loopback interface of another machine: from here it would be a port of our own. */
  readonly isElsewhere: boolean
}

/**
 * Ways from this machine to the ports of others: of those that are announced, and of those that are
 * given. The consoles of running brokers are asked for more, elsewhere (consoles.ts).
 */
export async function examineWays(
  nodes: readonly ExaminedNode[],
  announced: Pick<Announced, 'members' | 'leader'> | null,
  timeoutMs: number,
): Promise<Check[]> {
  const members = announced?.members ?? []
  const names = new Set(members.map(({ nodeId }) => nodeId))
  const running = await Promise.all(
    members.map(async (member) => {
      const isHere = await isOnThisMachine(member)
      return waysToMember(member, { leader: announced?.leader?.nodeId, isHere })
    }),
  )
  const absent = nodes
    .filter(({ isLocal, options }) => !isLocal && !names.has(options.nodeId))
    .flatMap(waysToAbsent)
  return Promise.all([...running.flat(), ...absent].map((way) => tryWay(way, timeoutMs)))
}

async function tryWay(way: Way, timeoutMs: number): Promise<Check> {
  const { subject, purpose, to, isRunning, isElsewhere } = way
  const address = formatHostPort(to)
  const reach = isElsewhere ? 'elsewhere' : await probeReach(to, timeoutMs)
  return judgeReach({ subject, purpose, address, reach, isRunning })
}

/** By the address that the others are told. */
export async function isOnThisMachine({ replicationAddress }: Member): Promise<boolean> {
  const address = parseHostPort(replicationAddress)
  return address !== undefined && (await probeHost(address.host)).isHere
}

/** Clients are served by the leader alone: of a follower it is known only that its host answers. */
function waysToMember(
  { nodeId: subject, replicationAddress, clientUris }: Member,
  { leader, isHere }: { readonly leader: string | undefined; readonly isHere: boolean },
): Way[] {
  const replication = parseHostPort(replicationAddress)
  const ways: Way[] = []
  if (replication !== undefined) {
    const way = { subject, purpose: 'replication', to: replication }
    ways.push({ ...way, isRunning: true, isElsewhere: false })
  }
  for (const uri of clientUris) {
    const to = parseTransportUri(uri)
    if (to === undefined) continue
    const isElsewhere = !isHere && isLoopback(to.host)
    ways.push({ subject, purpose: 'clients', to, isRunning: subject === leader, isElsewhere })
  }
  return ways
}

function waysToAbsent(node: ExaminedNode): Way[] {
  const { nodeId: subject, management, transportConnectors } = node.options
  const to = advertisedOf(node)
  const ways = [{ purpose: 'replication', to, isElsewhere: false }]
  for (const { uri, publishedUri } of transportConnectors) {
    const clients = parseTransportUri(publishedUri === '' ? uri : publishedUri)
    if (clients === undefined) continue
    // What listens on all interfaces is published under the name of its host.
    const isElsewhere = publishedUri === '' && isLoopback(clients.host)
    ways.push({ purpose: 'clients', to: clients, isElsewhere })
  }
  const isElsewhere = isLoopback(management.host)
  const host = isElsewhere ? management.host : to.host
  ways.push({ purpose: 'console', to: { host, port: management.port }, isElsewhere })
  return ways.flatMap((way) => {
    // A port that is chosen at the start is not known yet.
    return way.to.port === 0 ? [] : [{ ...way, subject, isRunning: false }]
  })
}
