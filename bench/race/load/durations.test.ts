import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Durations } from './durations.ts'

describe('durations', () => {
  it('has no times of nothing', () => {
    assert.equal(new Durations().times(), null)
  })

  it('answers with quantiles, in whatever order they came and however many', () => {
    const durations = new Durations()
    for (let ms = 10_000; ms >= 1; ms--) durations.add(ms)
    assert.equal(durations.count, 10_000)
    assert.deepEqual(durations.times(), { p50: 5001, p99: 9901, p999: 9991, max: 10_000 })
  })

  it('answers with the only one for each quantile', () => {
    const durations = new Durations()
    durations.add(7)
    assert.deepEqual(durations.times(), { p50: 7, p99: 7, p999: 7, max: 7 })
  })
})
