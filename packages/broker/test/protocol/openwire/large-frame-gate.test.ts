import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LargeFrameBudget } from '../../../src/protocol/openwire/large-frame-budget.ts'
import { LargeFrameGate } from '../../../src/protocol/openwire/large-frame-gate.ts'
import {
  LARGE_FRAME_CONFIRM_TIMEOUT_MS,
  LARGE_FRAME_PERIOD_BYTES,
  LARGE_FRAME_TIMEOUT_MS,
} from '../../../src/protocol/openwire/limits.ts'

function gates() {
  const budget = new LargeFrameBudget(100)
  const granted: number[] = []
  const [one, two] = [0, 1].map(
    (at) => new LargeFrameGate({ budget, granted: () => granted.push(at) }),
  )
  assert.ok(one !== undefined && two !== undefined)
  return { budget, granted, one, two }
}

describe('the gate of large frames', () => {
  it('gives the room back when the frame is handed over, or confirmed if its sender waits', () => {
    const { budget, one } = gates()
    assert.ok(one.admit(60, 0))
    one.handedOver(false, 1)
    assert.equal(budget.heldBytes, 0)
    assert.ok(one.admit(60, 2))
    one.handedOver(true, 3)
    assert.equal(budget.heldBytes, 60)
    one.confirmed()
    assert.equal(budget.heldBytes, 0)
  })

  it('does not wait for a confirmation for ever', () => {
    const { budget, one } = gates()
    assert.ok(one.admit(60, 0))
    one.handedOver(true, 1000)
    assert.equal(one.tick(1000 + LARGE_FRAME_CONFIRM_TIMEOUT_MS - 1, true), false)
    assert.equal(budget.heldBytes, 60)
    assert.equal(one.tick(1000 + LARGE_FRAME_CONFIRM_TIMEOUT_MS, true), false)
    assert.equal(budget.heldBytes, 0)
  })

  it('asks once, and is told when there is room', () => {
    const { granted, one, two } = gates()
    assert.ok(one.admit(60, 0))
    assert.ok(!two.admit(60, 0))
    assert.ok(!two.admit(60, 1))
    assert.ok(!two.isArriving)
    one.close()
    assert.deepEqual(granted, [1])
    assert.ok(two.admit(60, 2))
    assert.ok(two.isArriving)
  })

  it('finds a frame too slow when others wait for its room, and only then', () => {
    const { one, two } = gates()
    assert.ok(one.admit(60, 0))
    assert.equal(one.tick(LARGE_FRAME_TIMEOUT_MS, true), false, 'nobody waits')
    assert.ok(!two.admit(60, LARGE_FRAME_TIMEOUT_MS))
    one.bytesRead(LARGE_FRAME_PERIOD_BYTES)
    assert.equal(one.tick(2 * LARGE_FRAME_TIMEOUT_MS, true), false, 'it comes along')
    one.bytesRead(LARGE_FRAME_PERIOD_BYTES - 1)
    assert.equal(one.tick(3 * LARGE_FRAME_TIMEOUT_MS - 1, true), false, 'it has time left')
    assert.equal(one.tick(3 * LARGE_FRAME_TIMEOUT_MS, false), false, 'it is not being read')
    assert.equal(one.tick(4 * LARGE_FRAME_TIMEOUT_MS, true), true)
    assert.equal(two.tick(9 * LARGE_FRAME_TIMEOUT_MS, false), false, 'it has not begun')
  })

  it('holds nothing and waits for nothing when it is closed', () => {
    const { budget, one, two } = gates()
    assert.ok(one.admit(60, 0))
    one.handedOver(true, 0)
    assert.ok(one.admit(40, 0))
    assert.ok(!two.admit(60, 0))
    two.close()
    one.close()
    assert.equal(budget.heldBytes, 0)
    assert.ok(!budget.isContended)
  })
})
