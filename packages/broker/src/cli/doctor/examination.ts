import { toBrokerError } from '@quorate/core/base/errors'
import { checkAgreement } from './agreement.ts'
import { failed, unknown } from './check.ts'
import type { Check } from './check.ts'
import { judgeCluster, judgeNodeId, judgeServers } from './cluster-checks.ts'
import { probeCluster, probeServers } from './cluster-probes.ts'
import { examineConsoles } from './consoles.ts'
import { advertisedOf, listenPortsOf } from './examined-node.ts'
import type { ExaminedNode } from './examined-node.ts'
import {
  judgeDescriptors,
  judgeDirectory,
  judgeDisk,
  judgeHost,
  judgeNodeVersion,
  judgePort,
  roomOfDisk,
} from './machine-checks.ts'
import {
  probeDescriptors,
  probeDirectory,
  probeDisk,
  probeHost,
  probePort,
} from './machine-probes.ts'
import { judgePeers, judgeRooms, roomOfPeer } from './peer-checks.ts'
import type { PeerLook, StoreRoom } from './peer-checks.ts'
import { examineWays } from './ways.ts'

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
  const rooms = onMachine.map(({ room }) => room)
  const around = await examineCluster(nodes, rooms, options)
  return [
    judgeNodeVersion(process.version),
    ...checkAgreement(nodes),
    ...onMachine.flatMap(({ checks }) => checks),
    ...around,
  ]
}

interface ExaminedMachine {
  readonly checks: readonly Check[]
  readonly room: StoreRoom
}

async function examineMachine(node: ExaminedNode): Promise<ExaminedMachine> {
  const { options } = node
  const { nodeId, dataDirectory, coordination } = options
  const [host, disk, directory] = await Promise.all([
    probeHost(advertisedOf(node).host),
    probeDisk(dataDirectory),
    probeDirectory(dataDirectory),
  ])
  const ports = await Promise.all(listenPortsOf(node).map((port) => probePort(port, dataDirectory)))
  const checks = [
    judgeHost(nodeId, host, coordination.zkAddress),
    ...ports.map((port) => judgePort(nodeId, port)),
    judgeDirectory(options, directory),
    ...judgeDisk(nodeId, disk, options),
    judgeDescriptors(nodeId, probeDescriptors(), options),
  ]
  return { checks, room: { nodeId, roomBytes: roomOfDisk(disk, options) } }
}

async function examineCluster(
  nodes: readonly ExaminedNode[],
  roomsHere: readonly StoreRoom[],
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
  const ways = await examineWays(nodes, known, timeoutMs)
  const consoles = await examineConsoles(nodes, known?.members ?? [], timeoutMs)
  const { peers } = consoles
  return [
    ...checks,
    ...ways,
    ...consoles.checks,
    ...judgePeers(version, peers),
    ...judgeRooms(roomsOf(roomsHere, peers)),
  ]
}

/** A broker that runs knows how much of its room its log has taken already. */
function roomsOf(here: readonly StoreRoom[], peers: readonly PeerLook[]): StoreRoom[] {
  const told = peers.flatMap(({ status }) => roomOfPeer(status) ?? [])
  const names = new Set(told.map(({ nodeId }) => nodeId))
  return [...told, ...here.filter(({ nodeId }) => !names.has(nodeId))]
}
