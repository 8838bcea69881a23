import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { BrokerStatus } from '@quorate/broker/management/broker-status'
import { BrokerNode } from './broker-node.ts'
import type { NodePorts, NodeSettings } from './broker-node.ts'
import type { CoordinationService } from './coordination-service.ts'
import { embeddedCoordination, zookeeperCoordination } from './coordination-service.ts'
import { freePorts } from './free-ports.ts'
import { LinkProxy } from './link-proxy.ts'
import { waitUntil } from './wait-until.ts'

export interface ClusterOptions {
  /** 1, 3 or 5. */
  readonly replicas?: number
  readonly coordination?: 'embedded' | 'zookeeper'
  readonly sync?: string
  /** Small, so that a test crosses segments. */
  readonly logSize?: string
  /** Further settings of every node. */
  readonly settings?: NodeSettings
  /** Puts a proxy before every replication port, so that links can be cut. */
  readonly proxied?: boolean
  /** Where everything goes; a temporary directory by default. Removed at the end. */
  readonly directory?: string
  /** Further environment of the broker that works in this data directory, at each start. */
  readonly environment?: (dataDirectory: string) => Readonly<Record<string, string>>
  /** Before any node starts: their directories are there, and hold no data. */
  readonly prepare?: (cluster: Cluster) => Promise<void>
}

/** What a status poll finds: one entry a node, null for one that does not answer. */
export type Statuses = readonly (BrokerStatus | null)[]

const READY_WITHIN_MS = 30_000
/** Under a steady flow a follower is always a few records behind. */
const IN_STEP_RECORDS = 64
const LOG_LINES_SHOWN = 60

/** A cluster of broker processes and its coordination, all started and ended by the test. */
export class Cluster {
  readonly nodes: readonly BrokerNode[]
  readonly coordination: CoordinationService
  readonly directory: string
  /** To each node's replication port; empty unless proxied. */
  readonly links: readonly LinkProxy[]

  constructor(parts: {
    readonly nodes: readonly BrokerNode[]
    readonly coordination: CoordinationService
    readonly directory: string
    readonly links: readonly LinkProxy[]
  }) {
    this.links = parts.links
    this.nodes = parts.nodes
    this.coordination = parts.coordination
    this.directory = parts.directory
  }

  node(name: string): BrokerNode {
    const found = this.nodes.find((node) => node.name === name)
    if (found === undefined) throw new Error(`no node ${name}`)
    return found
  }

  /** `failover:(...)` over all nodes, with ActiveMQ's options if any are given. */
  clientUri(options = ''): string {
    const uris = this.nodes.map((node) => node.clientUri).join(',')
    return `failover:(${uris})${options === '' ? '' : `?${options}`}`
  }

  async statuses(): Promise<Statuses> {
    return Promise.all(this.nodes.map((node) => node.status()))
  }

  /** Waits until the statuses satisfy the predicate, and answers them. */
  async waitFor(
    what: string,
    predicate: (statuses: Statuses) => boolean,
    timeoutMs = READY_WITHIN_MS,
  ): Promise<Statuses> {
    const probe = async (): Promise<Statuses | false> => {
      const statuses = await this.statuses()
      return predicate(statuses) && statuses
    }
    return waitUntil(probe, { what, timeoutMs })
  }

  /** The one node that says it leads. */
  async leader(timeoutMs = READY_WITHIN_MS): Promise<BrokerNode> {
    const statuses = await this.waitFor('one leader', (all) => leaders(all).length === 1, timeoutMs)
    return this.node(leaders(statuses)[0]?.nodeId ?? '')
  }

  async followers(): Promise<BrokerNode[]> {
    const leader = await this.leader()
    return this.nodes.filter((node) => node !== leader)
  }

  /** One leader, and every other node a healthy voter behind it and in step with its log. */
  async waitUntilWhole(timeoutMs = READY_WITHIN_MS): Promise<BrokerNode> {
    const statuses = await this.waitFor('a whole cluster', isWhole, timeoutMs)
    return this.node(leaders(statuses)[0]?.nodeId ?? '')
  }

  async report(): Promise<string> {
    const statuses = await this.statuses()
    const nodes = this.nodes.map((node, at) => {
      const status = JSON.stringify(statuses[at])
      return `--- ${node.name} ${status}\n${node.logTail(LOG_LINES_SHOWN)}`
    })
    return [...nodes, this.coordination.report()].join('\n')
  }

