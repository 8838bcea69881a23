import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { CommittedFeed, KEPT_BYTES_MAX } from '../../src/replication/committed-feed.ts'
import type { LogBatch } from '../../src/store/journal/log-batch.ts'
import { BatchBuilder, EMPTY_LOG } from '../../src/store/journal/log-batch.ts'

/** Batches of `size` records each, until there are `count`. */
function batchesOf(count: number, size: number, payload = Buffer.from('x')): LogBatch[] {
  const options = { tail: EMPTY_LOG, epoch: 1, segmentStart: null, segmentSizeBytes: 1 << 30 }
  const builder = new BatchBuilder(options)
  const batches: LogBatch[] = []
  while (builder.nextIndex <= count) {
    for (let i = 0; i < size; i++) builder.add(50, payload)
    batches.push(builder.take())
  }
  return batches
}

function feedOf(batches: readonly LogBatch[]) {
  const applied: (readonly [from: number, through: number])[] = []
  const reads: number[] = []
  const errors: unknown[] = []
  const state = { written: 0, caughtUp: 0, failsAt: 0 }
  const stateMachine = {
    appliedIndex: 0,
    apply(batch: LogBatch, through: number) {
      if (through >= state.failsAt && state.failsAt > 0) throw new Error('cannot apply')
      assert.ok(batch.firstIndex <= this.appliedIndex + 1)
      applied.push([this.appliedIndex + 1, through])
      this.appliedIndex = through
    },
    encodeState: () => Buffer.alloc(0),
  }
  const feed = new CommittedFeed({
    stateMachine,
    source: {
      read: (from) => {
        reads.push(from)
        const batch = batches.find(({ firstIndex, lastIndex }) => {
          return firstIndex <= from && from <= lastIndex && lastIndex <= state.written
        })
        return Promise.resolve(batch ?? null)
      },
    },
    onCaughtUp: () => state.caughtUp++,
    onError: (error) => errors.push(error),
  })
  return { feed, stateMachine, applied, reads, errors, state }
}

describe('committed feed', () => {
  it('applies what is committed and nothing beyond it (R19)', () => {
    const batches = batchesOf(6, 3)
    const { feed, stateMachine, applied, reads } = feedOf(batches)
    for (const batch of batches) feed.appended(batch)
    assert.equal(stateMachine.appliedIndex, 0)
    feed.commit(2)
    feed.commit(5)
    feed.commit(4)
    assert.deepEqual(applied, [
      [1, 2],
      [3, 3],
      [4, 5],
    ])
    assert.deepEqual(reads, [])
    assert.ok(feed.isCaughtUp)
  })

  it('reads from the journal what is not at hand any more', async () => {
    const batches = batchesOf(9, 3)
    const { feed, stateMachine, reads, state } = feedOf(batches)
    state.written = 9
    feed.commit(9)
    assert.ok(!feed.isCaughtUp)
    for (let i = 0; i < 5; i++) await setImmediate()
    assert.equal(stateMachine.appliedIndex, 9)
    assert.deepEqual(reads, [1, 4, 7])
    assert.equal(state.caughtUp, 1)
  })

  it('waits for its own disk when the others committed first', async () => {
    const batches = batchesOf(3, 3)
    const { feed, stateMachine, state } = feedOf(batches)
    feed.commit(3)
    await setImmediate()
    assert.equal(stateMachine.appliedIndex, 0)
    state.written = 3
    feed.advance()
    await setImmediate()
    assert.equal(stateMachine.appliedIndex, 3)
  })

  it('forgets what was cut off the log', async () => {
    const old = batchesOf(6, 3)
    const { feed, stateMachine, reads, state } = feedOf(old)
    for (const batch of old) feed.appended(batch)
    feed.truncated(4)
    feed.commit(3)
    assert.deepEqual(reads, [])
    state.written = 6
    feed.commit(6)
    await setImmediate()
    assert.deepEqual(reads, [4])
    assert.equal(stateMachine.appliedIndex, 6)
  })

  it('keeps a bounded amount in memory, and reads the rest again', async () => {
    const batches = batchesOf(3, 1, Buffer.alloc(KEPT_BYTES_MAX / 2))
    const { feed, stateMachine, reads, state } = feedOf(batches)
    for (const batch of batches) feed.appended(batch)
    state.written = 3
    feed.commit(3)
    for (let i = 0; i < 5; i++) await setImmediate()
    assert.equal(stateMachine.appliedIndex, 3)
    assert.deepEqual(reads, [3])
  })

  it('keeps a batch that is larger than the bound with what is little', () => {
    const [small, large] = batchesOf(2, 1)
    assert.ok(small !== undefined && large !== undefined)
    const { feed, stateMachine, reads } = feedOf([small, large])
    feed.appended(small)
    feed.appended({ ...large, byteLength: KEPT_BYTES_MAX })
    feed.commit(2)
    assert.equal(stateMachine.appliedIndex, 2)
    assert.deepEqual(reads, [])
  })

  it('stops for good at a record that cannot be applied, and says so once', async () => {
    const batches = batchesOf(9, 3)
    for (const isAtHand of [true, false]) {
      const { feed, stateMachine, errors, state } = feedOf(batches)
      if (isAtHand) for (const batch of batches) feed.appended(batch)
      state.written = 9
      state.failsAt = 6
      feed.commit(9)
      for (let i = 0; i < 5; i++) await setImmediate()
      feed.advance()
      assert.equal(stateMachine.appliedIndex, 3)
      assert.equal(errors.length, 1)
      assert.equal(state.caughtUp, 0)
    }
  })
})
