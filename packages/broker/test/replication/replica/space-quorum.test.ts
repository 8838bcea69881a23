import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FollowerProgress } from '../../../src/replication/replica/progress.ts'
import { countSpace } from '../../../src/replication/replica/space-quorum.ts'

type Follower = 'roomy' | 'short' | 'away' | 'suspect'

/** The leader and these followers, in a cluster of them all. */
function count(followers: readonly Follower[], leaderCounts = true) {
  const seats = ['l', ...followers.map((_, at) => `f${at}`)]
  const config = { version: 1, seats: seats.map((nodeId) => ({ nodeId, storeUuid: nodeId })) }
  const progresses = new Map<string, FollowerProgress>()
  for (const [at, kind] of followers.entries()) {
    if (kind === 'away') continue
    const nodeId = `f${at}`
    const progress = new FollowerProgress({ nodeId, storeUuid: nodeId, weight: 1 }, 1)
    progress.isStreaming = true
    progress.suspect = kind === 'suspect'
    progress.isShortOfSpace = kind === 'short'
    progresses.set(nodeId, progress)
  }
  return countSpace(config, { storeUuid: 'l', counts: leaderCounts }, progresses)
}

describe('space of a quorum (R37)', () => {
  it('one short follower of two stops nobody, both do', () => {
    assert.equal(count(['roomy', 'short']).needsShortFollowers, false)
    assert.equal(count(['short', 'short']).needsShortFollowers, true)
    assert.equal(count(['short', 'roomy', 'roomy', 'short']).needsShortFollowers, false)
    assert.equal(count(['short', 'short', 'roomy', 'short']).needsShortFollowers, true)
  })

  it('a short follower is needed while the other one is away or suspect', () => {
    assert.equal(count(['short', 'away']).needsShortFollowers, true)
    assert.equal(count(['suspect', 'short']).needsShortFollowers, true)
    assert.equal(count(['roomy', 'short'], false).needsShortFollowers, true)
  })

  it('where there is no quorum, space is not what is missing', () => {
    assert.equal(count(['away', 'away']).needsShortFollowers, false)
    assert.equal(count(['short', 'away', 'away', 'away']).needsShortFollowers, false)
    assert.equal(count([]).needsShortFollowers, false)
  })

  it('a leader may leave when a quorum of the others has space', () => {
    assert.equal(count(['roomy', 'roomy']).followersSuffice, true)
    assert.equal(count(['roomy', 'short']).followersSuffice, false)
    assert.equal(count(['roomy', 'away']).followersSuffice, false)
    assert.equal(count([]).followersSuffice, false)
  })
})
