import assert from 'node:assert/strict'
import { digestFold, describeFold } from '@quorate/broker/store/digest'
import { MemoryStore } from '@quorate/broker/store/memory/memory-store'
import { judgeHistory, violationLines } from '../support/history/judge.ts'
import { INACTIVITY_MS } from './clients/client-link.ts'
import type { Simulation } from './world/simulation.ts'

/**
 * Receipts and outcomes are recorded at once. A client behind a cut notices the loss of its broker
 * only by its inactivity, and may hear until then what its former broker sent before.
 */
const LIMITS = { graceMs: 0, noticeMs: 2 * INACTIVITY_MS, leaseMs: 700, unavailableMs: 20_000 }

/** Epochs that a strike may cost: an election or two, each with a lost race (S12). */
const EPOCHS_PER_STRIKE = 3

/** Everything that must be true in the end, when all is healed and drained. */
export function judge(simulation: Simulation, strikes: number): void {
  const { ledger, witnesses } = simulation
  for (const witness of witnesses) ledger.mustBeHeldBy(witness)
  everyIndexIsTheFoldOfTheLog(simulation)
  const verdict = judgeHistory(simulation.history, LIMITS)
  // What a quorum of disks lost, and what was reported, may be missing (R10).
  const lines = violationLines(verdict)
  if (ledger.reportedLosses === 0) {
    assert.deepEqual(lines.slice(0, 3), [], lines.slice(0, 3).join('; '))
    assert.equal(simulation.drainFailure, null, `clients wait in vain: ${simulation.drainFailure}`)
  }
  const limit = EPOCHS_PER_STRIKE * (strikes + 3)
  const { epoch } = simulation
  assert.ok(epoch <= limit, `${epoch} epochs after ${strikes} strikes (S12)`)
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
