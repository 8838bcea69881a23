import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LargeFrameBudget } from '../../../src/protocol/openwire/large-frame-budget.ts'
import { LargeFrameGate } from '../../../src/protocol/openwire/large-frame-gate.ts'
import type { GateEffect } from '../../../src/protocol/openwire/large-frame-gate.ts'
import {
  LARGE_FRAME_BYTES_PER_SECOND,
  LARGE_FRAME_CONFIRM_TIMEOUT_MS,
  LARGE_FRAME_STALL_MAX_MS,
  LARGE_FRAME_TIMEOUT_MS,
  TICK_MS,
} from '../../../src/protocol/openwire/limits.ts'

const PERIOD_BYTES = (LARGE_FRAME_TIMEOUT_MS / 1000) * LARGE_FRAME_BYTES_PER_SECOND

function gates() {
  const budget = new LargeFrameBudget(100)
  const granted: string[] = []
  const gate = (name: string) =>
    new LargeFrameGate({ budget, granted: () => void granted.push(name) })
  return { budget, granted, one: gate('one'), two: gate('two'), three: gate('three') }
}

/** Looks at the time as often as a broker does; what came of it, if anything did. */
function tickUntil(gate: LargeFrameGate, from: number, to: number, isHeldBack = false): GateEffect {
  for (let nowMs = from + TICK_MS; nowMs < to + TICK_MS; nowMs += TICK_MS) {
    const effect = gate.tick(Math.min(nowMs, to), isHeldBack)
    if (effect !== 'none') return effect
  }
  return 'none'
}

describe('the gate of large frames', () => {
  it('gives the room back when the frame is handed over, or with its answer if it is kept', () => {
    const { budget, one } = gates()
    assert.ok(one.admit(60, 0))
    one.drop()
    assert.equal(budget.heldBytes, 0)
    assert.equal(one.keep(1), null, 'that frame has no room')
    assert.ok(one.admit(60, 2))
    const kept = one.keep(3)
    assert.ok(kept !== null && !one.isArriving)
    one.drop()
    assert.equal(budget.heldBytes, 60)
    one.release(kept)
    assert.equal(budget.heldBytes, 0)
  })

  it('lets others in beside what is unanswered for too long, when they wait', () => {
    const { budget, granted, one, two } = gates()
    assert.ok(one.admit(60, 0))
    const kept = one.keep(1000)
    const lateMs = 1000 + LARGE_FRAME_CONFIRM_TIMEOUT_MS
    assert.ok(kept !== null && !two.admit(60, 2000))
    one.tick(lateMs - 1, false)
    assert.deepEqual(granted, [])
    one.tick(lateMs, false)
    assert.deepEqual(granted, ['two'])
    assert.equal(budget.heldBytes, 120, 'it has not been given back')
    one.release(kept)
    assert.equal(budget.heldBytes, 60)
  })

  it('refuses what has waited behind late ones that have used up everything', () => {
    const { one, two, three } = gates()
    let nowMs = 0
    for (const gate of [one, two]) {
      assert.ok(gate.admit(90, nowMs))
      gate.keep(nowMs)
      assert.ok(!three.admit(90, nowMs))
      nowMs += LARGE_FRAME_CONFIRM_TIMEOUT_MS
      three.drop()
      assert.ok(gate === two || !two.admit(90, nowMs))
      gate.tick(nowMs, false)
    }
    assert.ok(!three.admit(90, nowMs))
    two.tick(nowMs, false)
    const endMs = nowMs + LARGE_FRAME_CONFIRM_TIMEOUT_MS
    assert.equal(tickUntil(three, nowMs, endMs - 1), 'none', 'it may be answered yet')
    assert.equal(three.tick(endMs, true), 'stuck')
  })

  it('lets nobody wait for room that was granted to a connection that we do not read', () => {
    const { granted, one, two, three } = gates()
    assert.ok(one.admit(60, 0))
    assert.ok(!two.admit(60, 0))
    assert.ok(!three.admit(60, 0))
    assert.equal(tickUntil(two, 0, 60_000, true), 'none')
    one.drop()
    assert.deepEqual(granted, ['two'])
    const lateMs = 60_000 + TICK_MS + LARGE_FRAME_CONFIRM_TIMEOUT_MS
    assert.equal(tickUntil(two, 60_000, lateMs - 1, true), 'none')
    assert.deepEqual(granted, ['two'])
    assert.equal(two.tick(lateMs, true), 'none')
    assert.deepEqual(granted, ['two', 'three'])
  })

  it('asks once, and is told when there is room', () => {
    const { granted, one, two } = gates()
    assert.ok(one.admit(60, 0))
    assert.ok(!two.admit(60, 0))
    assert.ok(!two.admit(60, 1))
    assert.ok(!two.isArriving)
    one.drop()
    assert.deepEqual(granted, ['two'])
    assert.ok(two.admit(60, 2))
    assert.ok(two.isArriving)
  })

  it('finds a frame too slow when others wait for its room, and only then', () => {
    const { one, two } = gates()
    const period = LARGE_FRAME_TIMEOUT_MS
    assert.ok(one.admit(60, 0))
    assert.equal(tickUntil(one, 0, period), 'none', 'nobody waits')
    assert.ok(!two.admit(60, period))
    one.bytesRead(PERIOD_BYTES)
    assert.equal(tickUntil(one, period, 2 * period), 'none', 'it comes along')
    one.bytesRead(PERIOD_BYTES - 1)
    assert.equal(tickUntil(one, 2 * period, 3 * period - 1), 'none', 'it has time left')
    assert.equal(one.tick(3 * period, false), 'slow')
    assert.equal(tickUntil(two, 0, 9 * period), 'none', 'it has not begun')
  })

  it('begins the time of a frame anew when it was we who did not read, or who were stopped', () => {
    const { one, two } = gates()
    const period = LARGE_FRAME_TIMEOUT_MS
    assert.ok(one.admit(60, 0))
    assert.ok(!two.admit(60, 0))
    assert.equal(tickUntil(one, 0, period - 1000), 'none')
    assert.equal(one.tick(period - 900, true), 'none')
    assert.equal(tickUntil(one, period - 900, 2 * period - 1000), 'none')
    const lateMs = 2 * period - 1000 + LARGE_FRAME_STALL_MAX_MS + 1
    assert.equal(one.tick(lateMs, false), 'none')
    assert.equal(tickUntil(one, lateMs, lateMs + period - 1), 'none')
    assert.equal(one.tick(lateMs + period, false), 'slow')
  })

  it('neither holds nor wants what is dropped', () => {
    const { budget, one, two } = gates()
    assert.ok(one.admit(60, 0))
    assert.ok(!two.admit(60, 0))
    two.drop()
    one.drop()
    assert.equal(budget.heldBytes, 0)
    assert.ok(!budget.isContended)
  })
})
