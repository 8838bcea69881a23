import type { BrokerStatus } from '../../src/management/broker-status.ts'

/** A healthy follower of a cluster of three, with changes. */
export function sampleStatus(changes: Partial<BrokerStatus> = {}): BrokerStatus {
  return {
    brokerName: 'localhost',
    nodeId: 'node02',
    pid: 4711,
    dataDirectory: '/srv/quorate/node02',
    build: '0.1.0',
    uptimeMs: 61_000,
    role: 'follower',
    trouble: null,
    suspect: false,
    possibleLosses: [],
    epoch: 3,
    leader: 'node01',
    sync: 'quorum_disk',
    confirmsOnQuorum: true,
    seats: ['node01', 'node02', 'node03'],
    log: {
      epoch: 3,
      index: 120,
      position: 65_536,
      syncedIndex: 120,
      committedIndex: 118,
      appliedIndex: 118,
    },
    store: {
      usedBytes: 65_536,
      limitBytes: 1024 ** 3,
      percentUsed: 0,
      freeBytes: 3 * 1024 ** 3,
      headRoomBytes: 256 * 1024 ** 2,
      isShort: false,
      blocksSenders: false,
    },
    catchUp: null,
    followers: [],
    links: [
      { nodeId: 'node01', connected: true },
      { nodeId: 'node03', connected: true },
    ],
    coordination: { address: '127.0.0.1:2181', state: 'connected' },
    members: [
      { nodeId: 'node01', consoleUrl: 'http://127.0.0.1:8161' },
      { nodeId: 'node02', consoleUrl: 'http://127.0.0.1:8162' },
      { nodeId: 'node03', consoleUrl: 'http://127.0.0.1:8163' },
    ],
    announced: {
      path: '/activemq/leveldb-stores',
      elected: { nodeId: 'node01', epoch: 3 },
      members: ['node01', 'node02', 'node03'].map((nodeId) => ({
        ...{ nodeId, state: nodeId === 'node01' ? 'LEADER' : 'FOLLOWER' },
        ...{ lastEpoch: 3, lastIndex: 120, position: 65_536, weight: 1 },
      })),
    },
    clients: {
      connections: 0,
      consumers: 0,
      destinations: 0,
      waitingMessages: 0,
      enqueuedMessages: 0,
      dequeuedMessages: 0,
    },
    flow: null,
    clientUris: ['tcp://127.0.0.1:61617'],
    replicationAddress: '127.0.0.1:63632',
    ...changes,
  }
}
