import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { fromLines, merged, toLines } from '../../support/history/history-lines.ts'
import { judgeHistory, violationLines } from '../../support/history/judge.ts'
import { checkNames } from '../../support/history/violation.ts'
import type { CheckName } from '../../support/history/violation.ts'
import { corruptions, soundOf } from './corruptions.ts'
import { countCorruptions } from './count-corruptions.ts'
import { soundHistories } from './sound-histories.ts'

/** The model tells an event a second, so that three events are no outage. */
const limits = { unavailableMs: 50_000, leaseMs: 500, noticeMs: 500, takeoverNoticeMs: 500 }
/** And all is told as it happens. Any number of sends in a row may be interrupted. */
const strict = {
  ...{ graceMs: 0, noticeMs: 0, takeoverNoticeMs: 0, leaseMs: 0 },
  unavailableMs: Infinity,
}

const all = [...corruptions, ...countCorruptions]

/** Histories that each kind of damage is tried on at least, and batches of 50 drawn for it. */
const TRIED_MIN = 5
const BATCHES_MAX = 40

const losable: readonly CheckName[] = ['C1', 'C2', 'C3', 'C4', 'C5', 'C7']

/** Whether a violation of this kind names messages whose loss would explain it; some of C12 do. */
function isLosable(check: CheckName, line: string): boolean {
  return losable.includes(check) && !line.includes('no drained mark')
}

describe('the checkers of client histories', () => {
  it('accept every sound history, whatever was interrupted, sent again or rolled back', () => {
    fc.assert(
      fc.property(soundHistories(), (events) => {
        const lines = violationLines(judgeHistory(events, strict))
        if (lines.length > 0) assert.fail(`${lines.join('\n')}\n${toLines(events)}`)
      }),
      { numRuns: 300 },
    )
  })

  it('say the same of a history that was written down, read again and put together of parts', () => {
    fc.assert(
      fc.property(soundHistories(), (events) => {
        const again = fromLines(toLines(events))
        assert.deepEqual(again, events)
        const [even, odd] = [0, 1].map((rest) => events.filter((_, at) => at % 2 === rest))
        assert.deepEqual(merged([odd ?? [], even ?? []]), events)
        assert.deepEqual(judgeHistory(again, limits), judgeHistory(events, limits))
      }),
      { numRuns: 20 },
    )
  })

  for (const { title, check, of } of all) {
    it(`find ${title} (${check})`, () => {
      let tried = 0
      const damaged = fc.tuple(soundHistories({ min: 60, max: 100 }), fc.nat())
      const isFound = fc.property(damaged, ([events, victim]) => {
        const broken = of(soundOf(events, victim))
        if (broken == null) return
        tried++
        const { violations } = judgeHistory(broken, limits)
        const found = violations.filter((violation) => violation.check === check)
        if (found.length === 0) assert.fail(`not found\n${toLines(broken)}`)
        for (const { line, events: proof, about } of found) {
          for (const { message } of about) assert.ok(line.includes(message))
          if (check !== 'C12') assert.equal(about.length > 0, isLosable(check, line), line)
          assert.ok(line.length > 0 && !line.includes('\n'))
          assert.ok(proof.length > 0 && proof.every((event) => broken.includes(event)))
        }
      })
      // Some damage needs what only few histories have.
      for (let batch = 0; batch < BATCHES_MAX && tried < TRIED_MIN; batch++) {
        fc.assert(isFound, { numRuns: 50, endOnFailure: true })
      }
      assert.ok(tried >= TRIED_MIN, `only ${tried} histories had anything to damage`)
    })
  }

  it('are each proven able to fail', () => {
    const proven = new Set(all.map(({ check }) => check))
    assert.deepEqual([...proven].sort(), [...checkNames].sort())
  })
})
