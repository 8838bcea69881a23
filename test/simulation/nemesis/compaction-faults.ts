import type { SimulatedBroker } from '../world/simulated-broker.ts'
import type { Simulation } from '../world/simulation.ts'
import type { Fault, StrikeContext } from './fault.ts'
import { crash, onEffect } from './fault.ts'

/** How often it is looked whether the log begins behind somebody who is away, and for how long. */
const LOOK_MS = 250
const AWAY_LOOKS_MAX = 32
/** Longer than the files of old segments take to go, and shorter than a sync in the mem modes. */
const RELEASE_MS = 8

/**
 * What befalls logs that begin later than their first record. They exist only in histories that are
 * drawn for them: see plan.ts.
 */
export const compactionFaults = {
  leftBehind: { weight: 4, strike: (at) => leftBehind(at) },
  /** It comes back from the log that is left. */
  lostIndex: {
    weight: 4,
    strike: ({ simulation, victim, chance }) => {
      const later = simulation.brokers.filter(beginsLater)
      const one = later.length === 0 || chance.chance(0.2) ? victim : chance.pick(later)
      if (chance.chance(0.3)) one.losePower()
      else one.kill()
      loseIndex(simulation, one)
      if (chance.chance(0.8)) one.start()
    },
  },
  powerCutAtRelease: { weight: 4, strike: (at) => losePowerAtRelease(at) },
} as const satisfies Readonly<Record<string, Fault>>

/**
 * A follower is away until its log ends before the start of its leader's, and fetches all of it.
 */
function leftBehind({ simulation, chance, later, keepBroken }: StrikeContext): void {
  const followers = simulation.brokers.filter((one) => one !== simulation.leader && one.isUp)
  if (followers.length === 0) return
  const victim = chance.pick(followers)
  victim.kill()
  keepBroken(victim, LOOK_MS * AWAY_LOOKS_MAX)
  const look = (looks: number): void => {
    if (victim.isUp) return
    const start = simulation.leader?.witness.store?.fold.logStart ?? 0
    if (start <= victim.witness.log.length && looks < AWAY_LOOKS_MAX) {
      return later(LOOK_MS, () => look(looks + 1))
    }
    victim.start()
    if (start > victim.witness.log.length) strikeAsItFetches(simulation, victim, chance)
  }
  later(LOOK_MS, () => look(1))
}

/** Half of the time: as its log is dropped, or soon after. */
function strikeAsItFetches(
  simulation: Simulation,
  victim: SimulatedBroker,
  chance: StrikeContext['chance'],
): void {
  if (chance.chance(0.5)) return
  const point = chance.pick(['persist', 'append', 'append'] as const)
  onEffect({ victim, point, countdown: chance.integer(1, 3) }, () => {
    simulation.timeline.after(chance.between(0, 6), () => {
      simulation.sight('a node died as it fetched a log that begins later')
      crash(chance.chance(0.7) ? victim : (simulation.leader ?? victim), chance, 0.5)
    })
  })
}

/** Nothing of what went is needed, whatever the loss of power takes along. */
function losePowerAtRelease({ simulation, victim, chance }: StrikeContext): void {
  const { disk, witness } = victim
  const isAlone = chance.chance(0.5)
  const losesIndex = chance.chance(0.4)
  disk.onOperation = ({ kind, path }) => {
    if (kind !== 'remove' || !path.endsWith('.log') || witness.log.isCutting) return
    disk.onOperation = () => undefined
    simulation.timeline.after(chance.between(0, RELEASE_MS), () => {
      simulation.sight('the power failed as old segments went')
      const victims = isAlone ? [victim] : simulation.brokers
      for (const one of victims) one.losePower()
      if (losesIndex) loseIndex(simulation, victim)
      for (const one of victims) if (chance.chance(0.8)) one.start()
    })
  }
}

function loseIndex(simulation: Simulation, { id, witness }: SimulatedBroker): void {
  simulation.tell(`the index of ${id} is lost`)
  simulation.sight('an index was lost')
  witness.onDisk.loseIndex()
}

function beginsLater({ witness }: SimulatedBroker): boolean {
  return (witness.node?.journal.origin.index ?? 0) > 0
}
