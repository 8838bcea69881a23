import type { Fault } from './fault.ts'

const BITS_PER_SECOND = 2_000_000

export const slowLinks: Readonly<Record<string, Fault>> = {
  'slow-link-of-leader': {
    describe: 'What the leader sends goes out at 2 Mbit/s at most.',
    mayCost: 'Throughput; a failover if heartbeats wait too long behind the load.',
    equipment: 'plain',
    holdMs: 6000,
    service: 'may stop',
    async strike(cluster) {
      const leader = await cluster.leader()
      await cluster.network.slowDown(cluster.hostOf(leader), BITS_PER_SECOND)
      return {
        targets: [leader.name],
        what: `the link of ${leader.name} (leader) is slow`,
        heal: () => cluster.network.heal(),
      }
    },
  },
}
