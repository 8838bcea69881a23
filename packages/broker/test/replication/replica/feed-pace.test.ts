import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  FeedPace,
  UNPACED_BYTES_MAX,
  PACE_BYTES_PER_SECOND,
} from '../../../src/replication/replica/feed-pace.ts'
import { FollowerProgress } from '../../../src/replication/replica/progress.ts'

const TICK_MS = 20

/** A log that grows by so much each second, ticked for so long: what may be fed in the last one. */
function fedInASecond(records: number, bytes: number, seconds = 5): number {
  const at = (ms: number) => ({
    index: Math.floor((records * ms) / 1000),
    position: Math.floor((bytes * ms) / 1000),
    epoch: 1,
    chain: 0,
  })
  const pace = new FeedPace(0, at(0))
  let fed = 0
  for (let ms = TICK_MS; ms <= seconds * 1000; ms += TICK_MS) {
    const more = pace.tick(ms, at(ms))
    if (ms > (seconds - 1) * 1000) fed += more
  }
  return Math.round(fed)
}

describe('the pace of followers that are far behind', () => {
  it('has no bound while clients are idle, or nearly', () => {
    assert.equal(fedInASecond(0, 0), Number.POSITIVE_INFINITY)
    assert.equal(fedInASecond(50, 50_000), Number.POSITIVE_INFINITY)
  })

  it('is bounded while they are busy', () => {
    assert.equal(fedInASecond(5_000, 5_000_000), PACE_BYTES_PER_SECOND)
  })

  it('is bounded while they send a few large messages', () => {
    assert.equal(fedInASecond(5, 5_000_000), PACE_BYTES_PER_SECOND)
  })

  it('is always above what the log grows by: the follower arrives', () => {
    const growth = 100_000_000
    assert.equal(fedInASecond(50_000, growth), 1.5 * growth)
  })

  it('is for those only who are further behind than the window', () => {
    const progress = new FollowerProgress({ nodeId: 'b', storeUuid: 'b-1', weight: 1 }, 1)
    progress.startStreaming({ index: 0, position: 0 }, 10)
    const last = { index: 1, epoch: 1, chain: 0, position: 600 }
    progress.allow(400)
    progress.sent({ lastIndex: 1, byteLength: 600, last })
    assert.ok(!progress.hasRoom, 'sent more than allowed')
    progress.allow(150)
    assert.ok(!progress.hasRoom, 'what was too much counts')
    progress.allow(100)
    assert.ok(progress.hasRoom)
    progress.allow(Number.POSITIVE_INFINITY)
    progress.sent({ lastIndex: 2, byteLength: UNPACED_BYTES_MAX / 16, last })
    assert.ok(progress.hasRoom, 'not paced')
  })
})
