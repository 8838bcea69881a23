import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  FOLLOWER_WINDOW_BYTES,
  FollowerProgress,
} from '../../../src/replication/replica/progress.ts'

function batch(lastIndex: number, byteLength: number, position = 0) {
  return { lastIndex, byteLength, last: { index: lastIndex, epoch: 1, chain: 0, position } }
}

function streaming(nextIndex = 1): FollowerProgress {
  const progress = new FollowerProgress({ nodeId: 'b', storeUuid: 'b-1', weight: 1 }, 1)
  progress.startStreaming({ index: nextIndex - 1, position: 0 }, 10)
  return progress
}

describe('follower progress', () => {
  it('counts for nothing before it has told anything (R17)', () => {
    const progress = new FollowerProgress({ nodeId: 'b', storeUuid: 'b-1', weight: 1 }, 1)
    assert.ok(progress.suspect)
    assert.equal(progress.writtenIndex, 0)
    assert.equal(progress.answeredSentMs, Number.NEGATIVE_INFINITY)
  })

  it('never believes an acknowledgement of what was not sent', () => {
    const progress = streaming()
    progress.sent(batch(5, 100))
    progress.acked(50, 50)
    assert.equal(progress.writtenIndex, 5)
    assert.equal(progress.syncedIndex, 5)
  })

  it('never goes back when acknowledgements are older', () => {
    const progress = streaming()
    progress.sent(batch(5, 100))
    progress.acked(5, 4)
    progress.acked(3, 2)
    assert.deepEqual([progress.writtenIndex, progress.syncedIndex], [5, 4])
  })

  it('has room until the window is full, and again when it is acknowledged (R30)', () => {
    const progress = streaming()
    progress.sent(batch(1, FOLLOWER_WINDOW_BYTES / 2))
    assert.ok(progress.hasRoom)
    progress.sent(batch(2, FOLLOWER_WINDOW_BYTES / 2))
    assert.ok(!progress.hasRoom)
    progress.acked(1, 0)
    assert.ok(progress.hasRoom)
    assert.equal(progress.unackedBytes, FOLLOWER_WINDOW_BYTES / 2)
  })

  it('has caught up when it has on disk what there was, and was sent what came since', () => {
    const progress = streaming(8)
    assert.ok(!progress.hasCaughtUp(12))
    progress.sent(batch(12, 1))
    assert.ok(!progress.hasCaughtUp(12))
    progress.acked(12, 9)
    assert.ok(!progress.hasCaughtUp(12))
    progress.acked(12, 10)
    assert.ok(progress.hasCaughtUp(12))
    assert.ok(!progress.hasCaughtUp(13))
  })

  it('knows where what was acknowledged ends in the log', () => {
    const progress = new FollowerProgress({ nodeId: 'b', storeUuid: 'b-1', weight: 1 }, 1)
    progress.startStreaming({ index: 3, position: 700 }, 10)
    assert.equal(progress.position, 700)
    progress.sent(batch(5, 100, 800))
    progress.sent(batch(9, 400, 1_200))
    progress.acked(6, 0)
    assert.equal(progress.position, 800)
    progress.acked(9, 0)
    assert.equal(progress.position, 1_200)
  })

  it('starts again where the follower asks, with an empty window', () => {
    const progress = streaming()
    progress.sent(batch(9, FOLLOWER_WINDOW_BYTES))
    progress.rewind(4)
    assert.equal(progress.nextIndex, 4)
    assert.ok(progress.hasRoom)
  })
})
