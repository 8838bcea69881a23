import { setTimeout as delay } from 'node:timers/promises'
import type { BrokerNode } from '../../support/broker-node.ts'
import type { ChaosCluster } from '../cluster/chaos-cluster.ts'
import type { Fault, Strike } from './fault.ts'

const HOLD_MS = 3000
const BETWEEN_ROLLING_MS = 1000

async function kill(nodes: readonly BrokerNode[], what: string): Promise<Strike> {
  await Promise.all(nodes.map((node) => node.kill9()))
  return {
    targets: nodes.map(({ name }) => name),
    what,
    heal: () => {
      for (const node of nodes) node.start()
      return Promise.resolve()
    },
  }
}

async function killOneAfterTheOther(cluster: ChaosCluster): Promise<Strike> {
  for (const node of cluster.brokers) {
    await node.kill9()
    node.start()
    await cluster.waitUntilWhole()
    await delay(BETWEEN_ROLLING_MS)
  }
  const targets = cluster.brokers.map(({ name }) => name)
  const what = `${targets.join(', ')} killed and started again, one after the other`
  return { targets, what, heal: () => Promise.resolve() }
}

export const kills: Readonly<Record<string, Fault>> = {
  'kill-leader': {
    describe: 'The leader is killed with SIGKILL and started again three seconds later.',
    mayCost: 'A pause of a failover; sends without an answer may be stored or not.',
    equipment: 'plain',
    holdMs: HOLD_MS,
    service: 'continues',
    async strike(cluster) {
      const leader = await cluster.leader()
      return kill([leader], `${leader.name} (leader) killed`)
    },
  },
  'kill-follower': {
    describe: 'A follower is killed with SIGKILL and started again three seconds later.',
    mayCost: 'Nothing that a client notices.',
    equipment: 'plain',
    holdMs: HOLD_MS,
    service: 'continues',
    async strike(cluster) {
      const follower = await cluster.follower()
      return kill([follower], `${follower.name} (follower) killed`)
    },
  },
  'kill-all': {
    describe: 'All brokers are killed at once and started again three seconds later.',
    mayCost: 'The service until two brokers are back.',
    equipment: 'plain',
    holdMs: HOLD_MS,
    service: 'may stop',
    async strike(cluster) {
      return kill(cluster.brokers, 'all brokers killed')
    },
  },
  'kill-rolling': {
    describe: 'Every broker is killed and started again in turn, each when the last is in step.',
    mayCost: 'A pause of a failover each time the leader is hit.',
    equipment: 'plain',
    holdMs: 0,
    service: 'continues',
    strike: killOneAfterTheOther,
  },
}
