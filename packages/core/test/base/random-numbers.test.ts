import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { randomNumbers } from '../../src/base/random-numbers.ts'

function take(seed: number, count: number): number[] {
  const random = randomNumbers(seed)
  return Array.from({ length: count }, random)
}

describe('random numbers', () => {
  it('are the same for the same seed, in every version: seeds are written down', () => {
    const first = [0.3678755429573357, 0.08161311969161034, 0.8205357783008367]
    assert.deepEqual(take(1, 3), first)
    assert.notDeepEqual(take(2, 3), first)
  })

  it('spread over [0, 1), beginning with the first of each seed', () => {
    for (const numbers of [take(7, 1000), Array.from({ length: 1000 }, (_, i) => take(i, 1)[0])]) {
      const tenths = new Set(numbers.map((number) => Math.floor((number ?? NaN) * 10)))
      assert.deepEqual([...tenths].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    }
  })
})
