import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PrefetchWindow } from '../../../src/engine/dispatch/prefetch-window.ts'
import {
  IN_FLIGHT_MAX,
  PREFETCH_MAX,
  PULLS_WAITING_MAX,
} from '../../../src/engine/policy/limits.ts'

describe('the prefetch window', () => {
  it('is full when as many are out as were asked for, and moves on with each', () => {
    const window = new PrefetchWindow(3)
    window.handOut(3)
    assert.equal(window.free, 0)
    window.seen()
    assert.equal(window.free, 1)
    window.settle(true)
    assert.equal(window.free, 1)
    window.settle(false)
    assert.equal(window.free, 2)
  })

  it('takes pulls only when nothing is pushed', () => {
    const pushed = new PrefetchWindow(1)
    assert.equal(pushed.pull(), false)
    const pulled = new PrefetchWindow(0)
    assert.equal(pulled.free, 0)
    pulled.pull()
    assert.equal(pulled.free, 1)
    pulled.handOut(1)
    assert.equal(pulled.free, 0)
  })

  it('may shrink below what is out', () => {
    const window = new PrefetchWindow(10)
    window.handOut(10)
    window.resize(2)
    assert.equal(window.free, 0)
    for (let i = 0; i < 9; i++) window.settle(false)
    assert.equal(window.free, 1)
  })

  it('is bounded, whatever is asked for', () => {
    assert.equal(new PrefetchWindow(1e12).free, PREFETCH_MAX)
    assert.equal(new PrefetchWindow(Number.NaN).free, PREFETCH_MAX)
    assert.equal(new PrefetchWindow(-5).prefetch, 0)
    const seeing = new PrefetchWindow(PREFETCH_MAX)
    for (let out = 0; out < 2 * IN_FLIGHT_MAX && seeing.free > 0; out++) {
      seeing.handOut(1)
      seeing.seen()
      assert.ok(out < IN_FLIGHT_MAX)
    }
    assert.equal(seeing.free, 0)
    const window = new PrefetchWindow(0)
    for (let i = 0; i < PULLS_WAITING_MAX; i++) assert.equal(window.pull(), true)
    assert.equal(window.pull(), false)
  })
})