  async dispose(): Promise<void> {
    await Promise.all([
      ...this.nodes.map((node) => node.dispose()),
      ...this.links.map((link) => link.close()),
      this.coordination.dispose(),
    ])
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 })
  }
}

export function leaders(statuses: Statuses): BrokerStatus[] {
  return statuses.filter((status) => status?.role === 'leader') as BrokerStatus[]
}

export function followersIn(statuses: Statuses): BrokerStatus[] {
  return statuses.filter((status) => status?.role === 'follower') as BrokerStatus[]
}

function isWhole(statuses: Statuses): boolean {
  const [leader, ...others] = leaders(statuses)
  if (leader === undefined || others.length > 0) return false
  const behind = followersIn(statuses).filter(
    (status) =>
      status.epoch === leader.epoch &&
      status.trouble === null &&
      !status.suspect &&
      status.leader === leader.nodeId,
  )
  return behind.length === statuses.length - 1 && allInStep(leader)
}

function allInStep(leader: BrokerStatus): boolean {
  return leader.followers.every(
    (follower) =>
      follower.connected && follower.state === 'voter' && follower.lagRecords <= IN_STEP_RECORDS,
  )
}

interface Seat {
  readonly name: string
  readonly ports: NodePorts
  readonly link: LinkProxy | null
}

async function prepareSeats(count: number, proxied: boolean): Promise<Seat[]> {
  const ports = await freePorts(count * 3)
  const seats: Seat[] = []
  for (let at = 0; at < count; at++) {
    const [client = 0, replication = 0, console = 0] = ports.slice(at * 3)
    const link = proxied ? await LinkProxy.open(replication) : null
    seats.push({ name: `node0${at + 1}`, ports: { client, replication, console }, link })
  }
  return seats
}

async function buildCluster(options: ClusterOptions): Promise<Cluster> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'quorate-cluster-'))
  const replicas = options.replicas ?? 3
  const coordination =
    options.coordination === 'zookeeper'
      ? await zookeeperCoordination(join(directory, 'zookeeper'))
      : await embeddedCoordination(join(directory, 'coordination'))
  const seats = await prepareSeats(replicas, options.proxied ?? false)
  const { environment } = options
  const nodes = seats.map(
    ({ name, ports, link }) =>
      new BrokerNode({
        name,
        ports,
        directory: join(directory, name),
        environment: () => environment?.(join(directory, name, 'data')) ?? {},
        settings: {
          brokerName: 'quorate-test',
          replicas,
          zkAddress: coordination.address,
          sync: options.sync ?? 'quorum_disk',
          logSize: options.logSize ?? '8mb',
          ...(link === null ? {} : { connectUrl: `tcp://127.0.0.1:${link.port}` }),
          ...options.settings,
        },
      }),
  )
  const links = seats.flatMap(({ link }) => (link === null ? [] : [link]))
  return new Cluster({ nodes, coordination, directory, links })
}

/** Starts the coordination and every node, and resolves when one leads and the others follow. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = await buildCluster(options)
  try {
    await cluster.coordination.start()
    await options.prepare?.(cluster)
    for (const node of cluster.nodes) node.start()
    await cluster.waitUntilWhole()
    return cluster
  } catch (error) {
    process.stderr.write(`${await cluster.report()}\n`)
    await cluster.dispose()
    throw error
  }
}

export interface ClusterTest extends ClusterOptions {
  /** The test fails, with logs and statuses, when it takes longer. */
  readonly deadlineMs: number
}

/** Runs a test on a fresh cluster, shows what the nodes said if it fails, and ends all of it. */
export async function withCluster(
  options: ClusterTest,
  test: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const cluster = await startCluster(options)
  const timer = new AbortController()
  const late = delay(options.deadlineMs, undefined, { signal: timer.signal, ref: false }).then(
    () => {
      throw new Error(`not done after ${options.deadlineMs} ms`)
    },
    () => undefined,
  )
  try {
    await Promise.race([test(cluster), late])
  } catch (error) {
    process.stderr.write(`${await cluster.report()}\n`)
    throw error
  } finally {
    timer.abort()
    await cluster.dispose()
  }
}
