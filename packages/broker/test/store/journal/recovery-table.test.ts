import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RecoveryFacts } from '../../../src/store/journal/recovery-table.ts'
import {
  decideRecovery,
  recoveryRows,
  rowMatches,
} from '../../../src/store/journal/recovery-table.ts'

const names: readonly (keyof RecoveryFacts)[] = [
  'headerValid',
  'payloadValid',
  'continues',
  'epochPlausible',
  'restZero',
  'wasSynced',
  'validFollows',
  'endWritten',
  'powerLost',
]

function* allFacts(): Generator<RecoveryFacts> {
  for (let bits = 0; bits < 1 << names.length; bits++) {
    const entries = names.map((name, i) => [name, ((bits >> i) & 1) === 1])
    yield Object.fromEntries(entries)
  }
}

const isGood = (facts: RecoveryFacts): boolean =>
  facts.headerValid && facts.payloadValid && facts.continues && facts.epochPlausible

describe('recovery table', () => {
  it('has exactly one row for every combination of facts', () => {
    let count = 0
    for (const facts of allFacts()) {
      const rows = recoveryRows.filter((row) => rowMatches(row, facts))
      assert.equal(rows.length, 1, `${JSON.stringify(facts)} matches ${rows.length} rows`)
      assert.equal(decideRecovery(facts), rows[0])
      count++
    }
    assert.equal(count, 512)
  })

  it('uses every row', () => {
    const used = new Set([...allFacts()].map((facts) => decideRecovery(facts)))
    assert.equal(used.size, recoveryRows.length)
  })

  it('keeps exactly the records that are good', () => {
    for (const facts of allFacts()) {
      assert.equal(decideRecovery(facts).decision === 'keep', isGood(facts))
    }
  })

  it('never cuts what a checkpoint calls synced (R32)', () => {
    for (const facts of allFacts()) {
      if (decideRecovery(facts).decision === 'torn') assert.equal(facts.wasSynced, false)
    }
  })

  it('cuts what valid records follow, or what has its end, only after a loss of power (R32)', () => {
    for (const facts of allFacts()) {
      if (decideRecovery(facts).decision !== 'torn' || facts.powerLost) continue
      assert.equal(facts.validFollows || facts.endWritten, false)
    }
  })

  it('suspects no replica for a hole above the checkpoint that a loss of power explains', () => {
    for (const facts of allFacts()) {
      const isDamaged = !facts.headerValid || !facts.payloadValid
      if (!isDamaged || facts.wasSynced || !facts.powerLost) continue
      assert.notEqual(decideRecovery(facts).decision, 'corrupt')
    }
  })

  it('never calls missing synced records the end of the log', () => {
    for (const facts of allFacts()) {
      if (!isGood(facts) && facts.wasSynced) {
        assert.equal(decideRecovery(facts).decision, 'corrupt')
      }
    }
  })
})
