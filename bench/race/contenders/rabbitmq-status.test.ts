import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { areInStep, commitIndexIn, leaderIn, membersIn } from './rabbitmq-status.ts'

function row(node: string, state: string, log: number | string, commit: number | string) {
  return { 'Node Name': node, 'Raft State': state, 'Log Index': log, 'Commit Index': commit }
}

describe('what the tools of RabbitMQ say', () => {
  it('names the leader of a queue', () => {
    const listed = [
      { name: 'other', leader: 'node1@localhost' },
      { name: 'q', leader: 'node2@localhost' },
    ]
    assert.equal(leaderIn(JSON.stringify(listed), 'q'), 'node2@localhost')
  })

  it('names no leader of a queue that is not there, or has none', () => {
    assert.equal(leaderIn('[]', 'q'), null)
    assert.equal(leaderIn(JSON.stringify([{ name: 'q', leader: '' }]), 'q'), null)
  })

  it('tells which members have what the leader knows to be committed', () => {
    const members = membersIn(
      JSON.stringify([row('a', 'follower', 40, 38), row('b', 'leader', 41, 40)]),
    )
    assert.equal(commitIndexIn(members), 40)
    assert.equal(areInStep(members, 40), true)
    assert.equal(areInStep(members, 41), false)
  })

  it('counts a member that does not answer as one that has nothing', () => {
    const members = membersIn(
      JSON.stringify([row('a', 'noproc', '', ''), row('b', 'leader', 2, 1)]),
    )
    assert.equal(areInStep(members, 1), false)
  })

  it('knows of nothing committed while nobody leads', () => {
    assert.equal(commitIndexIn(membersIn(JSON.stringify([row('a', 'follower', 2, 2)]))), null)
  })
})
