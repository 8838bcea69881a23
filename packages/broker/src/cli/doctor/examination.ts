import { toBrokerError } from '@quorate/core/base/errors'
import {
  formatHostPort,
  isLoopback,
  parseHostPort,
  parseTransportUri,
} from '../../config/host-port.ts'
import type { HostPort } from '../../config/host-port.ts'
import type { Member } from '../../coordination/coordinator.ts'
import { checkAgreement } from './agreement.ts'
import { failed, unknown } from './check.ts'
import type { Check } from './check.ts'
import {
  judgeCluster,
  judgeNodeId,
  judgePeers,
  judgeReach,
  judgeServers,
} from './cluster-checks.ts'
import type { PeerLook } from './cluster-checks.ts'
import { probeCluster, probePeer, probeReach, probeServers } from './cluster-probes.ts'
import type { Announced } from './cluster-probes.ts'
import { advertisedOf, listenPortsOf } from './examined-node.ts'
import type { ExaminedNode } from './examined-node.ts'
import {
  judgeDescriptors,
  judgeDirectory,
  judgeDisk,
  judgeHost,
  judgeNodeVersion,
  judgePort,
} from './machine-checks.ts'
import {
  probeDescriptors,
  probeDirectory,
  probeDisk,
  probeHost,
  probePort,
} from './machine-probes.ts'

export interface ExaminationOptions {
  /** Of this program. */
  readonly version: string
  /** For each answer that is waited for. */
  readonly timeoutMs: number
}

/** Looks at everything that these brokers need, from this machine; there is at least one. */
export async function examine(
  nodes: readonly ExaminedNode[],
  options: ExaminationOptions,
): Promise<Check[]> {
  const here = nodes.filter(({ isLocal }) => isLocal)
  const onMachine = await Promise.all(here.map(examineMachine))
  const around = await examineCluster(nodes, options)
  return [
    judgeNodeVersion(process.version),
    ...checkAgreement(nodes),
    ...onMachine.flat(),
    ...around,
  ]
}

async function examineMachine(node: ExaminedNode): Promise<Check[]> {
  const { options } = node
  const { nodeId, dataDirectory, coordination } = options
  const [host, disk, directory] = await Promise.all([
    probeHost(advertisedOf(node).host),
    probeDisk(dataDirectory),
    probeDirectory(dataDirectory),
  ])
  const ports = await Promise.all(listenPortsOf(node).map((port) => probePort(port, dataDirectory)))
  return [
    judgeHost(nodeId, host, coordination.zkAddress),
    ...ports.map((port) => judgePort(nodeId, port)),
    judgeDirectory(options, directory),
    ...judgeDisk(nodeId, disk, options),
    judgeDescriptors(nodeId, probeDescriptors(), options),
  ]
}

async function examineCluster(
  nodes: readonly ExaminedNode[],
  { version, timeoutMs }: ExaminationOptions,
): Promise<Check[]> {
  // Where they differ in it, that has been told, and the first one's is looked at.
  const options = nodes[0]?.options
  if (options === undefined) return []
  const servers = await probeServers(options, timeoutMs)
  const checks = judgeServers(servers)
  const announced = servers.some(({ state }) => state === 'serves')
    ? await probeCluster(options, timeoutMs).catch((error: unknown) => toBrokerError(error))
    : null
  if (announced === null) {
    checks.push(unknown({ subject: '', topic: 'cluster' }, 'nobody tells who is there'))
  } else if (announced instanceof Error) {
    const advice = 'correct zkPassword, or see what else stands at zkPath'
    checks.push(failed({ subject: '', topic: 'cluster' }, announced.message, advice))
  } else {
    checks.push(...judgeCluster(options, announced))
    checks.push(...nodes.flatMap((node) => judgeNodeId(node.options, announced.members)))
  }
  const known = announced === null || announced instanceof Error ? null : announced
  const peers = await probePeers(nodes, known?.members ?? [], timeoutMs)
  const ways = await examineWays(nodes, known, timeoutMs)
  return [...checks, ...ways, ...judgePeers(version, peers)]
}

/** The brokers that run, as far as their HTTP API can be reached from here. */
async function probePeers(
  nodes: readonly ExaminedNode[],
  members: readonly Member[],
  timeoutMs: number,
): Promise<PeerLook[]> {
  const configured = nodes.flatMap(({ options, isLocal }) => {
    const { host, port } = options.management
    return isLocal && port !== 0 ? [`http://${formatHostPort({ host: dialed(host), port })}`] : []
  })
  const announced = members.flatMap(({ consoleUrl }) => consoleUrl ?? [])
  const looks = await Promise.all(
    [...new Set([...announced, ...configured])].map((url) => probePeer(url, timeoutMs)),
  )
  const byNode = new Map(looks.flatMap((look) => (look ? [[look.status.nodeId, look]] : [])))
  return [...byNode.values()].filter(({ status }) => status.brokerName === brokerNameOf(nodes))
}

function brokerNameOf(nodes: readonly ExaminedNode[]): string | undefined {
  return nodes[0]?.options.brokerName
}

/** Where this machine finds what listens on all of its interfaces. */
function dialed(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}

interface Way {
  readonly subject: string
  readonly purpose: string
  readonly to: HostPort
  readonly isRunning: boolean
}

/** Ways from this machine to the others: those that are announced, and those that are given. */
async function examineWays(
  nodes: readonly ExaminedNode[],
  announced: Announced | null,
  timeoutMs: number,
): Promise<Check[]> {
  const members = announced?.members ?? []
  const running = members.flatMap((member) => waysToMember(member, announced?.leader?.nodeId))
  const names = new Set(members.map(({ nodeId }) => nodeId))
  const absent = nodes
    .filter(({ isLocal, options }) => !isLocal && !names.has(options.nodeId))
    .flatMap(waysToAbsent)
  return Promise.all(
    [...running, ...absent].map(async ({ subject, purpose, to, isRunning }) => {
      const reach = await probeReach(to, timeoutMs)
      return judgeReach({ subject, purpose, address: formatHostPort(to), reach, isRunning })
    }),
  )
}

/** A follower listens for other brokers only; clients are served by the leader. */
function waysToMember(
  { nodeId, replicationAddress, clientUris }: Member,
  leader: string | undefined,
): Way[] {
  const replication = parseHostPort(replicationAddress)
  const clients = nodeId === leader ? clientUris.map((uri) => parseTransportUri(uri)) : []
  return [
    { purpose: 'replication', to: replication },
    ...clients.map((to) => ({ purpose: 'clients', to })),
  ].flatMap(({ purpose, to }) =>
    to === undefined ? [] : [{ subject: nodeId, purpose, to, isRunning: true }],
  )
}

function waysToAbsent(node: ExaminedNode): Way[] {
  const { nodeId, management } = node.options
  const subject = nodeId
  const to = advertisedOf(node)
  const ways: Way[] = [{ subject, purpose: 'replication', to, isRunning: false }]
  if (!isLoopback(management.host) && management.port !== 0) {
    const console = { host: to.host, port: management.port }
    ways.push({ subject, purpose: 'console', to: console, isRunning: false })
  }
  return ways
}
