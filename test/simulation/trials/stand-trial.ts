import type { Chance } from '../world/chance.ts'
import type { Simulation } from '../world/simulation.ts'
import { wallClocksMoved } from './clock-trials.ts'
import {
  epochsForgotten,
  serviceAway,
  startedAgain,
  unknownToTheService,
} from './coordination-trials.ts'
import { Trial } from './trial.ts'

const trials = [serviceAway, unknownToTheService, startedAgain, epochsForgotten, wallClocksMoved]

/** Sessions with the coordination service that were lost last are made again until then. */
const QUIET_MS = 5_000

/**
 * One more thing happens to a cluster in which everything is well: a disk that has decayed
 * unnoticed would be a second one.
 */
export async function standTrial(simulation: Simulation, chance: Chance): Promise<void> {
  const play = chance.pick(trials)
  if (simulation.brokers.some(({ isInDoubt }) => isInDoubt)) return
  const trial = new Trial(simulation, chance.fork())
  await simulation.run(QUIET_MS)
  await trial.followed('before the trial')
  await play(trial)
}
