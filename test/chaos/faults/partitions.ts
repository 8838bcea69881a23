import assert from 'node:assert/strict'
import type { BrokerNode } from '../../support/broker-node.ts'
import type { ChaosCluster } from '../cluster/chaos-cluster.ts'
import { linksBetween } from '../hosts/network.ts'
import type { DirectedLink, NetworkHost } from '../hosts/network.ts'
import type { Fault, Strike } from './fault.ts'

const HOLD_MS = 6000
/** Beyond the ZooKeeper session (8 s). */
const SESSION_HOLD_MS = 12_000

interface Sides {
  readonly cluster: ChaosCluster
  readonly leader: BrokerNode
  readonly leaderHost: NetworkHost
  readonly otherBrokers: readonly NetworkHost[]
  readonly zookeeperFollower: NetworkHost
}

/** What is cut, and what to call it. */
interface Cut {
  readonly links: readonly DirectedLink[]
  readonly what: string
}

async function sidesOf(cluster: ChaosCluster): Promise<Sides> {
  const leader = await cluster.leader()
  const leaderHost = cluster.hostOf(leader)
  const otherBrokers = cluster.brokerHosts.filter((host) => host !== leaderHost)
  const [zookeeperFollower] = await cluster.zookeeperFollowers()
  assert(zookeeperFollower !== undefined, 'the ensemble has followers')
  return { cluster, leader, leaderHost, otherBrokers, zookeeperFollower }
}

function both(left: readonly NetworkHost[], right: readonly NetworkHost[]): DirectedLink[] {
  return [...linksBetween(left, right), ...linksBetween(right, left)]
}

async function strikeBy(cluster: ChaosCluster, choose: (sides: Sides) => Cut): Promise<Strike> {
  const sides = await sidesOf(cluster)
  const { links, what } = choose(sides)
  await cluster.network.cut(links)
  return { targets: [sides.leader.name], what, heal: () => cluster.network.heal() }
}

const common = { equipment: 'plain', holdMs: HOLD_MS } as const
const isNoticed = 'A pause of a failover; the old leader confirms nothing from then on.'

export const partitions: Readonly<Record<string, Fault>> = {
  'partition-halves': {
    ...common,
    // With the ensemble's leader on this side its own election would come first (5 s and more): the
    // others need it for their epoch (R5).
    describe:
      'The leader and one following ZooKeeper server are cut off from the other brokers and ' +
      'servers; clients reach all.',
    mayCost: isNoticed,
    service: 'continues',
    strike: (cluster) =>
      strikeBy(cluster, ({ leader, leaderHost, otherBrokers, zookeeperFollower }) => {
        const others = cluster.zookeeperHosts.filter((host) => host !== zookeeperFollower)
        return {
          links: both([leaderHost, zookeeperFollower], [...otherBrokers, ...others]),
          what: `${leader.name} (leader) and ${zookeeperFollower.name} cut off from the rest`,
        }
      }),
  },
  'leader-deaf': {
    ...common,
    describe: 'The leader hears no other broker any more, and they hear it.',
    mayCost: isNoticed,
    service: 'continues',
    strike: (cluster) =>
      strikeBy(cluster, ({ leader, leaderHost, otherBrokers }) => ({
        links: linksBetween(otherBrokers, [leaderHost]),
        what: `${leader.name} (leader) hears no broker`,
      })),
  },
  'leader-mute': {
    ...common,
    describe: 'No other broker hears the leader any more, and it hears them.',
    mayCost: isNoticed,
    service: 'continues',
    strike: (cluster) =>
      strikeBy(cluster, ({ leader, leaderHost, otherBrokers }) => ({
        links: linksBetween([leaderHost], otherBrokers),
        what: `no broker hears ${leader.name} (leader)`,
      })),
  },
  'leader-isolated': {
    ...common,
    describe: 'The leader is cut off from brokers and ZooKeeper, and still reached by clients.',
    mayCost: isNoticed,
    service: 'continues',
    strike: (cluster) =>
      strikeBy(cluster, ({ leader, leaderHost, otherBrokers }) => ({
        links: both([leaderHost], [...otherBrokers, ...cluster.zookeeperHosts]),
        what: `${leader.name} (leader) cut off from brokers and ZooKeeper`,
      })),
  },
  'leader-unplugged': {
    ...common,
    describe: 'The leader is cut off from everybody, clients too.',
    mayCost: 'Its clients wait until their own inactivity limit or the heal.',
    service: 'may stop',
    strike: (cluster) =>
      strikeBy(cluster, ({ leader, leaderHost, otherBrokers }) => ({
        links: both([leaderHost], [...otherBrokers, ...cluster.zookeeperHosts, cluster.clientHost]),
        what: `${leader.name} (leader) unplugged`,
      })),
  },
  'link-of-a-pair': {
    ...common,
    describe: 'The leader and one follower do not reach each other; everybody else does.',
    mayCost: 'Nothing that a client notices: two brokers are a quorum.',
    service: 'continues',
    strike: (cluster) =>
      strikeBy(cluster, ({ leader, leaderHost, otherBrokers }) => ({
        links: both([leaderHost], otherBrokers.slice(0, 1)),
        what: `${leader.name} (leader) and ${otherBrokers[0]?.name ?? ''} cut off from each other`,
      })),
  },
  'zookeeper-away-from-leader': {
    ...common,
    holdMs: SESSION_HOLD_MS,
    describe: 'The leader reaches no ZooKeeper server for longer than its session lasts.',
    mayCost: 'Nothing that a client notices: a leader does not need ZooKeeper.',
    service: 'continues',
    strike: (cluster) =>
      strikeBy(cluster, ({ leader, leaderHost }) => ({
        links: both([leaderHost], cluster.zookeeperHosts),
        what: `${leader.name} (leader) cut off from ZooKeeper`,
      })),
  },
  'zookeeper-away-from-all': {
    ...common,
    holdMs: SESSION_HOLD_MS,
    describe: 'No broker reaches ZooKeeper for longer than the sessions last.',
    mayCost: 'Nothing that a client notices; no failover while it lasts.',
    service: 'continues',
    strike: (cluster) =>
      strikeBy(cluster, () => ({
        links: both(cluster.brokerHosts, cluster.zookeeperHosts),
        what: 'all brokers cut off from ZooKeeper',
      })),
  },
}
