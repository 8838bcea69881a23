import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { catchUpLines } from '../../src/cli/catch-up-lines.ts'
import type { NodePicture } from '../../src/cli/cluster-picture.ts'
import type { BrokerStatus, CatchUpStatus } from '../../src/management/broker-status.ts'
import { sampleStatus } from '../management/sample-status.ts'

const MB = 1024 ** 2

function catchUp(changes: Partial<CatchUpStatus> = {}): CatchUpStatus {
  return {
    hadBytes: 412 * MB,
    neededBytes: 1024 * MB,
    percent: 40,
    bytesPerSecond: 95 * MB,
    remainingMs: 7_300,
    ...changes,
  }
}

function picture(changes: Partial<BrokerStatus>): NodePicture {
  const status = sampleStatus(changes)
  return { nodeId: status.nodeId, consoleUrl: 'http://127.0.0.1:1', status, problem: null }
}

function leaderOf(nodeId: string, told: CatchUpStatus | null): NodePicture {
  const follower = {
    nodeId,
    state: 'learner',
    connected: true,
    ackedIndex: 1,
    lagRecords: 9,
    lagBytes: 9,
    isShortOfSpace: false,
    silentMs: 1,
    catchUp: told,
  } as const
  return picture({ nodeId: 'node01', role: 'leader', followers: [follower] })
}

describe('followers that catch up, for people', () => {
  it('are no topic while none is far behind', () => {
    assert.deepEqual(catchUpLines([leaderOf('node02', null), picture({})]), [])
  })

  it('have a line with what they have, how fast, and for how long still', () => {
    assert.deepEqual(catchUpLines([leaderOf('node02', catchUp())]), [
      'node02: catches up: has 412.0 MB of 1.0 GB of log (40%), 95.0 MB/s, about 7 s left',
    ])
  })

  it('tell themselves when the leader does not answer', () => {
    const lines = catchUpLines([picture({ catchUp: catchUp({ remainingMs: 200_000 }) })])
    assert.match(lines[0] ?? '', /^node02: catches up: .* about 3 min 20 s left$/)
  })

  it('are told once, as the leader sees them', () => {
    const own = picture({ catchUp: catchUp({ percent: 39 }) })
    const lines = catchUpLines([leaderOf('node02', catchUp({ percent: 41 })), own])
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /\(41%\)/)
  })

  it('say when they get no closer, and nothing of a pace that is not known yet', () => {
    const line = (changes: Partial<CatchUpStatus>): string =>
      catchUpLines([leaderOf('node02', catchUp(changes))])[0] ?? ''
    assert.match(line({ remainingMs: null }), /95.0 MB\/s, gets no closer$/)
    assert.match(line({ bytesPerSecond: null, remainingMs: null }), /\(40%\)$/)
    assert.match(line({ remainingMs: 2 * 3_600_000 + 300_000 }), /about 2 h 5 min left$/)
  })

  it('are left out by a leader of an earlier version', () => {
    const leader = leaderOf('node02', null)
    const told = leader.status?.followers.map(({ catchUp: _, ...rest }) => rest)
    const status = { ...leader.status, followers: told } as unknown as BrokerStatus
    assert.deepEqual(catchUpLines([{ ...leader, status }]), [])
  })
})
