import { join } from 'node:path'
import type { BrokerOptions } from '../src/config/broker-options.ts'
import { defaultPolicy } from '../src/engine/policy/destination-policy.ts'
import { parseSyncLevel } from '../src/replication/sync-level.ts'

/** Of the only broker of a cluster, on ports that are free. */
export function optionsOfOne(directory: string, zooKeeperPort: number): BrokerOptions {
  return {
    brokerName: 'one',
    nodeId: 'node01',
    dataDirectory: join(directory, 'node01'),
    transportConnectors: [{ name: 'openwire', uri: 'tcp://127.0.0.1:0', publishedUri: '' }],
    destinations: [],
    management: { host: '127.0.0.1', port: 0, users: [] },
    memoryLimitBytes: 1 << 20,
    tempLimitBytes: 1 << 24,
    tempLimitPercent: null,
    policies: [],
    otherwise: defaultPolicy,
    store: { limitBytes: 1 << 30, limitPercent: null, headRoomBytes: 1 << 20 },
    replication: {
      replicas: 1,
      sync: parseSyncLevel('quorum_disk'),
      bind: 'tcp://127.0.0.1:0',
      advertisedAddress: '127.0.0.1:0',
      securityToken: '',
      weight: 1,
      logSizeBytes: 1 << 20,
      heartbeatMs: 100,
      stickyMs: 800,
      leaseMs: 600,
      quorumTimeoutMs: 2000,
      bootstrapGraceMs: 10_000,
      stepDownOnZkExpiry: false,
    },
    coordination: {
      zkAddress: `127.0.0.1:${zooKeeperPort}`,
      zkPath: '/test',
      zkPassword: '',
      zkSessionTimeoutMs: 8000,
    },
  }
}
