import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { medianOf, spreadOf } from './statistics.ts'

describe('several rounds in few numbers', () => {
  it('the median is the middle one, or lies between the two in the middle', () => {
    assert.equal(medianOf([1, 2, 9]), 2)
    assert.equal(medianOf([1, 2, 4, 9]), 3)
    assert.ok(Number.isNaN(medianOf([])))
  })

  it('the spread sorts by value, not by text', () => {
    assert.deepEqual(spreadOf([10, 9, 100]), { median: 10, min: 9, max: 100 })
  })

  it('there is none of nothing', () => {
    assert.equal(spreadOf([]), null)
  })
})
