import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Member } from '../../src/coordination/coordinator.ts'
import type { BootstrapView } from '../../src/replication/bootstrap.ts'
import { proposeBootstrap } from '../../src/replication/bootstrap.ts'
import { sampleMember } from '../coordination/sample-member.ts'

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

const [a, b, c, d] = [sampleMember('a'), sampleMember('b'), sampleMember('c'), sampleMember('d')]
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

  it('founds nothing beside a member that belongs to a cluster', () => {
    const late = { waitedMs: 60_000 }
    const old = { clusterId: 'old', empty: false }
    assert.equal(propose([a, b, sampleMember('c', old)], late), null)
    assert.equal(propose([a, b, sampleMember('c', { clusterId: 'old' })], late), null)
    assert.equal(propose([a, b, c, sampleMember('d', { clusterId: 'old' })], late), null)
  })

  it('waits until the service shows this node too', () => {
    assert.equal(propose([b, c, d], { waitedMs: 60_000 }), null)
  })

  it('seats a restored store alone at first: the empty ones must not elect each other', () => {
    const restored = sampleMember('b', { empty: false })
    const electorate = [a, restored, c].map(seat)
    const seats = [null, seat(restored), null]
    assert.deepEqual(propose([a, restored, c]), { clusterId: 'new', seats, electorate })
    assert.equal(propose([a, restored]), null)
    assert.deepEqual(propose([a, restored], { waitedMs: 10_000 })?.electorate, [
      seat(a),
      seat(restored),
      null,
    ])
  })

  it('never leaves the restored store out, and founds nothing from two of them', () => {
    const last = sampleMember('z', { empty: false })
    const proposal = propose([a, b, c, last])
    assert.deepEqual(proposal?.electorate, [a, b, last].map(seat))
    assert.deepEqual(proposal?.seats, [null, null, seat(last)])
    const another = sampleMember('b', { empty: false })
    assert.equal(propose([a, another, last], { waitedMs: 60_000 }), null)
  })
})
