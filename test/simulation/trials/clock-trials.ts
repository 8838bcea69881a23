import type { Trial } from './trial.ts'

const HOUR_MS = 3_600_000
/** Longer than any timeout. */
const LONG_MS = 4_000

/** R27: nobody's wall clock decides anything. */
export async function wallClocksMoved(trial: Trial): Promise<void> {
  const { simulation, chance } = trial
  for (const broker of simulation.brokers) {
    if (chance.chance(0.7)) broker.skewWallClock(chance.between(-HOUR_MS, HOUR_MS))
  }
  await trial.nothingMoves(LONG_MS, 'while wall clocks are moved')
}
