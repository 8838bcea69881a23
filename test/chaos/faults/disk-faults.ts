import type { BrokerNode } from '../../support/broker-node.ts'
import type { ChaosCluster } from '../cluster/chaos-cluster.ts'
import { ForgetfulDisks } from '../cluster/forgetful-disks.ts'
import type { DiskFaults } from '../forgetful-disk/forgetful-disk.ts'
import type { Fault, Strike } from './fault.ts'

const HOLD_MS = 6000
const POWER_OFF_MS = 3000
const SLOW_SYNC_MS = 500
/** The chance of each unsynced sector to be on the medium all the same. */
const KEPT_BY_CHANCE = 0.5

function disksOf(cluster: ChaosCluster): ForgetfulDisks {
  if (cluster.equipment instanceof ForgetfulDisks) return cluster.equipment
  throw new Error('the brokers have no forgetful disks')
}

/** The disk of one broker works badly for a while. */
function spoil(cluster: ChaosCluster, node: BrokerNode, faults: DiskFaults): Strike {
  const disk = disksOf(cluster).disk(node.name)
  disk.setMode(faults)
  return {
    targets: [node.name],
    what: `disk of ${node.name}: ${Object.keys(faults).join(', ')}`,
    heal: () => {
      disk.setMode({})
      // A broker whose disk failed it has ended; an operator starts it again.
      if (!node.isRunning) node.start()
      return Promise.resolve()
    },
  }
}

async function cutPower(cluster: ChaosCluster, nodes: readonly BrokerNode[]): Promise<Strike> {
  await Promise.all(nodes.map((node) => node.kill9()))
  for (const { name } of nodes) {
    const seed = Math.floor(cluster.random() * 2 ** 31)
    disksOf(cluster).disk(name).powerLoss({ seed, keep: KEPT_BY_CHANCE })
  }
  const targets = nodes.map(({ name }) => name)
  return {
    targets,
    what: `power of ${targets.join(', ')} cut`,
    heal: () => {
      for (const node of nodes) node.start()
      return Promise.resolve()
    },
  }
}

const common = { equipment: 'forgetful disks', holdMs: HOLD_MS } as const

export const diskFaults: Readonly<Record<string, Fault>> = {
  'slow-fsync-of-leader': {
    ...common,
    describe: "Every fsync of the leader's disk takes half a second longer.",
    mayCost: 'Throughput: a quorum is the followers once they have it.',
    service: 'continues',
    async strike(cluster) {
      return spoil(cluster, await cluster.leader(), { slowSyncMs: SLOW_SYNC_MS })
    },
  },
  'slow-fsync-of-follower': {
    ...common,
    describe: "Every fsync of a follower's disk takes half a second longer.",
    mayCost: 'Nothing that a client notices.',
    service: 'continues',
    async strike(cluster) {
      const follower = await cluster.follower()
      return spoil(cluster, follower, { slowSyncMs: SLOW_SYNC_MS })
    },
  },
  'failed-fsync-of-leader': {
    ...common,
    describe: "An fsync of the leader's disk fails with EIO, and what it should have kept is gone.",
    mayCost: 'A pause of a failover; the broker ends itself.',
    service: 'continues',
    async strike(cluster) {
      return spoil(cluster, await cluster.leader(), { failSyncIn: 1 })
    },
  },
  'power-loss-of-leader': {
    ...common,
    holdMs: POWER_OFF_MS,
    describe: 'The machine of the leader loses its power: what was not synced is torn or gone.',
    mayCost: 'A pause of a failover.',
    service: 'continues',
    async strike(cluster) {
      return cutPower(cluster, [await cluster.leader()])
    },
  },
  'power-loss-of-two': {
    ...common,
    holdMs: POWER_OFF_MS,
    describe: 'The machines of the leader and a follower lose their power at once.',
    mayCost: 'The service until one of them is back.',
    service: 'may stop',
    async strike(cluster) {
      const leader = await cluster.leader()
      const other = cluster.brokers.find((node) => node !== leader)
      return cutPower(cluster, other === undefined ? [leader] : [leader, other])
    },
  },
  'power-loss-of-all': {
    ...common,
    holdMs: POWER_OFF_MS,
    describe: 'All machines lose their power at once.',
    mayCost: 'The service until two brokers are back.',
    service: 'may stop',
    strike: (cluster) => cutPower(cluster, cluster.brokers),
  },
}
