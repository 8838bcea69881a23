import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { BrokerNode } from '../../support/broker-node.ts'
import { Cluster } from '../../support/cluster.ts'
import { ZooKeeperCoordination, zookeeperCoordination } from '../../support/coordination-service.ts'
import type { Network, NetworkHost } from '../hosts/network.ts'
import type { Equipment } from './equipment.ts'
import { Supervisor } from './supervisor.ts'

export const brokerNames = ['b1', 'b2', 'b3'] as const
export const zookeeperNames = ['z1', 'z2', 'z3'] as const
export const clientHostName = 'clients'
export const hostNames = [...brokerNames, ...zookeeperNames, clientHostName]

/** The usual ports: every broker has a host of its own. */
const ports = { client: 61616, replication: 61619, console: 8161 }
const WHOLE_WITHIN_MS = 45_000

export interface ChaosClusterOptions {
  readonly network: Network
  /** Data, configuration and logs go below it; does not exist yet. */
  readonly directory: string
  readonly equipment: Equipment
  readonly sync: string
  /** In [0, 1); what faults choose by chance. */
  readonly random: () => number
}

/** Three brokers and a ZooKeeper ensemble of three, each on its own host. */
export class ChaosCluster {
  readonly network: Network
  readonly equipment: Equipment
  readonly cluster: Cluster
  readonly random: () => number
  /** Positions of the log at which some broker's copy was damaged. */
  readonly damage = new Set<number>()
  readonly #coordination: ZooKeeperCoordination
  readonly #supervisor: Supervisor

  private constructor(options: ChaosClusterOptions, coordination: ZooKeeperCoordination) {
    const { network, equipment, directory, sync } = options
    this.network = network
    this.equipment = equipment
    this.random = options.random
    this.#coordination = coordination
    const nodes = brokerNames.map(
      (name) =>
        new BrokerNode({
          name,
          ports,
          host: network.host(name),
          directory: join(directory, name),
          environment: () => equipment.environmentOf(name),
          settings: {
            brokerName: 'quorate-chaos',
            replicas: brokerNames.length,
            zkAddress: coordination.address,
            sync,
            logSize: '8mb',
            ...equipment.settings,
          },
        }),
    )
    this.cluster = new Cluster({ nodes, coordination, directory, links: [] })
    this.#supervisor = new Supervisor(nodes)
  }

  /** Resolves when one leads and the others follow; whatever was started is ended otherwise. */
  static async start(options: ChaosClusterOptions): Promise<ChaosCluster> {
    mkdirSync(options.directory, { recursive: true })
    const hosts = zookeeperNames.map((name) => options.network.host(name))
    const coordination = await zookeeperCoordination(join(options.directory, 'zookeeper'), hosts)
    const started = new ChaosCluster(options, coordination)
    try {
      for (const node of started.brokers) await options.equipment.prepare(node)
      await coordination.start()
      for (const node of started.brokers) node.start()
      await started.cluster.waitUntilWhole(WHOLE_WITHIN_MS)
      started.#supervisor.start()
      return started
    } catch (error) {
      const report = await started.cluster.report()
      await started.dispose()
      throw new Error(`the cluster did not come up:\n${report}`, { cause: error })
    }
  }

  get brokers(): readonly BrokerNode[] {
    return this.cluster.nodes
  }

  get brokerHosts(): readonly NetworkHost[] {
    return brokerNames.map((name) => this.network.host(name))
  }

  get zookeeperHosts(): readonly NetworkHost[] {
    return zookeeperNames.map((name) => this.network.host(name))
  }

  /** Those of the ensemble's servers that follow, for the moment. */
  async zookeeperFollowers(): Promise<readonly NetworkHost[]> {
    const { nodes } = this.#coordination.ensemble
    const leads = await Promise.all(nodes.map((node) => node.leads()))
    return this.zookeeperHosts.filter((_, at) => leads[at] === false)
  }

  get clientHost(): NetworkHost {
    return this.network.host(clientHostName)
  }

  get clientUri(): string {
    return this.cluster.clientUri()
  }

  hostOf(node: BrokerNode): NetworkHost {
    return this.network.host(node.name)
  }

  /** The one that leads, or will in a moment. */
  async leader(): Promise<BrokerNode> {
    return this.cluster.leader()
  }

  /** One of those that follow. */
  async follower(): Promise<BrokerNode> {
    const [follower] = await this.cluster.followers()
    if (follower === undefined) throw new Error('no follower')
    return follower
  }

  /** One leader, and two healthy followers in step. */
  async waitUntilWhole(timeoutMs = WHOLE_WITHIN_MS): Promise<void> {
    await this.cluster.waitUntilWhole(timeoutMs)
  }

  /** What an operator would do: cables back, disks freed, clocks set, processes started. */
  async restore(): Promise<void> {
    await this.network.heal()
    await this.equipment.restore()
    for (const node of this.brokers) {
      if (node.isRunning) node.resume()
      else node.start()
    }
    for (const server of this.#coordination.ensemble.nodes) {
      if (server.isRunning) server.signal('SIGCONT')
      else server.start()
    }
  }

  /** SIGKILL to brokers and servers; data and logs stay. */
  async killAll(): Promise<void> {
    await this.#supervisor.stop()
    await Promise.all([...this.brokers.map((node) => node.dispose()), this.#coordination.kill()])
  }

  async dispose(): Promise<void> {
    await this.network.heal()
    await this.killAll()
    await this.equipment.dispose()
    await this.cluster.dispose()
  }
}
