import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { HistoryOptions } from './world/history.ts'
import { history } from './world/history.ts'

/** Histories per run; QUORATE_SEEDS and QUORATE_FIRST_SEED choose others. */
const SEEDS = Number(process.env['QUORATE_SEEDS'] ?? 150)
const FIRST_SEED = Number(process.env['QUORATE_FIRST_SEED'] ?? 1)

function play(seeds: number, options: HistoryOptions = {}): void {
  const sum = { confirmed: 0, epochs: 0 }
  for (let seed = FIRST_SEED; seed < FIRST_SEED + seeds; seed++) {
    try {
      const { confirmed, epochs } = history(seed, options)
      sum.confirmed += confirmed
      sum.epochs += epochs
    } catch (error) {
      const again = `QUORATE_FIRST_SEED=${seed} QUORATE_SEEDS=1`
      const why = error instanceof Error ? error.message : String(error)
      throw new Error(`seed ${seed}: ${why}; again with ${again}`, { cause: error })
    }
  }
  // Histories in which nothing happens prove nothing.
  assert.ok(sum.epochs > 3 * seeds, `only ${sum.epochs} leaderships`)
  assert.ok(sum.confirmed > 20 * seeds, `only ${sum.confirmed} records confirmed`)
}

it(`no history of faults loses a confirmed record or ends without a leader (${SEEDS} seeds)`, () => {
  play(SEEDS)
})

it('nor one in which every start brings another sync word', () => {
  play(Math.ceil(SEEDS / 5), { mixedSync: true })
})
