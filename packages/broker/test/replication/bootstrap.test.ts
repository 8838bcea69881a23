import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Member } from '../../src/coordination/coordinator.ts'
import type { BootstrapView } from '../../src/replication/bootstrap.ts'
import { proposeBootstrap } from '../../src/replication/bootstrap.ts'

function member(nodeId: string, change: Partial<Member> = {}): Member {
  return {
    nodeId,
    storeUuid: `${nodeId}-1`,
    empty: true,
    replicationAddress: `${nodeId}:1`,
    clientUris: [],
    consoleUrl: null,
    state: 'LEARNER',
    last: { epoch: 0, index: 0 },
    position: 0,
    weight: 1,
    suspect: false,
    build: '0',
    clusterId: null,
    ...change,
  }
}

function propose(members: readonly Member[], change: Partial<BootstrapView> = {}) {
  return proposeBootstrap({
    replicas: 3,
    members,
    self: 'a',
    waitedMs: 0,
    graceMs: 10_000,
    newClusterId: () => 'new',
    ...change,
  })
}

const [a, b, c, d] = [member('a'), member('b'), member('c'), member('d')]
const seat = ({ nodeId, storeUuid }: Member) => ({ nodeId, storeUuid })

describe('bootstrap (R2)', () => {
  it('seats everybody as soon as all are there, in the order of their names', () => {
    assert.deepEqual(propose([c, a, b]), { clusterId: 'new', seats: [a, b, c].map(seat) })
  })

  it('waits for the absent during the grace period', () => {
    assert.equal(propose([a, b]), null)
    assert.equal(propose([a, b], { waitedMs: 9_999 }), null)
  })

  it('then a quorum is enough, and the seats of the absent stay vacant', () => {
    const seats = [seat(a), seat(b), null]
    assert.deepEqual(propose([a, b], { waitedMs: 10_000 }), { clusterId: 'new', seats })
    assert.equal(propose([a], { waitedMs: 60_000 }), null)
    assert.equal(propose([a, b], { waitedMs: 60_000, replicas: 5 }), null)
  })

  it('seats a single node at once when it is the only replica', () => {
    assert.deepEqual(propose([a], { replicas: 1 })?.seats, [seat(a)])
  })

  it('never seats more than the configured number', () => {
    assert.deepEqual(propose([a, b, c, d])?.seats, [a, b, c].map(seat))
  })

  it('founds nothing beside a member that holds data or belongs to a cluster', () => {
    const late = { waitedMs: 60_000 }
    assert.equal(propose([a, b, member('c', { empty: false })], late), null)
    assert.equal(propose([a, b, member('c', { clusterId: 'old' })], late), null)
    assert.equal(propose([a, b, c, member('d', { clusterId: 'old' })], late), null)
  })

  it('waits until the service shows this node too', () => {
    assert.equal(propose([b, c, d], { waitedMs: 60_000 }), null)
  })
})
