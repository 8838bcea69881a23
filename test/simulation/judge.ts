import assert from 'node:assert/strict'
import { digestFold, describeFold } from '@quorate/broker/store/digest'
import { MemoryStore } from '@quorate/broker/store/memory/memory-store'
import type { HistoryEvent } from '../support/history/events.ts'
import { judgeHistory, violationLines } from '../support/history/judge.ts'
import type { Limits } from '../support/history/violation.ts'
import { NOTICE_MS } from './clients/client-link.ts'
import type { Simulation } from './world/simulation.ts'
import type { WrittenOff } from './world/written-off.ts'

/** What the slowest way takes on which a client hears that its broker gave it up, and a bit. */
const SLOWEST_WAY_MS = 350

/**
 * C10. The longest of these waits one after the other: a leader that was cut off or paused finds
 * out that it has no quorum (2,000 ms), voters stop to believe in it (800 ms), one candidacy for
 * nothing (800 ms); a client gives up an attempt to connect (1,000 ms) and waits for its next round
 * (400 ms). A coordination service that was wiped or rolled back turns away whoever knows a later
 * transaction, for a session timeout (2,000 ms) and the attempts around it (1,000 ms; seed 700).
 */
const UNAVAILABLE_MS = 8_000

const LIMITS: Limits = {
  // Receipts and outcomes are recorded at once.
  graceMs: 0,
  noticeMs: SLOWEST_WAY_MS,
  // A client of a leader without power, or paused, hears nothing, and nobody tells it.
  takeoverNoticeMs: NOTICE_MS,
  leaseMs: 700,
  unavailableMs: UNAVAILABLE_MS,
}

/** Epochs that a strike may cost: an election or two, each with a lost race (S12). */
const EPOCHS_PER_STRIKE = 3

/** Everything that must be true in the end, when all is healed and drained. */
export function judge(simulation: Simulation, strikes: number): void {
  const { ledger, witnesses } = simulation
  for (const witness of witnesses) ledger.mustBeHeldBy(witness)
  everyIndexIsTheFoldOfTheLog(simulation)
  const lines = objections(simulation.history, simulation.writtenOff)
  assert.deepEqual(lines.slice(0, 3), [], lines.slice(0, 3).join('; '))
  assert.equal(simulation.drainFailure, null, `clients wait in vain: ${simulation.drainFailure}`)
  const limit = EPOCHS_PER_STRIKE * (strikes + 3)
  const { epoch } = simulation
  assert.ok(epoch <= limit, `${epoch} epochs after ${strikes} strikes (S12)`)
}

/**
 * What clients can object to. What a quorum of disks lost, and what was reported, may be missing,
 * or come back (R10): of the messages that the lost records touched, and of no other.
 */
export function objections(history: readonly HistoryEvent[], writtenOff: WrittenOff): string[] {
  const { counts, violations } = judgeHistory(history, LIMITS)
  const unexplained = violations.filter(
    ({ about }) => !about.some((subject) => writtenOff.touches(subject)),
  )
  return violationLines({ counts, violations: unexplained })
}

/** S8: the index of each node is what its log says, and nothing else. */
function everyIndexIsTheFoldOfTheLog(simulation: Simulation): void {
  for (const witness of simulation.witnesses) {
    const { id, store, log } = witness
    assert.ok(store, `${id} has no index`)
    const scratch = new MemoryStore()
    for (let i = 1; i <= store.appliedIndex; i++) {
      const record = log.recordAt(i)
      assert.ok(record, `the index of ${id} is ahead of its log (S8)`)
      scratch.apply(record.batch, i)
    }
    witness.checkIndex()
    if (digestFold(store.fold) === digestFold(scratch.fold)) continue
    const [is, should] = [[...describeFold(store.fold)], [...describeFold(scratch.fold)]]
    const at = should.findIndex((line, i) => line !== is[i])
    assert.fail(`the index of ${id} has "${is[at]}", its log says "${should[at]}" (S8)`)
  }
}
