import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SEATS_MAX } from '../../../src/replication/cluster-config.ts'
import { Ranking } from '../../../src/replication/replica/ranking.ts'

describe('ranking', () => {
  it('ranks what was added since it was cleared, as sorting does', () => {
    const numbers = fc.array(fc.double({ noNaN: true }), { maxLength: SEATS_MAX })
    const ranking = new Ranking()
    fc.assert(
      fc.property(numbers, (added) => {
        ranking.clear()
        for (const number of added) ranking.add(number)
        const sorted = added.map((number) => number + 0).sort((a, b) => b - a)
        for (let rank = 1; rank <= SEATS_MAX; rank++) {
          const ranked = ranking.at(rank)
          assert.equal(ranked === null ? null : ranked + 0, sorted[rank - 1] ?? null)
        }
      }),
    )
  })
})
