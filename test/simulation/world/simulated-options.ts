import type { BrokerOptions } from '@quorate/broker/config/broker-options'
import { defaultPolicy } from '@quorate/broker/engine/policy/destination-policy'
import type { PageBounds } from '@quorate/broker/store/fold/page-pool'
import type { SyncLevel } from '@quorate/broker/replication/sync-level'
import { COORDINATION_HOST, COORDINATION_PORT } from './coordination.ts'

export const CLIENT_PORT = 61616
const REPLICATION_PORT = 61619
export const BROKER_NAME = 'simulated'
const STORE_LIMIT_BYTES = 1 << 30
/** Some full disks (nemesis/disk-faults.ts) leave less than this, and some a little more. */
const HEAD_ROOM_BYTES = 4_000

export interface ClusterShape {
  readonly replicas: number
  readonly sync: SyncLevel
  readonly segmentBytes: number
  readonly checkpointIdleMs: number
  readonly checkpointLogBytes: number
  readonly pages: PageBounds
}

/** How a broker of the simulation is configured. */
export function optionsOf(id: string, directory: string, shape: ClusterShape): BrokerOptions {
  const { replicas, sync, segmentBytes } = shape
  return {
    brokerName: BROKER_NAME,
    nodeId: id,
    dataDirectory: directory,
    transportConnectors: [
      { name: 'openwire', uri: `tcp://${id}:${CLIENT_PORT}`, publishedUri: '' },
    ],
    management: { host: id, port: 8161, users: [] },
    replication: {
      replicas,
      sync,
      bind: `tcp://${id}:${REPLICATION_PORT}`,
      advertisedAddress: `${id}:${REPLICATION_PORT}`,
      securityToken: 'secret',
      weight: 1,
      logSizeBytes: segmentBytes,
      heartbeatMs: 100,
      stickyMs: 800,
      leaseMs: 600,
      quorumTimeoutMs: 2_000,
      bootstrapGraceMs: 3_000,
      stepDownOnZkExpiry: false,
    },
    coordination: {
      zkAddress: `${COORDINATION_HOST}:${COORDINATION_PORT}`,
      zkPath: '/activemq/leveldb-stores',
      zkPassword: '',
      zkSessionTimeoutMs: 2_000,
    },
    destinations: [],
    memoryLimitBytes: 1 << 24,
    tempLimitBytes: 1 << 24,
    tempLimitPercent: null,
    policies: [],
    otherwise: defaultPolicy,
    store: { limitBytes: STORE_LIMIT_BYTES, limitPercent: null, headRoomBytes: HEAD_ROOM_BYTES },
  }
}
