import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Fault } from '../faults/fault.ts'
import { HistoryProgress } from './history-progress.ts'
import type { StrikeTimes } from './unavailability.ts'
import { unavailabilityOf } from './unavailability.ts'

/** Sends that are confirmed at these moments. */
function confirmedAt(...moments: readonly number[]): HistoryProgress {
  const progress = new HistoryProgress()
  for (const [op, atMs] of moments.entries()) {
    const call = { type: 'send', message: `0:${op}`, destination: 'queue://q' } as const
    progress.see({ kind: 'invoke', atMs: atMs - 1, client: 'p', op, call })
    progress.see({ kind: 'ok', atMs, client: 'p', op })
  }
  return progress
}

function everyTenth(fromMs: number, toMs: number): number[] {
  return Array.from({ length: (toMs - fromMs) / 10 }, (_, at) => fromMs + at * 10)
}

const strike: StrikeTimes = {
  round: 1,
  strikeMs: 1000,
  healMs: 9000,
  healedMs: 9500,
  what: '',
  targets: [],
}

function measure(progress: HistoryProgress, service: Fault['service']) {
  return unavailabilityOf(progress, { strikes: [strike], endMs: 20_000, originMs: 0, service })
}

describe('unavailability', () => {
  it('is the longest stretch without a confirmation, not the first', () => {
    const progress = confirmedAt(...everyTenth(0, 1500), ...everyTenth(3700, 20_000))
    const { measured, late } = measure(progress, 'continues')
    assert.deepEqual(
      measured.map(({ after, unavailableMs }) => [after, unavailableMs]),
      [
        ['strike', 2210],
        ['heal', 10],
      ],
    )
    assert.deepEqual(late, [])
  })

  it('is a violation when the service must continue and nothing is confirmed before the heal', () => {
    const progress = confirmedAt(...everyTenth(0, 1000), ...everyTenth(9600, 20_000))
    assert.equal(measure(progress, 'may stop').late.length, 0)
    const [violation] = measure(progress, 'continues').late
    assert.match(violation?.message ?? '', /nothing confirmed any more after the strike/)
  })

  it('is a violation when it lasts beyond a heal, whatever the fault', () => {
    const progress = confirmedAt(...everyTenth(0, 1000), ...everyTenth(15_000, 20_000))
    const [violation] = measure(progress, 'may stop').late
    assert.match(violation?.message ?? '', /nothing confirmed for 5500 ms after the heal/)
    assert.equal(violation?.atMs, 9500)
  })

  it('counts work only: a consumer that opens confirms nothing', () => {
    const progress = new HistoryProgress()
    const call = { type: 'close', consumer: 'c' } as const
    progress.see({ kind: 'invoke', atMs: 1, client: 'c', op: 1, call })
    progress.see({ kind: 'ok', atMs: 2, client: 'c', op: 1 })
    assert.equal(progress.longestGapMs(0, 10), null)
  })
})

describe('throughput', () => {
  it('is counted by the tenth of a second, from the beginning of the cell on', () => {
    const bins = confirmedAt(1010, 1020, 1110, 1320).throughput(1000)
    assert.deepEqual(
      bins.map(({ atMs, confirmed }) => [atMs, confirmed]),
      [
        [0, 2],
        [100, 1],
        [300, 1],
      ],
    )
  })
})
