import type { LeaderHint, Member } from '../../src/coordination/coordinator.ts'

export function sampleMember(nodeId: string, changes: Partial<Member> = {}): Member {
  return {
    nodeId,
    storeUuid: `store-of-${nodeId}`,
    empty: true,
    replicationAddress: `${nodeId}:61619`,
    clientUris: [`tcp://${nodeId}:61616`],
    consoleUrl: null,
    state: 'VOTER',
    last: { epoch: 0, index: 0 },
    position: 0,
    weight: 1,
    suspect: false,
    build: '0.1.0',
    clusterId: null,
    ...changes,
  }
}

export function sampleHint(epoch: number, nodeId: string): LeaderHint {
  return { epoch, nodeId, clientUris: [`tcp://${nodeId}:61616`] }
}
