import type { BrokerNode } from '../../support/broker-node.ts'
import { SmallDisks } from '../cluster/small-disks.ts'
import type { ChaosCluster } from '../cluster/chaos-cluster.ts'
import type { Fault, Strike } from './fault.ts'

/** Longer than a load needs to use up the segments that are prepared. */
const HOLD_MS = 9000

function fill(cluster: ChaosCluster, node: BrokerNode, what: string): Strike {
  const disks = cluster.equipment
  if (!(disks instanceof SmallDisks)) throw new Error('the brokers have no small disks')
  disks.fill(node.name)
  return {
    targets: [node.name],
    what,
    heal: () => {
      disks.release(node.name)
      // A broker that can write no more may have ended; an operator starts it again.
      if (!node.isRunning) node.start()
      return Promise.resolve()
    },
  }
}

export const fullDisks: Readonly<Record<string, Fault>> = {
  'full-disk-of-leader': {
    describe: "The leader's disk is filled to the last byte, and freed again.",
    mayCost: 'A pause of a failover; the broker may end itself.',
    equipment: 'small disks',
    holdMs: HOLD_MS,
    service: 'continues',
    async strike(cluster) {
      const leader = await cluster.leader()
      return fill(cluster, leader, `disk of ${leader.name} (leader) full`)
    },
  },
  'full-disk-of-follower': {
    describe: "A follower's disk is filled to the last byte, and freed again.",
    mayCost: 'Nothing that a client notices; the broker may end itself.',
    equipment: 'small disks',
    holdMs: HOLD_MS,
    service: 'continues',
    async strike(cluster) {
      const follower = await cluster.follower()
      return fill(cluster, follower, `disk of ${follower.name} (follower) full`)
    },
  },
}
