import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InactivityEffect } from '../../src/transport/inactivity-monitor.ts'
import { InactivityMonitor } from '../../src/transport/inactivity-monitor.ts'

const options = { readTimeoutMs: 30_000, initialDelayMs: 10_000 }

/** Ticks when due until `untilMs`, and answers what happened when. */
function run(
  monitor: InactivityMonitor,
  untilMs: number,
  each: (nowMs: number, effect: InactivityEffect) => void = () => undefined,
): string[] {
  const seen: string[] = []
  while (monitor.nextTickMs <= untilMs) {
    const nowMs = monitor.nextTickMs
    const effect = monitor.tick(nowMs)
    if (effect !== 'none') seen.push(`${nowMs} ${effect}`)
    each(nowMs, effect)
    if (effect === 'timeout') break
  }
  return seen
}

describe('InactivityMonitor', () => {
  it('keeps a silent connection alive every third of the timeout', () => {
    const monitor = new InactivityMonitor(options, 0)
    const seen = run(monitor, 60_000, (_nowMs, effect) => {
      monitor.bytesRead()
      if (effect === 'sendKeepAlive') monitor.bytesWritten()
    })
    assert.deepEqual(seen, [
      '10000 sendKeepAlive',
      '20000 sendKeepAlive',
      '30000 sendKeepAlive',
      '40000 sendKeepAlive',
      '50000 sendKeepAlive',
      '60000 sendKeepAlive',
    ])
  })

  it('sends nothing while commands are written', () => {
    const monitor = new InactivityMonitor(options, 0)
    monitor.bytesWritten()
    const seen = run(monitor, 60_000, () => {
      monitor.bytesRead()
      monitor.bytesWritten()
    })
    assert.deepEqual(seen, [])
  })

  it('gives up on a peer that is silent for a whole period', () => {
    const monitor = new InactivityMonitor(options, 0)
    const seen = run(monitor, 200_000, () => monitor.bytesWritten())
    assert.equal(seen.at(-1), '40000 timeout')
  })

  it('counts a part of a frame as a sign of life', () => {
    const monitor = new InactivityMonitor(options, 0)
    const seen = run(monitor, 200_000, (nowMs) => {
      monitor.bytesWritten()
      if (nowMs < 100_000) monitor.bytesRead()
    })
    assert.equal(seen.at(-1), '130000 timeout')
  })

  it('does not blame the peer for a pause of its own', () => {
    const monitor = new InactivityMonitor(options, 0)
    assert.equal(monitor.tick(10_000), 'sendKeepAlive')
    assert.equal(monitor.tick(20_000), 'sendKeepAlive')
    assert.equal(monitor.tick(90_000), 'sendKeepAlive')
    assert.deepEqual(run(monitor, 200_000).at(-1), '120000 timeout')
  })

  it('does not check again before nine tenths of a period have passed', () => {
    const monitor = new InactivityMonitor({ readTimeoutMs: 1000, initialDelayMs: 100 }, 0)
    monitor.tick(100)
    monitor.tick(600)
    assert.equal(monitor.tick(950), 'sendKeepAlive')
    assert.equal(monitor.tick(1099), 'none')
    assert.equal(monitor.tick(1100), 'timeout')
  })

  it('watches nothing without a timeout', () => {
    const monitor = new InactivityMonitor({ readTimeoutMs: 0, initialDelayMs: 10_000 }, 0)
    assert.equal(monitor.nextTickMs, Infinity)
    assert.equal(monitor.tick(1_000_000), 'none')
  })
})
