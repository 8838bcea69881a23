import type { BrokerNode } from '../../support/broker-node.ts'
import type { Fault, Strike } from './fault.ts'

/** Beyond the lease, the election timeout, the quorum timeout and the ZooKeeper session (8 s). */
const HOLD_MS = 11_000

function pause(node: BrokerNode, what: string): Strike {
  node.pause()
  return {
    targets: [node.name],
    what,
    heal: () => {
      node.resume()
      return Promise.resolve()
    },
  }
}

export const pauses: Readonly<Record<string, Fault>> = {
  'pause-leader': {
    describe:
      'The leader is stopped with SIGSTOP beyond every timeout, its connections open, and goes on.',
    mayCost: 'Clients of the stopped leader wait until their own inactivity limit or the heal.',
    equipment: 'plain',
    holdMs: HOLD_MS,
    service: 'may stop',
    async strike(cluster) {
      const leader = await cluster.leader()
      return pause(leader, `${leader.name} (leader) stopped`)
    },
  },
  'pause-follower': {
    describe: 'A follower is stopped with SIGSTOP beyond every timeout, and goes on.',
    mayCost: 'Nothing that a client notices.',
    equipment: 'plain',
    holdMs: HOLD_MS,
    service: 'continues',
    async strike(cluster) {
      const follower = await cluster.follower()
      return pause(follower, `${follower.name} (follower) stopped`)
    },
  },
}
