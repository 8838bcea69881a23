import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { depthsOf } from './backlog.ts'

describe('depthsOf', () => {
  it('looks at fifths of the backlog, and at a million when there are more', () => {
    assert.deepEqual(depthsOf(20_000), [4000, 8000, 12_000, 16_000, 20_000])
    assert.deepEqual(depthsOf(1_000_000).at(-1), 1_000_000)
    assert.deepEqual(depthsOf(2_000_000).slice(0, 3), [400_000, 800_000, 1_000_000])
    assert.equal(depthsOf(5_000_000).length, 5)
  })
})
