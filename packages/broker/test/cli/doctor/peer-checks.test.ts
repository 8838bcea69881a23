import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  judgeConsole,
  judgePeers,
  judgeRooms,
  roomOfPeer,
} from '../../../src/cli/doctor/peer-checks.ts'
import type { ConsoleLook } from '../../../src/cli/doctor/peer-checks.ts'
import type { BrokerStatus } from '../../../src/management/broker-status.ts'
import { sampleStatus } from '../../management/sample-status.ts'

describe('what the doctor says of brokers that run', () => {
  it('clocks and versions are compared with those that answer', () => {
    const peer = (nodeId: string, clockOffsetMs: number | null, build = '0.1.0') => ({
      status: sampleStatus({ nodeId, build }),
      clockOffsetMs,
    })
    const [versions, clocks] = judgePeers('0.1.0', [])
    assert.deepEqual([versions?.outcome, clocks?.outcome], ['ok', 'unknown'])
    const [other, behind] = judgePeers('0.1.0', [peer('a', 400), peer('b', -61_000, '0.2.0')])
    assert.equal(other?.message, '0.1.0 here, b 0.2.0')
    assert.equal(behind?.message, 'b is 61 s behind')
    assert.equal(behind?.outcome, 'warning')
    assert.equal(judgePeers('0.1.0', [peer('a', 1200)])[1]?.outcome, 'ok')
  })

  it('a leader without a follower, and a broker in trouble, are told', () => {
    const follower = {
      nodeId: 'node02',
      state: 'voter' as const,
      connected: false,
      ackedIndex: 0,
      lagRecords: 0,
      lagBytes: 0,
      isShortOfSpace: false,
      silentMs: null,
      catchUp: null,
    }
    const said = [
      sampleStatus({ role: 'leader', followers: [follower] }),
      sampleStatus({ trouble: 'suspect' }),
      sampleStatus({ coordination: { address: 'zk1:2181', state: 'disconnected' } }),
    ].map((status) => {
      const checks = judgePeers('0.1.0', [{ status, clockOffsetMs: 0 }])
      return checks.find(({ topic }) => topic === 'role')?.message
    })
    assert.deepEqual(said, [
      'leader, without a link to node02',
      'follower: suspect',
      'follower, without ZooKeeper (disconnected)',
    ])
  })

  it('each of them tells whom it reaches itself', () => {
    const whole = sampleStatus({ nodeId: 'node02' })
    const links = [
      { nodeId: 'node01', connected: true },
      { nodeId: 'node02', connected: false },
    ]
    const apart = sampleStatus({ nodeId: 'node03', links })
    const older = sampleStatus({ nodeId: 'node04', links: [] })
    const said = (...statuses: BrokerStatus[]) => {
      const peers = statuses.map((status) => ({ status, clockOffsetMs: 0 }))
      const ways = judgePeers('0.1.0', peers).filter(({ topic }) => topic === 'ways from there')
      return ways.map(({ outcome, subject, message }) => `${outcome} ${subject} ${message}`)
    }
    assert.deepEqual(said(whole, apart, older), [
      'ok node02 reaches node01, node03',
      'failed node03 does not reach node02',
    ])
    // Who does not run is reached by nobody.
    assert.deepEqual(said(apart), ['warning node03 does not reach node02'])
  })

  it('a console answers for its own broker, or has a line that says what is wrong', () => {
    const peer = { status: sampleStatus({ nodeId: 'node02' }), clockOffsetMs: 0 }
    const look: ConsoleLook = {
      nodeId: 'node02',
      url: 'http://b:8161',
      isAnnounced: true,
      reach: 'open',
      peer,
      problem: '',
    }
    const judged = (changes: Partial<ConsoleLook>) =>
      judgeConsole({ ...look, ...changes }).map(({ outcome, message }) => `${outcome} ${message}`)
    assert.deepEqual(judged({}), ['ok http://b:8161 answers'])
    assert.deepEqual(judged({ nodeId: 'node03' }), ['warning http://b:8161 is that of "node02"'])
    assert.deepEqual(judged({ peer: null, problem: 'HTTP 404' }), [
      'warning http://b:8161 takes connections, but tells no status: HTTP 404',
    ])
    const gone = { peer: null, reach: 'refused' } as const
    assert.match(judged(gone).join(), /^warning nobody listens at http:\/\/b:8161/)
    assert.deepEqual(judged({ ...gone, isAnnounced: false }), [], 'it may just not run yet')
    assert.deepEqual(judged({ peer: null, reach: 'no answer' }), [
      'failed http://b:8161: no answer',
    ])
  })

  it('disks have about the same room for new messages', () => {
    const GB = 1024 ** 3
    const said = (...rooms: number[]) =>
      judgeRooms(rooms.map((roomBytes, at) => ({ nodeId: `n${at + 1}`, roomBytes }))).map(
        ({ outcome, message }) => `${outcome} ${message}`,
      )
    assert.deepEqual(said(5 * GB), [], 'one has nobody to be compared with')
    const least = 'room for new messages: at least 60.0 GB on each'
    assert.deepEqual(said(100 * GB, 60 * GB, 90 * GB), [`ok ${least}`])
    const uneven = 'room for new messages: n2 10.0 GB, n3 90.0 GB, n1 100.0 GB'
    assert.deepEqual(said(100 * GB, 10 * GB, 90 * GB), [`warning ${uneven}`])
    assert.match(said(0, 0).join(), /^warning /)
  })

  it('what runs tells the room of its store, less what its log has', () => {
    const status = sampleStatus()
    assert(status.store !== null)
    const { limitBytes, usedBytes } = status.store
    const room = { nodeId: 'node02', roomBytes: limitBytes - usedBytes }
    assert.deepEqual(roomOfPeer(status), room)
    const short = sampleStatus({ store: { ...status.store, isShort: true } })
    assert.deepEqual(roomOfPeer(short), { ...room, roomBytes: 0 })
    assert.equal(roomOfPeer(sampleStatus({ store: null })), null)
  })
})
