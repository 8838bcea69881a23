import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FrameOf } from '../../../src/replication/frames.ts'
import { TIMINGS } from '../world/fake-node.ts'
import { SoloReplica } from '../world/solo-replica.ts'

const PATIENCE_MS = TIMINGS.stickyMs + 60

function answerPreVotes(solo: SoloReplica, change: Partial<FrameOf<'preVoteReply'>> = {}): void {
  for (const { to, round } of solo.sent('preVote')) {
    solo.hear(to, {
      type: 'preVoteReply',
      round,
      leaderAlive: false,
      grants: true,
      suspect: false,
      last: { epoch: 0, index: 0 },
      promised: 0,
      ...change,
    })
  }
}

function answerFences(solo: SoloReplica, change: Partial<FrameOf<'fenceReply'>> = {}): void {
  for (const { to, epoch, nonce } of solo.sent('fence')) {
    solo.hear(to, {
      type: 'fenceReply',
      epoch,
      nonce,
      promises: true,
      grants: true,
      suspect: false,
      last: { epoch: 0, index: 0 },
      promised: epoch,
      ...change,
    })
  }
}

const suspects = { grants: false, suspect: true }

describe('campaign', () => {
  it('asks first, then takes an epoch, promises itself, and wins by a quorum (R5, R9, R11)', () => {
    const solo = new SoloReplica({ log: [1, 1] }).up('b').up('c').wait(PATIENCE_MS)
    assert.equal(solo.sent('preVote').length, 2)
    assert.deepEqual(solo.wanted('allocateEpoch'), [])
    answerPreVotes(solo)
    assert.equal(solo.wanted('persist')[0]?.meta.promised.candidate, 'a')
    assert.deepEqual(solo.sent('fence')[0]?.last, { epoch: 1, index: 2 })
    answerFences(solo)
    assert.equal(solo.replica.role, 'leader')
    assert.equal(solo.wanted('openEpoch')[0]?.start.possibleLoss, false)
  })

  it('takes no epoch when a quorum would not follow (R11)', () => {
    for (const change of [{ leaderAlive: true }, { grants: false }]) {
      const solo = new SoloReplica({ log: [1] }).up('b').up('c').wait(PATIENCE_MS)
      answerPreVotes(solo, { ...change, last: { epoch: 2, index: 1 } })
      assert.deepEqual(solo.wanted('allocateEpoch'), [], JSON.stringify(change))
    }
    const alone = new SoloReplica().wait(PATIENCE_MS)
    assert.deepEqual(alone.wanted('allocateEpoch'), [])
  })

  it('asks and counts only the stores that the seats name (R1, R9)', () => {
    const solo = new SoloReplica().up('b', 'b-2').wait(PATIENCE_MS)
    assert.deepEqual(solo.sent('preVote'), [])
    // In the middle of a campaign, too.
    const late = new SoloReplica().up('c').wait(PATIENCE_MS)
    late.up('b', 'b-2').up('d', 'd-1')
    answerPreVotes(late)
    late.up('b', 'b-2').up('d', 'd-1')
    const asked = [...late.sent('preVote'), ...late.sent('fence')].map(({ to }) => to)
    assert.deepEqual([...new Set(asked)], ['c'])
  })

  it('asks a voter that can be reached only now', () => {
    const solo = new SoloReplica().up('c').wait(PATIENCE_MS)
    answerPreVotes(solo)
    solo.forget().up('b')
    assert.deepEqual(
      solo.sent('fence').map(({ to }) => to),
      ['b'],
    )
    answerFences(solo)
    assert.equal(solo.replica.role, 'leader')
  })

  it('does not win by the grants of others while it is suspect (R9, R34)', () => {
    const solo = new SoloReplica({ meta: { suspect: 'x' } }).up('b').up('c').wait(PATIENCE_MS)
    answerPreVotes(solo)
    answerFences(solo)
    assert.deepEqual(solo.wanted('openEpoch'), [])
  })

  it('wins as the best of suspects when everybody promises, and says so (R10)', () => {
    const options = { log: [1, 1], meta: { suspect: 'x' }, sync: 'quorum_mem' }
    const solo = new SoloReplica(options).up('b').up('c').wait(PATIENCE_MS)
    answerPreVotes(solo, { ...suspects, last: { epoch: 1, index: 1 } })
    answerFences(solo, { ...suspects, last: { epoch: 1, index: 2 } })
    assert.equal(solo.wanted('openEpoch')[0]?.start.possibleLoss, true)
    assert.match(solo.wanted('alarm')[0]?.message ?? '', /full attendance/)
  })

  it('stays down when one voter is missing, or has a newer log (R10)', () => {
    const options = { log: [1, 1], meta: { suspect: 'x' } }
    const missing = new SoloReplica(options).up('b').wait(PATIENCE_MS)
    answerPreVotes(missing, suspects)
    answerFences(missing, suspects)
    assert.deepEqual(missing.wanted('openEpoch'), [])
    const older = new SoloReplica(options).up('b').up('c').wait(PATIENCE_MS)
    answerPreVotes(older, suspects)
    answerFences(older, { ...suspects, last: { epoch: 1, index: 3 } })
    assert.deepEqual(older.wanted('openEpoch'), [])
    // A clean quorum decides as always.
    const clean = new SoloReplica(options).up('b').up('c').wait(PATIENCE_MS)
    answerPreVotes(clean, suspects)
    answerFences(clean, { grants: false })
    assert.deepEqual(clean.wanted('openEpoch'), [])
  })

  it('takes its next epoch above what a voter has promised (R6)', () => {
    const solo = new SoloReplica().up('b').up('c').wait(PATIENCE_MS)
    answerPreVotes(solo)
    answerFences(solo, { promises: false, grants: false, promised: 90 })
    assert.equal(solo.replica.role, 'follower')
    solo.forget().wait(PATIENCE_MS)
    answerPreVotes(solo)
    assert.equal(solo.wanted('allocateEpoch')[0]?.above, 90)
  })

  it('gives up when it promises another, and ignores late answers', () => {
    const solo = new SoloReplica().up('b').up('c').wait(PATIENCE_MS)
    answerPreVotes(solo)
    const last = { epoch: 1, index: 1 }
    solo.hear('b', { type: 'fence', epoch: 50, nonce: 'b', last })
    answerFences(solo)
    assert.notEqual(solo.replica.role, 'leader')
    assert.deepEqual(solo.wanted('openEpoch'), [])
  })

  it('takes no answer to an older question', () => {
    const solo = new SoloReplica().up('b').up('c').wait(PATIENCE_MS)
    answerPreVotes(solo)
    answerFences(solo, { nonce: 'another life' })
    answerFences(solo, { epoch: 99 })
    assert.notEqual(solo.replica.role, 'leader')
  })

  it('gives a candidate time whom it has promised, although the old leader is gone', () => {
    const solo = new SoloReplica().up('b').up('c')
    solo.follow('b', 3)
    solo.nowMs = 2 * TIMINGS.stickyMs
    solo.hear('c', { type: 'fence', epoch: 5, nonce: 'c', last: { epoch: 1, index: 1 } })
    solo.forget().step({ type: 'linkDown', peer: 'b', refused: true }).wait(300)
    assert.deepEqual(solo.sent('preVote'), [])
  })
})
