import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { assignRound, pickExclusive } from '../../../src/engine/dispatch/round.ts'
import type { Candidate } from '../../../src/engine/dispatch/round.ts'

interface Shape {
  readonly priority?: number
  readonly exclusive?: boolean
  readonly free?: number
  readonly accepts?: (message: number) => boolean
}

function candidate(shape: Shape): Candidate<number> {
  const { priority = 0, exclusive = false, free = 1, accepts = () => true } = shape
  return { priority, exclusive, free, accepts }
}

const shapes = fc
  .array(
    fc.record({
      priority: fc.integer({ min: 0, max: 3 }),
      free: fc.integer({ min: 0, max: 5 }),
      odd: fc.boolean(),
    }),
    { maxLength: 8 },
  )
  .map((list) =>
    list
      .sort((one, other) => other.priority - one.priority)
      .map(({ odd, ...shape }) =>
        candidate({ ...shape, accepts: (message) => !odd || message % 2 === 1 }),
      ),
  )

describe('a round', () => {
  it('goes on behind the subscription that was served last', () => {
    const three = [0, 1, 2].map(() => candidate({ free: 9 }))
    const first = assignRound([1, 2], three, -1)
    assert.deepEqual(first, { targets: [0, 1], last: 1 })
    assert.deepEqual(assignRound([3, 4], three, first.last).targets, [2, 0])
  })

  it('skips what only unwilling subscriptions have room for', () => {
    const odd = candidate({ free: 9, accepts: (message) => message % 2 === 1 })
    assert.deepEqual(assignRound([1, 2, 3], [odd], -1).targets, [0, -1, 0])
  })

  it('never overfills, never misassigns, and leaves nothing that somebody could take', () => {
    fc.assert(
      fc.property(shapes, fc.nat(20), fc.integer({ min: -1, max: 8 }), (all, count, last) => {
        const messages = Array.from({ length: count }, (_, i) => i)
        const { targets } = assignRound(messages, all, last)
        const taken = all.map(() => 0)
        targets.forEach((target, message) => {
          if (target === -1) {
            const willing = all.filter(
              (one, i) => one.accepts(message) && (taken[i] ?? 0) < one.free,
            )
            assert.equal(willing.length, 0)
            return
          }
          taken[target] = (taken[target] ?? 0) + 1
          assert.equal(all[target]?.accepts(message), true)
          const better = all.filter(
            (one, i) =>
              one.priority > (all[target]?.priority ?? 0) &&
              one.accepts(message) &&
              (taken[i] ?? 0) < one.free,
          )
          assert.equal(better.length, 0)
        })
        taken.forEach((count, i) => assert.ok(count <= (all[i]?.free ?? 0)))
      }),
    )
  })

  it('is fair among equals: counts differ by one at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(60), (size, count) => {
        const all = Array.from({ length: size }, () => candidate({ free: 1000 }))
        const { targets } = assignRound(new Array<number>(count).fill(0), all, -1)
        const shares = all.map((_, i) => targets.filter((target) => target === i).length)
        assert.ok(Math.max(...shares) - Math.min(...shares) <= 1)
      }),
    )
  })
})

describe('an exclusive subscription', () => {
  const row = (...priorities: number[]): Candidate<number>[] =>
    priorities.map((priority) => candidate({ priority, exclusive: true }))

  it('is the first, and stays unless a higher priority comes', () => {
    assert.equal(pickExclusive([candidate({})], -1), -1)
    assert.equal(pickExclusive([candidate({}), ...row(0, 0)], -1), 1)
    assert.equal(pickExclusive(row(0, 0), 1), 1)
    assert.equal(pickExclusive(row(5, 0), 1), 0)
  })
})
