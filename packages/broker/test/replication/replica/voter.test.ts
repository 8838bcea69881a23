import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Frame } from '../../../src/replication/frames.ts'
import { TIMINGS } from '../world/fake-node.ts'
import { SoloReplica } from '../world/solo-replica.ts'

function fence(epoch: number, change: { nonce?: string; index?: number } = {}): Frame {
  const { nonce = `n-${epoch}`, index = 100 } = change
  return { type: 'fence', epoch, nonce, last: { epoch: index > 0 ? 1 : 0, index } }
}

/** Old enough to promise, linked with b and c. */
function voter(options: ConstructorParameters<typeof SoloReplica>[0] = {}): SoloReplica {
  const solo = new SoloReplica(options).up('b').up('c')
  solo.nowMs = TIMINGS.stickyMs
  return solo
}

describe('voter', () => {
  it('answers a promise only when it is on the disk and nothing more is written (R7)', () => {
    const solo = voter({ manual: ['persist', 'quiesce'] })
    solo.hear('b', fence(5))
    const [persist] = solo.wanted('persist')
    assert.equal(persist?.meta.promised.epoch, 5)
    assert.deepEqual([solo.wanted('quiesce'), solo.sent('fenceReply')], [[], []])
    solo.step({ type: 'persisted', generation: persist.generation })
    assert.equal(solo.wanted('quiesce').length, 1)
    assert.deepEqual(solo.sent('fenceReply'), [])
    solo.step({ type: 'quiesced' })
    assert.equal(solo.sent('fenceReply')[0]?.promises, true)
  })

  it('binds an epoch to one candidate, and answers the same promise again (R6)', () => {
    const solo = voter()
    solo
      .hear('b', fence(5))
      .hear('c', fence(5))
      .hear('b', fence(5, { nonce: 'another life' }))
    solo.hear('b', fence(4)).hear('b', fence(5))
    const answers = solo.sent('fenceReply')
    assert.deepEqual(
      answers.map(({ to, promises }) => `${to} ${promises}`),
      ['b true', 'c false', 'b false', 'b false', 'b true'],
    )
    assert.ok(answers.every(({ promised }) => promised === 5))
  })

  it('promises to a candidate with an older log, and does not grant (R8)', () => {
    const solo = voter({ log: [1, 1, 2] })
    solo.hear('b', fence(5, { index: 100 }))
    assert.deepEqual(
      solo.sent('fenceReply').map(({ promises, grants }) => [promises, grants]),
      [[true, false]],
    )
  })

  it('promises and does not grant while it is suspect (R34)', () => {
    const solo = voter({ meta: { suspect: 'a power cut' } })
    solo.hear('b', fence(5))
    const [answer] = solo.sent('fenceReply')
    assert.deepEqual([answer?.promises, answer?.grants, answer?.suspect], [true, false, true])
  })

  it('follows nobody of an older epoch from the moment of its promise (R7)', () => {
    const solo = voter({ manual: ['persist'] })
    solo.effects = []
    solo.hear('b', fence(5))
    const heartbeat = { epoch: 4, session: 1, commit: 0, sentUs: 9 }
    solo.hear('c', { type: 'heartbeat', ...heartbeat })
    assert.deepEqual(solo.sent('reject'), [{ type: 'reject', promised: 5, to: 'c' }])
  })

  it('delays a promise until Tmin after it last told a leader that it hears it (R12)', () => {
    const solo = voter()
    solo.follow('b', 3)
    solo.hear('b', { type: 'heartbeat', epoch: 3, session: 1, commit: 0, sentUs: 1 })
    solo.forget().hear('c', fence(5))
    solo.wait(TIMINGS.stickyMs - 40)
    assert.deepEqual(solo.sent('fenceReply'), [])
    solo.wait(60)
    assert.equal(solo.sent('fenceReply')[0]?.promises, true)
  })

  it('does not delay when the leader resigned, or its process is gone (R12)', () => {
    for (const proof of ['abdicate', 'refused', 'silent']) {
      const solo = voter()
      solo.follow('b', 3)
      solo.hear('b', { type: 'heartbeat', epoch: 3, session: 1, commit: 0, sentUs: 1 })
      if (proof === 'abdicate') solo.hear('b', { type: 'abdicate', epoch: 3, target: 'c' })
      else solo.step({ type: 'linkDown', peer: 'b', refused: proof === 'refused' })
      solo.forget().hear('c', fence(5))
      assert.equal(solo.sent('fenceReply').length, proof === 'silent' ? 0 : 1, proof)
    }
  })

  it('takes only the leader that it heard last for gone, not any process (R12)', () => {
    const solo = voter()
    solo.follow('b', 3)
    solo.hear('b', { type: 'heartbeat', epoch: 3, session: 1, commit: 0, sentUs: 1 })
    solo.step({ type: 'linkDown', peer: 'c', refused: true })
    solo.forget().up('c').hear('c', fence(5))
    assert.deepEqual(solo.sent('fenceReply'), [])
  })

  it('waits Tmin after its own start: it forgot whom it had heard (R12)', () => {
    const solo = new SoloReplica().up('b').hear('b', fence(5))
    assert.deepEqual(solo.sent('fenceReply'), [])
    solo.wait(TIMINGS.stickyMs)
    assert.equal(solo.sent('fenceReply').length, 1)
  })

  it('forgets a delayed candidate that has given up meanwhile', () => {
    const solo = voter()
    solo.follow('b', 3)
    const beat = () =>
      solo.hear('b', { type: 'heartbeat', epoch: 3, session: 1, commit: 0, sentUs: 1 })
    beat().forget().hear('c', fence(5))
    for (let i = 0; i < 40; i++) beat().wait(100)
    solo.hear('b', { type: 'abdicate', epoch: 3, target: 'c' }).wait(40)
    assert.deepEqual(solo.sent('fenceReply'), [])
    assert.equal(solo.replica.meta.promised.epoch, 3)
  })

  it('answers for a seat that it does not know of yet: the candidate counts (R9)', () => {
    const solo = voter({ meta: { configs: [] } })
    assert.equal(solo.replica.role, 'learner')
    solo.hear('b', fence(5))
    assert.equal(solo.sent('fenceReply')[0]?.grants, true)
  })

  it('says nothing before it belongs to a cluster (R2)', () => {
    const solo = voter({ meta: { configs: [], clusterId: null } })
    solo.hear('b', fence(5))
    solo.hear('b', { type: 'preVote', round: 1, last: { epoch: 9, index: 9 } })
    assert.deepEqual(solo.effects, [])
  })

  it('tells a pre-vote what it would do, and changes nothing (R11)', () => {
    const solo = voter({ log: [1, 1] })
    const ask = (index: number) => {
      solo.forget().hear('b', { type: 'preVote', round: 1, last: { epoch: 1, index } })
      const [{ leaderAlive, grants } = { leaderAlive: null, grants: null }] =
        solo.sent('preVoteReply')
      return [leaderAlive, grants]
    }
    assert.deepEqual(ask(2), [false, true])
    assert.deepEqual(ask(1), [false, false])
    assert.deepEqual(solo.wanted('persist'), [])
    solo.follow('c', 3)
    solo.hear('c', { type: 'heartbeat', epoch: 3, session: 1, commit: 0, sentUs: 1 })
    assert.deepEqual(ask(2), [true, true])
  })
})
