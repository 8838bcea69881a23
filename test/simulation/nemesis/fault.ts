import { Trap } from '../../../packages/broker/test/replication/world/trap.ts'
import type { TrapPoint } from '../../../packages/broker/test/replication/world/trap.ts'
import type { Chance } from '../world/chance.ts'
import type { SimulatedBroker } from '../world/simulated-broker.ts'
import type { Simulation } from '../world/simulation.ts'

export interface StrikeContext {
  readonly simulation: Simulation
  readonly chance: Chance
  /** The leader more often than chance would have it. */
  readonly victim: SimulatedBroker
  /** What is to follow: dropped when everything has been mended meanwhile. */
  readonly later: (ms: number, work: () => void) => void
  /** For so long nothing mends this one in passing: the strike itself will. */
  readonly keepBroken: (victim: SimulatedBroker, ms: number) => void
}

/** One thing that goes wrong in a history, now and then. */
export interface Fault {
  /** How often it is drawn, relative to the others that exist in a history. */
  readonly weight: number
  readonly strike: (at: StrikeContext) => void
  /**
   * 'copies': a node's copies of records may be gone afterwards, so it strikes a minority only.
   * 'store': a whole store may be gone. In the mem modes that rules out full attendance (R10).
   */
  readonly destroys?: 'copies' | 'store'
  /** 'mem': it shows something only where more is acknowledged than is synced. */
  readonly needs?: 'mem'
}

/**
 * Whether one more disk may be spoiled: what a quorum lost at the same time nobody can promise, so
 * a minority is in doubt at a time.
 */
export function maySpoil({ simulation, victim }: Pick<StrikeContext, 'simulation' | 'victim'>) {
  const { brokers } = simulation
  const others = brokers.filter((broker) => broker !== victim && broker.isInDoubt)
  return others.length < Math.floor((brokers.length - 1) / 2)
}

/** Half of the time something starts the process again at once. */
export function crash(victim: SimulatedBroker, chance: Chance, powerCut: number): void {
  if (!victim.isUp) return
  if (chance.chance(powerCut)) victim.losePower()
  else victim.kill()
  if (chance.chance(0.5)) victim.start()
}

export interface EffectTrap {
  readonly victim: SimulatedBroker
  readonly point: TrapPoint
  readonly countdown: number
}

/** Strikes once, in the middle of the victim's step: what stops it has to come behind that. */
export function onEffect({ victim, point, countdown }: EffectTrap, strike: () => void): void {
  const { witness } = victim
  const trap = new Trap(point, countdown, strike)
  witness.onEffect = (effect) => {
    if (!trap.snaps(effect)) return
    witness.onEffect = () => undefined
    trap.strike()
  }
}
