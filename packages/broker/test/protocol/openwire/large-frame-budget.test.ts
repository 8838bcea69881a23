import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { LargeFrameBudget } from '../../../src/protocol/openwire/large-frame-budget.ts'
import type { Claim } from '../../../src/protocol/openwire/large-frame-budget.ts'

describe('the budget of large frames', () => {
  it('holds what fits, and lets the rest wait for it in the order it came', () => {
    const budget = new LargeFrameBudget(100)
    const granted: string[] = []
    const claim = (name: string, bytes: number) => budget.claim(bytes, () => granted.push(name))
    const first = claim('first', 60)
    const second = claim('second', 60)
    const third = claim('third', 10)
    assert.deepEqual(
      [first, second, third].map(({ isHeld }) => isHeld),
      [true, false, false],
    )
    assert.ok(budget.isContended)
    budget.release(first)
    assert.deepEqual(granted, ['second', 'third'])
    assert.ok(second.isHeld && third.isHeld && !budget.isContended)
    assert.equal(budget.heldBytes, 70)
  })

  it('has room for one frame that is larger than all of it', () => {
    const budget = new LargeFrameBudget(100)
    const huge = budget.claim(1000, () => undefined)
    assert.ok(huge.isHeld)
    const next = budget.claim(1, () => undefined)
    assert.ok(!next.isHeld)
    budget.release(huge)
    assert.ok(next.isHeld)
  })

  it('goes on with the next when one that waits gives up', () => {
    const budget = new LargeFrameBudget(100)
    budget.claim(60, () => undefined)
    const large = budget.claim(50, () => undefined)
    const small = budget.claim(40, () => undefined)
    budget.release(large)
    assert.ok(small.isHeld)
    budget.release(large)
    assert.equal(budget.heldBytes, 100)
  })

  it('gives out as much again while others are late, and no more', () => {
    const budget = new LargeFrameBudget(100)
    const late = [60, 100].map((bytes) => {
      const claim = budget.claim(bytes, () => undefined)
      const next = budget.claim(41, () => undefined)
      assert.ok(claim.isHeld && !next.isHeld && !budget.isStuck)
      budget.defer(claim)
      budget.release(next)
      return claim
    })
    assert.equal(budget.heldBytes, 160)
    const first = budget.claim(41, () => undefined)
    const second = budget.claim(40, () => undefined)
    assert.ok(!first.isHeld && !second.isHeld && budget.isStuck)
    budget.release(first)
    assert.ok(second.isHeld && !budget.isContended && !budget.isStuck)
    for (const claim of [...late, second]) budget.release(claim)
    assert.equal(budget.heldBytes, 0)
  })

  it('never holds more than its limit but for one frame, and forgets nobody', () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 150 }), fc.constant('release')), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(steps, (history) => {
        const budget = new LargeFrameBudget(100)
        const open: Claim[] = []
        for (const step of history) {
          if (typeof step === 'number') open.push(budget.claim(step, () => undefined))
          else budget.release(open.splice(open.length >> 1, 1)[0] ?? { bytes: 0, isHeld: false })
          const held = open.filter(({ isHeld }) => isHeld)
          const bytes = held.reduce((sum, claim) => sum + claim.bytes, 0)
          assert.equal(budget.heldBytes, bytes)
          assert.ok(bytes <= 100 || held.length === 1)
          assert.equal(held.length > 0, open.length > 0)
          const firstWaiting = open.findIndex(({ isHeld }) => !isHeld)
          if (firstWaiting >= 0) assert.ok(open.slice(firstWaiting).every(({ isHeld }) => !isHeld))
        }
        for (const claim of open) budget.release(claim)
        assert.equal(budget.heldBytes, 0)
      }),
    )
  })
})
