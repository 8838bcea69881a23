import type { BrokerNode } from '../../support/broker-node.ts'
import type { Fault, Strike } from './fault.ts'

const HOLD_MS = 3000

async function loseDisk(node: BrokerNode, what: string): Promise<Strike> {
  await node.kill9()
  node.wipe()
  return {
    targets: [node.name],
    what,
    heal: () => {
      node.start()
      return Promise.resolve()
    },
  }
}

export const lostDisks: Readonly<Record<string, Fault>> = {
  'wipe-follower': {
    describe: 'A follower is killed, loses its disk and comes back with an empty one.',
    mayCost: 'Nothing that a client notices: it fetches the log and takes its seat again.',
    equipment: 'plain',
    holdMs: HOLD_MS,
    service: 'continues',
    async strike(cluster) {
      const follower = await cluster.follower()
      return loseDisk(follower, `${follower.name} (follower) killed and its disk wiped`)
    },
  },
  'wipe-leader': {
    describe: 'The leader is killed, loses its disk and comes back with an empty one.',
    mayCost: 'A pause of a failover.',
    equipment: 'plain',
    holdMs: HOLD_MS,
    service: 'continues',
    async strike(cluster) {
      const leader = await cluster.leader()
      return loseDisk(leader, `${leader.name} (leader) killed and its disk wiped`)
    },
  },
}
