import { join } from 'node:path'
import { BrokerError } from '@quorate/core/base/errors'
import type { SettingName } from '../../config/broker-settings.ts'
import { CONFIG_FILE, LOG_FILE } from '../node-folder.ts'
import { brokerPidFile, coordinationPidFile } from '../pid-file.ts'

/** Where the ports of the first broker and of the coordination start; see README, walkthrough. */
const CLIENT_PORT = 61_616
const REPLICATION_PORT = 63_631
const CONSOLE_PORT = 8161
const COORDINATION_PORT = 2181
const HOST = '127.0.0.1'
/** Highest TCP port. */
const PORT_MAX = 65_535

const ZK_PATH = '/activemq/leveldb-stores'

export interface PlanRequest {
  /** Absolute. */
  readonly data: string
  readonly replicas: number
  readonly portOffset: number
  /** A ZooKeeper to use; undefined = the embedded coordination. */
  readonly zookeeper?: string | undefined
  readonly sync?: string | undefined
}

export interface PlannedNode {
  readonly nodeId: string
  readonly folder: string
  readonly configPath: string
  readonly logPath: string
  readonly pidPath: string
  readonly clientPort: number
  readonly replicationPort: number
  readonly consolePort: number
  /** Text of the configuration that `up` writes. */
  readonly config: string
  /** The settings in it: what makes the brokers different, and what they have to agree on. */
  readonly planned: readonly SettingName[]
}

export interface PlannedCoordination {
  readonly folder: string
  readonly logPath: string
  readonly pidPath: string
  readonly port: number
  readonly bind: string
}

/** A cluster on this machine: what runs where. */
export interface ClusterPlan {
  readonly data: string
  readonly zkAddress: string
  /** null when a ZooKeeper is used. */
  readonly coordination: PlannedCoordination | null
  readonly nodes: readonly PlannedNode[]
}

/** The first line of a configuration that `up` writes; without it `up` leaves the file alone. */
export const writtenByUp = '# Written by `quorate up` at each start. Without this line it is yours.'

export function planCluster(request: PlanRequest): ClusterPlan {
  const { data, replicas, portOffset, zookeeper } = request
  if (REPLICATION_PORT + replicas - 1 + portOffset > PORT_MAX) {
    const most = PORT_MAX - REPLICATION_PORT - replicas + 1
    throw new BrokerError('INVALID_ARGUMENT', `--port-offset: ${portOffset} is above ${most}`)
  }
  const coordination = zookeeper === undefined ? planCoordination(data, portOffset) : null
  const zkAddress = zookeeper ?? `${HOST}:${COORDINATION_PORT + portOffset}`
  const nodes = Array.from({ length: replicas }, (_, at) => planNode(request, zkAddress, at))
  return { data, zkAddress, coordination, nodes }
}

function planCoordination(data: string, portOffset: number): PlannedCoordination {
  const folder = join(data, 'coordination')
  const port = COORDINATION_PORT + portOffset
  return {
    folder,
    logPath: join(folder, 'coordination.log'),
    pidPath: join(folder, coordinationPidFile),
    port,
    bind: `tcp://${HOST}:${port}`,
  }
}

function planNode(request: PlanRequest, zkAddress: string, at: number): PlannedNode {
  const nodeId = `node${String(at + 1).padStart(2, '0')}`
  const folder = join(request.data, nodeId)
  const ports = {
    clientPort: CLIENT_PORT + request.portOffset + at,
    replicationPort: REPLICATION_PORT + request.portOffset + at,
    consolePort: CONSOLE_PORT + request.portOffset + at,
  }
  const settings = nodeSettings(request, { nodeId, zkAddress, ...ports })
  return {
    nodeId,
    folder,
    configPath: join(folder, CONFIG_FILE),
    logPath: join(folder, LOG_FILE),
    pidPath: join(folder, brokerPidFile),
    ...ports,
    config: configText(settings),
    planned: Object.keys(settings) as SettingName[],
  }
}

type NodeSettings = Partial<Readonly<Record<SettingName, string>>>

/** What `up` says to a broker, as in quorate.yaml. */
function nodeSettings(
  { replicas, sync }: PlanRequest,
  node: Pick<PlannedNode, 'nodeId' | 'clientPort' | 'replicationPort' | 'consolePort'> & {
    readonly zkAddress: string
  },
): NodeSettings {
  return {
    brokerName: 'localhost',
    nodeId: node.nodeId,
    directory: '.',
    transportConnectors: `\n  - tcp://${HOST}:${node.clientPort}`,
    replicas: String(replicas),
    ...(sync === undefined ? {} : { sync: JSON.stringify(sync) }),
    bind: `tcp://${HOST}:${node.replicationPort}`,
    zkAddress: JSON.stringify(node.zkAddress),
    zkPath: ZK_PATH,
    consoleHost: HOST,
    consolePort: String(node.consolePort),
  }
}

function configText(settings: NodeSettings): string {
  const lines = Object.entries(settings).map(([name, text]) =>
    text.startsWith('\n') ? `${name}:${text}` : `${name}: ${text}`,
  )
  return [writtenByUp, ...lines, ''].join('\n')
}

/** Every port of ours on this machine. */
export function portsOf({ coordination, nodes }: ClusterPlan): number[] {
  const ports = nodes.flatMap((node) => [node.clientPort, node.replicationPort, node.consolePort])
  return coordination === null ? ports : [coordination.port, ...ports]
}

/** What clients are given. */
export function failoverUri({ nodes }: ClusterPlan): string {
  return `failover:(${nodes.map(({ clientPort }) => `tcp://localhost:${clientPort}`).join(',')})`
}
