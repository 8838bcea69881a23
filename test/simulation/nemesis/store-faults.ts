import type { SimulatedBroker } from '../world/simulated-broker.ts'
import type { Fault, StrikeContext } from './fault.ts'
import { crash, maySpoil } from './fault.ts'

/** Longer than an index is written. */
const INDEXING_MS = 4
/** A write of one file takes so long, and everything that another file needs is done meanwhile. */
const SLOW_WRITE_MS = 15

/** What befalls files that belong together: the log, the meta file and the index of a node. */
export const storeFaults = {
  endOfLog: {
    weight: 1.5,
    destroys: 'copies',
    strike: (at) => {
      if (!maySpoil(at)) return
      const { victim, chance } = at
      victim.kill()
      victim.loseEndOfLog()
      if (chance.chance(0.7)) victim.start()
    },
  },
  /**
   * The log cannot be synced, and what was written of it leaves the page cache when its process has
   * ended. The mem modes have acknowledged it (R33, R37).
   */
  lostPages: {
    weight: 5,
    destroys: 'copies',
    needs: 'mem',
    strike: (at) => {
      if (!maySpoil(at)) return
      const { simulation, victim } = at
      simulation.tell(`a sync of the log of ${victim.id} will fail`)
      victim.disk.fail('syncData', 1, '.log')
    },
  },
  /** By mistake: it comes out again when the broker has refused it. */
  foreignDisk: {
    weight: 0.7,
    // As a step of its own, behind which everything has settled: what is on the disk is made there.
    strike: ({ victim, later }) => later(0, () => victim.putInForeignDisk()),
  },
  deathWhileIndexing: {
    weight: 2,
    strike: ({ simulation, victim, chance }) => {
      const { disk } = victim
      disk.onIndexWrite = () => {
        disk.onIndexWrite = () => undefined
        simulation.timeline.after(chance.between(0, INDEXING_MS), () => {
          simulation.sight('a node died while it wrote its index')
          crash(victim, chance, 0.5)
        })
      }
    },
  },
  deathAtSeatChange: { weight: 2, destroys: 'store', strike: (at) => deathAtSeatChange(at) },
} as const satisfies Readonly<Record<string, Fault>>

/**
 * A disk is lost, so a seat changes its store; somebody dies between the record that says so and
 * its meta file (R39). The two are written independently, and either may be lost alone.
 */
function deathAtSeatChange(at: StrikeContext): void {
  const { simulation, victim, chance } = at
  if (!simulation.isComplete || !maySpoil(at)) return
  const other: SimulatedBroker = chance.pick(simulation.brokers)
  victim.wipe()
  victim.start()
  const known = other.witness.node?.replica.meta.configs.at(-1)?.index ?? 0
  const { witness } = other
  witness.onEffect = (effect) => {
    if (effect.type !== 'persist' || (effect.meta.configs.at(-1)?.index ?? 0) <= known) return
    witness.onEffect = () => undefined
    other.disk.delayed = { kind: 'write', ms: SLOW_WRITE_MS, on: chance.pick(['/meta', '.log']) }
    simulation.timeline.after(chance.between(0, SLOW_WRITE_MS), () => {
      simulation.sight('a node died while a seat changed')
      other.disk.delayed = null
      crash(other, chance, 0.5)
    })
  }
}
