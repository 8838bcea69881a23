import { WallClocks } from '../cluster/wall-clocks.ts'
import type { ChaosCluster } from '../cluster/chaos-cluster.ts'
import type { Fault, Strike } from './fault.ts'

const HOUR_S = 3600
const DAY_S = 24 * HOUR_S
const HOLD_MS = 5000
const mayCost = 'Nothing that a client notices: no decision rests on the wall clock.'

function clocksOf(cluster: ChaosCluster): WallClocks {
  if (cluster.equipment instanceof WallClocks) return cluster.equipment
  throw new Error('the brokers have no wall clocks that can be set')
}

async function jump(cluster: ChaosCluster, seconds: number): Promise<Strike> {
  const leader = await cluster.leader()
  const clocks = clocksOf(cluster)
  clocks.set(leader.name, seconds)
  return {
    targets: [leader.name],
    what: `wall clock of ${leader.name} (leader) moved by ${seconds / HOUR_S} h`,
    heal: () => clocks.restore(),
  }
}

const common = { equipment: 'wall clocks', holdMs: HOLD_MS, service: 'continues', mayCost } as const

export const clockJumps: Readonly<Record<string, Fault>> = {
  'clock-of-leader-ahead': {
    ...common,
    describe: "The leader's wall clock jumps a day ahead, and back.",
    strike: (cluster) => jump(cluster, DAY_S),
  },
  'clock-of-leader-behind': {
    ...common,
    describe: "The leader's wall clock jumps an hour back, and ahead again.",
    strike: (cluster) => jump(cluster, -HOUR_S),
  },
  'clocks-scattered': {
    ...common,
    describe: 'The wall clocks of the three brokers are hours apart, and the leader is killed.',
    mayCost: 'A pause of a failover.',
    async strike(cluster) {
      const leader = await cluster.leader()
      const clocks = clocksOf(cluster)
      for (const [at, { name }] of cluster.brokers.entries()) {
        clocks.set(name, (at - 1) * HOUR_S * 5)
      }
      await leader.kill9()
      return {
        targets: cluster.brokers.map(({ name }) => name),
        what: `wall clocks 5 h apart, ${leader.name} (leader) killed`,
        heal: async () => {
          await clocks.restore()
          leader.start()
        },
      }
    },
  },
}
