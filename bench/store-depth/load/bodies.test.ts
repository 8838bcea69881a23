import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bodies } from './bodies.ts'

describe('Bodies', () => {
  it('gives the same body for the same number and seed, and another for another', () => {
    const bodies = new Bodies({ bytes: 100, seed: 1 })
    assert.deepEqual(bodies.body(7), new Bodies({ bytes: 100, seed: 1 }).body(7))
    assert.notDeepEqual(bodies.body(7), bodies.body(8))
    assert.notDeepEqual(bodies.body(7), new Bodies({ bytes: 100, seed: 2 }).body(7))
  })

  it('gives printable bodies whose lengths differ, but by no more than a sixteenth', () => {
    const bodies = new Bodies({ bytes: 1024, seed: 1 })
    const all = Array.from({ length: 2000 }, (_, n) => bodies.body(n))
    const lengths = all.map(({ length }) => length)
    assert.ok(Math.min(...lengths) >= 960 && Math.max(...lengths) <= 1088)
    assert.ok(new Set(lengths).size > 100)
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length
    assert.ok(Math.abs(mean - 1024) < 10, `mean length ${mean}`)
    assert.ok(all.every((body) => /^[ -~]+$/.test(body.toString('latin1'))))
  })

  it('gives bodies of one length when they shall not differ', () => {
    const bodies = new Bodies({ bytes: 1024, seed: 3, spread: 0 })
    assert.ok([0, 1, 5_000_000].every((n) => bodies.body(n).length === 1024))
  })

  it('gives bodies of the exact length where a sixteenth is nothing', () => {
    const bodies = new Bodies({ bytes: 10, seed: 3 })
    assert.ok([0, 1, 5_000_000].every((n) => bodies.body(n).length === 10))
  })
})
