import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SessionClock } from '../../../src/coordination/server/session-clock.ts'

const timeoutOf = () => 1_000

describe('session clock', () => {
  it('names the sessions that were silent for their timeout', () => {
    const clock = new SessionClock(100, 0)
    clock.heard(1n, 0)
    clock.heard(2n, 0)
    for (let nowMs = 100; nowMs < 1_000; nowMs += 100) {
      assert.deepEqual(clock.tick(nowMs, timeoutOf), [])
      clock.heard(2n, nowMs)
    }
    assert.deepEqual(clock.tick(1_000, timeoutOf), [1n])
    clock.forget(1n)
    assert.deepEqual(clock.tick(1_100, timeoutOf), [])
  })
  it('does not count the time during which it stood still itself', () => {
    const clock = new SessionClock(100, 0)
    clock.heard(1n, 0)
    assert.deepEqual(clock.tick(100, timeoutOf), [])
    assert.deepEqual(clock.tick(30_100, timeoutOf), [])
    for (let nowMs = 30_200; nowMs < 30_900; nowMs += 100) {
      assert.deepEqual(clock.tick(nowMs, timeoutOf), [], String(nowMs))
    }
    assert.deepEqual(clock.tick(31_000, timeoutOf), [1n])
  })
})
