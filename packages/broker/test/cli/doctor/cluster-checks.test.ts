import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  judgeCluster,
  judgeNodeId,
  judgeReach,
  judgeServers,
} from '../../../src/cli/doctor/cluster-checks.ts'
import type { ReachLook, ServerLook } from '../../../src/cli/doctor/cluster-checks.ts'
import { sampleMember } from '../../coordination/sample-member.ts'
import { examinedNode } from './examined-nodes.ts'

const { options } = examinedNode('node01')

describe('what the doctor says of a cluster', () => {
  it('a ZooKeeper server that is missing is a warning, all of them a failure', () => {
    const server = (address: string, state: ServerLook['state']): ServerLook => ({
      address,
      state,
      tookMs: 12,
      problem: state === 'unreachable' ? 'refused' : null,
    })
    const some = judgeServers([server('zk1:2181', 'serves'), server('zk2:2181', 'unreachable')])
    assert.deepEqual(
      some.map(({ outcome, message }) => [outcome, message]),
      [
        ['ok', 'serves, session after 12 ms'],
        ['warning', 'cannot be reached: refused; 1 of 2 serve'],
      ],
    )
    const [alone] = judgeServers([server('zk1:2181', 'silent')])
    assert.equal(alone?.outcome, 'failed')
    assert.match(alone?.message ?? '', /gives no session: most servers of the ensemble are missing/)
  })

  it('replicas have to be those that the cluster was founded with', () => {
    const look = { members: [], foundedSeats: 5, otherNames: [] }
    const [check] = judgeCluster(options, look)
    assert.equal(check?.message, '"orders" was founded with replicas 5, here it is 3')
    assert.equal(check?.outcome, 'failed')
    assert.equal(judgeCluster(options, { ...look, foundedSeats: 3 })[0]?.outcome, 'ok')
  })

  it('other names under the same path are suspicious while brokers are missing', () => {
    const members = [sampleMember('node01'), sampleMember('node02')]
    const look = { members, foundedSeats: 3, otherNames: ['oders'] }
    assert.match(judgeCluster(options, look)[1]?.message ?? '', /brokers named "oders" as well/)
    const whole = { ...look, members: [...members, sampleMember('node03')] }
    assert.equal(judgeCluster(options, whole).length, 1)
  })

  it('a node id belongs to one address', () => {
    const there = sampleMember('node01', { replicationAddress: 'elsewhere:61619' })
    const [check] = judgeNodeId(options, [there])
    assert.equal(check?.message, '"node01" runs already, at elsewhere:61619')
    assert.deepEqual(judgeNodeId(options, [sampleMember('node01')]), [])
  })

  it('a way is open, or nobody has to be there yet', () => {
    const way = { subject: 'n', purpose: 'replication', address: 'b:1' }
    const judged = (reach: ReachLook['reach'], isRunning: boolean) =>
      judgeReach({ ...way, reach, isRunning }).outcome
    assert.equal(judged('open', true), 'ok')
    assert.equal(judged('refused', false), 'ok')
    assert.equal(judged('refused', true), 'warning')
    assert.equal(judged('no answer', false), 'failed')
    assert.equal(judged('elsewhere', true), 'unknown')
  })
})
