import type { BrokerStatus } from '../../broker-status.ts'
import type { Metric, Sample } from './exposition.ts'

const one = (value: number): readonly Sample[] => [{ value }]
const known = (value: number | null | undefined): readonly Sample[] =>
  value === null || value === undefined ? [] : one(value)
const yes = (is: boolean): number => (is ? 1 : 0)

const roles = ['leader', 'follower', 'candidate', 'learner', 'starting', 'halted'] as const

const ofFollowers =
  (figure: (follower: BrokerStatus['followers'][number]) => number) =>
  ({ followers }: BrokerStatus): readonly Sample[] =>
    followers.map((follower) => ({
      labels: { follower: follower.nodeId },
      value: figure(follower),
    }))

const MS_PER_S = 1000

/** What every node tells, in every role. */
export const nodeMetrics: readonly Metric<BrokerStatus>[] = [
  {
    name: 'quorate_node_info',
    type: 'gauge',
    help: 'Always 1; names the node, its cluster and its build.',
    samples: ({ nodeId, brokerName, build, sync }) => [
      { labels: { node: nodeId, cluster: brokerName, build, sync }, value: 1 },
    ],
  },
  {
    name: 'quorate_node_role',
    type: 'gauge',
    help: '1 for the role that the node has, 0 for the others.',
    samples: ({ role }) =>
      roles.map((each) => ({ labels: { role: each }, value: yes(each === role) })),
  },
  {
    name: 'quorate_node_uptime_seconds',
    type: 'gauge',
    help: 'Since the process began.',
    samples: ({ uptimeMs }) => one(uptimeMs / MS_PER_S),
  },
  {
    name: 'quorate_node_in_trouble',
    type: 'gauge',
    help: '1 while the node is no healthy voter.',
    samples: ({ trouble }) => one(yes(trouble !== null)),
  },
  {
    name: 'quorate_cluster_epoch',
    type: 'gauge',
    help: 'Epoch of the leadership that the node knows; each election raises it.',
    samples: ({ epoch }) => one(epoch),
  },
  {
    name: 'quorate_cluster_seats',
    type: 'gauge',
    help: 'Seats of the configuration, vacant ones included.',
    samples: ({ seats }) => one(seats.length),
  },
  {
    name: 'quorate_cluster_possible_losses',
    type: 'gauge',
    help: 'Possible losses that the log tells of, the newest eight at most.',
    samples: ({ possibleLosses }) => one(possibleLosses.length),
  },
  {
    name: 'quorate_coordination_connected',
    type: 'gauge',
    help: '1 while the session with ZooKeeper is connected.',
    samples: ({ coordination }) => one(yes(coordination.state === 'connected')),
  },
  {
    name: 'quorate_log_end_index',
    type: 'gauge',
    help: 'Index of the last record of the log.',
    samples: ({ log }) => one(log.index),
  },
  {
    name: 'quorate_log_end_position_bytes',
    type: 'gauge',
    help: 'Where the log ends.',
    samples: ({ log }) => one(log.position),
  },
  {
    name: 'quorate_log_synced_index',
    type: 'gauge',
    help: 'Index of the last record that is on the own disk.',
    samples: ({ log }) => one(log.syncedIndex),
  },
  {
    name: 'quorate_log_committed_index',
    type: 'gauge',
    help: 'Index of the last record that a quorum has, as far as the node knows.',
    samples: ({ log }) => one(log.committedIndex),
  },
  {
    name: 'quorate_log_applied_index',
    type: 'gauge',
    help: 'Index of the last record that is in the index of the node.',
    samples: ({ log }) => one(log.appliedIndex),
  },
  {
    name: 'quorate_store_used_bytes',
    type: 'gauge',
    help: 'Bytes of the log.',
    samples: ({ store }) => known(store?.usedBytes),
  },
  {
    name: 'quorate_store_limit_bytes',
    type: 'gauge',
    help: 'What the log may use.',
    samples: ({ store }) => known(store?.limitBytes),
  },
  {
    name: 'quorate_store_free_bytes',
    type: 'gauge',
    help: 'Free on the disk, and in segments that are prepared.',
    samples: ({ store }) => known(store?.freeBytes),
  },
  {
    name: 'quorate_store_blocks_senders',
    type: 'gauge',
    help: '1 while senders of persistent messages wait for space.',
    samples: ({ store }) => known(store && yes(store.blocksSenders)),
  },
  {
    name: 'quorate_follower_connected',
    type: 'gauge',
    help: '1 while the follower gets the log; told by the leader.',
    samples: ofFollowers(({ connected }) => yes(connected)),
  },
  {
    name: 'quorate_follower_lag_records',
    type: 'gauge',
    help: 'Records that the follower has yet to acknowledge; told by the leader.',
    samples: ofFollowers(({ lagRecords }) => lagRecords),
  },
  {
    name: 'quorate_follower_lag_bytes',
    type: 'gauge',
    help: 'Bytes sent to the follower that it has yet to acknowledge; told by the leader.',
    samples: ofFollowers(({ lagBytes }) => lagBytes),
  },
  {
    name: 'quorate_connections',
    type: 'gauge',
    help: 'Clients that are connected.',
    samples: ({ clients }) => one(clients.connections),
  },
  {
    name: 'quorate_consumers',
    type: 'gauge',
    help: 'Subscriptions that are connected.',
    samples: ({ clients }) => one(clients.consumers),
  },
  {
    name: 'quorate_memory_used_bytes',
    type: 'gauge',
    help: 'What non-persistent messages in memory count; told by the leader.',
    samples: ({ flow }) => known(flow?.memoryUsedBytes),
  },
  {
    name: 'quorate_memory_limit_bytes',
    type: 'gauge',
    help: 'What that may be; told by the leader.',
    samples: ({ flow }) => known(flow?.memoryLimitBytes),
  },
  {
    name: 'quorate_temporary_store_used_bytes',
    type: 'gauge',
    help: 'Non-persistent messages on the disk; told by the leader.',
    samples: ({ flow }) => known(flow?.temporary?.usedBytes),
  },
  {
    name: 'quorate_paused_connections',
    type: 'gauge',
    help: 'Connections that are not read from until there is room.',
    samples: ({ flow }) => known(flow?.pausedConnections),
  },
  {
    name: 'quorate_waiting_sends',
    type: 'gauge',
    help: 'Sends that wait for room, by what they wait for.',
    samples: ({ flow }) =>
      Object.entries(flow?.waitingSends ?? {}).map(([reason, value]) => ({
        labels: { reason },
        value,
      })),
  },
]
