import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { PacedView, VIEW_USES } from '../src/paced-view.ts'

describe('a paced view', () => {
  it('is always fresh where it costs nothing', () => {
    let gathered = 0
    const view = new PacedView(() => ++gathered, new ManualClock())
    assert.deepEqual([view.get(), view.get()], [1, 2])
  })

  it('costs no more than its share of the time, however often it is asked for', () => {
    const clock = new ManualClock()
    let gathered = 0
    const view = new PacedView(() => {
      clock.advance(100)
      return ++gathered
    }, clock)
    assert.equal(view.get(), 1)
    clock.advance(100 * VIEW_USES - 1)
    assert.equal(view.get(), 1)
    clock.advance(1)
    assert.equal(view.get(), 2)
  })
})
