import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TopicOrigin } from '../../../src/engine/destination/topic.ts'
import { Entry } from '../../../src/engine/dispatch/entry.ts'
import { FEED_REFERENCE_BYTES, TOPIC_PENDING_BYTES_MAX } from '../../../src/engine/policy/limits.ts'
import { FeedBudget } from '../../../src/engine/subscription/feed-budget.ts'
import { TopicFeed } from '../../../src/engine/subscription/topic-feed.ts'
import { EngineHarness, held, nameOf, testMessage } from '../engine-harness.ts'

const LIMIT = 150_000

interface Slow extends TopicOrigin {
  readonly feed: TopicFeed
}

function slowOnes(budget: FeedBudget, count: number): Slow[] {
  return Array.from({ length: count }, () => {
    const feed = new TopicFeed(budget, 1_000_000)
    return { id: 1, feed, destination: nameOf('topic://T'), discarded: 0 }
  })
}

function message(bytes: number, expirationMs = 0): Entry {
  return Entry.ofMessage(testMessage('topic://T', 'x'.repeat(bytes), { expirationMs }), 0, 0)
}

function offer(to: Slow, bytes: number, count = 1): void {
  for (let i = 0; i < count; i++) to.feed.offer(message(bytes), to, 0)
}

describe('what waits for slow subscribers of topics', () => {
  it('has one limit for all of them, and leaves it with them', () => {
    const budget = new FeedBudget(LIMIT)
    const slow = slowOnes(budget, 50)
    for (let round = 0; round < 100; round++) {
      for (const one of slow) offer(one, 1000)
      assert.ok(budget.usedBytes <= LIMIT, `${budget.usedBytes} bytes`)
    }
    assert.ok(budget.usedBytes > LIMIT / 2)
    for (const { feed } of slow) feed.close()
    assert.equal(budget.usedBytes, 0)
  })

  it('is taken from those who have most, the oldest first, and counted as discarded', () => {
    const budget = new FeedBudget(LIMIT)
    const [large, small] = slowOnes(budget, 2) as [Slow, Slow]
    const oldest = message(1000)
    large.feed.offer(oldest, large, 0)
    offer(large, 1000, 80)
    offer(small, 1000, 30)
    assert.ok(large.discarded > 0)
    assert.equal(large.feed.length, 81 - large.discarded)
    assert.notEqual(large.feed.take(0)?.entry, oldest)
    assert.deepEqual([small.discarded, small.feed.length], [0, 30])
  })

  it('stays by itself, also where another one has let what came behind it stay', () => {
    const budget = new FeedBudget(LIMIT)
    const [one, other] = slowOnes(budget, 2) as [Slow, Slow]
    const [alone, shared] = [message(10), message(10)]
    one.feed.offer(alone, one, 0)
    for (const each of [one, other]) each.feed.offer(shared, each, 0)
    for (const each of [one, other]) each.feed.stay()
    assert.deepEqual([alone.isFresh, shared.isFresh], [true, true], 'all in its first turn')
    const next = message(10)
    for (const each of [other, one]) {
      each.feed.offer(next, each, 0)
      each.feed.stay()
    }
    assert.deepEqual([alone.isFresh, shared.isFresh, next.isFresh], [false, false, true])
  })

  it('is taken from topics that have fallen silent, too', () => {
    const budget = new FeedBudget(LIMIT)
    for (const one of slowOnes(budget, 100)) {
      offer(one, 1000, 90)
      assert.ok(budget.usedBytes <= LIMIT)
    }
  })

  it('counts a message that several wait for once, and each reference to it', () => {
    const budget = new FeedBudget(LIMIT)
    const slow = slowOnes(budget, 50)
    for (let i = 0; i < 20; i++) {
      const shared = message(1000)
      for (const one of slow) one.feed.offer(shared, one, 0)
    }
    assert.equal(budget.usedBytes, held(20, 1000) + 20 * 50 * FEED_REFERENCE_BYTES)
    assert.ok(slow.every(({ discarded }) => discarded === 0))
    for (const { feed } of slow) while (feed.take(0) !== undefined);
    assert.equal(budget.usedBytes, 0)
  })

  it('is no more than the newest message where that alone is more', () => {
    const budget = new FeedBudget(LIMIT)
    const slow = slowOnes(budget, 50)
    for (const one of slow) offer(one, 1000)
    const huge = message(2 * LIMIT)
    for (const one of slow) one.feed.offer(huge, one, 0)
    assert.ok(slow.every(({ feed }) => feed.length === 1))
    offer(slow[0] as Slow, 1000)
    assert.ok(budget.usedBytes <= LIMIT)
  })

  it('is looked through seldom, however many they are', () => {
    const budget = new FeedBudget(LIMIT)
    let looks = 0
    budget.join({
      get heldBytes() {
        looks++
        return 0
      },
      shrink: () => {},
    })
    const [one] = slowOnes(budget, 1) as [Slow]
    offer(one, 1000, 10_000)
    assert.ok(looks > 0 && looks <= 10_000 / 10, `${looks} looks`)
  })

  it('counts no more once it has expired, or its subscriber is gone', () => {
    const budget = new FeedBudget(LIMIT)
    const [one, other] = slowOnes(budget, 2) as [Slow, Slow]
    one.feed.offer(message(1000, 5), one, 0)
    assert.equal(one.feed.take(10), undefined)
    assert.equal(budget.usedBytes, 0)
    offer(other, 1000, 3)
    other.feed.close()
    assert.deepEqual([budget.usedBytes, other.feed.length], [0, 0])
  })
})

describe('a broker with many slow subscribers on topics of their own', () => {
  it('holds no more for all of them than it says', () => {
    const harness = new EngineHarness({ memoryLimitBytes: 1 << 20 })
    const sender = harness.connect()
    const text = 'x'.repeat(1 << 20)
    for (let i = 0; i < 5; i++) {
      const slow = harness.connect()
      slow.client.setWritable(false)
      slow.consume(`topic://T${i}`)
      for (let sent = 0; sent < 10; sent++) sender.send(`topic://T${i}`, text)
    }
    const view = harness.engine.view()
    assert.ok(view.topicPendingBytes <= TOPIC_PENDING_BYTES_MAX)
    const discarded = view.topics.reduce((sum, topic) => sum + topic.discarded, 0)
    assert.equal(view.topicPendingBytes, (50 - discarded) << 20)
  })
})
