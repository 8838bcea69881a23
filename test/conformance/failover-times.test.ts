import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { distributionOf, failoverTimes } from '../support/failover-times.ts'
import type { HistoryEvent } from '../support/history/events.ts'

function ok(atMs: number, producer: number): HistoryEvent {
  return { kind: 'ok', atMs, client: `producer-${producer}`, op: atMs }
}

function resumed(atMs: number, client: string): HistoryEvent {
  return { kind: 'resumed', atMs, client }
}

describe('failover times', () => {
  it('count from the kill to the first confirmation after the connection resumed', () => {
    const history = [ok(5, 0), ok(11, 0), resumed(200, 'producer-0'), ok(210, 0), ok(230, 0)]
    assert.deepEqual(failoverTimes(history, { killedMs: 10, producers: 1 }), [
      { producer: 0, milliseconds: 200 },
    ])
  })

  it('leave out who is not confirmed yet, and consumers', () => {
    const history = [resumed(20, 'producer-1'), resumed(20, 'consumer-0'), ok(25, 0), ok(30, 1)]
    assert.deepEqual(failoverTimes(history, { killedMs: 10, producers: 2 }), [
      { producer: 1, milliseconds: 20 },
    ])
  })

  it('are summed up by nearest rank', () => {
    const values = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert.deepEqual(distributionOf(values), { count: 10, min: 1, median: 5, p90: 9, max: 10 })
  })
})
