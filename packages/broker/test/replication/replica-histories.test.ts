import assert from 'node:assert/strict'
import { it } from 'node:test'
import { history } from './world/history.ts'

/** Histories per run; QUORATE_SEEDS and QUORATE_FIRST_SEED choose others. */
const SEEDS = Number(process.env['QUORATE_SEEDS'] ?? 150)
const FIRST_SEED = Number(process.env['QUORATE_FIRST_SEED'] ?? 1)

it(`no history of faults loses a confirmed record or ends without a leader (${SEEDS} seeds)`, () => {
  const sum = { confirmed: 0, epochs: 0 }
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    try {
      const { confirmed, epochs } = history(seed)
      sum.confirmed += confirmed
      sum.epochs += epochs
    } catch (error) {
      const again = `QUORATE_FIRST_SEED=${seed} QUORATE_SEEDS=1`
      const why = error instanceof Error ? error.message : String(error)
      throw new Error(`seed ${seed}: ${why}; again with ${again}`, { cause: error })
    }
  }
  // Histories in which nothing happens prove nothing.
  assert.ok(sum.epochs > 3 * SEEDS, `only ${sum.epochs} leaderships`)
  assert.ok(sum.confirmed > 20 * SEEDS, `only ${sum.confirmed} records confirmed`)
})
