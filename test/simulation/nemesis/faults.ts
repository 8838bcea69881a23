import type { ReplicaEffect } from '@quorate/broker/replication/replica/events'
import type { Chance } from '../world/chance.ts'
import type { SimulatedBroker } from '../world/simulated-broker.ts'
import type { Simulation } from '../world/simulation.ts'

/** Strikes one fault. `victim` is the leader more often than chance would have it. */
export type Strike = (at: {
  readonly simulation: Simulation
  readonly chance: Chance
  readonly victim: SimulatedBroker
}) => void

export interface FaultFamily {
  /** How often it is drawn, relative to the others that exist in a history. */
  readonly weight: number
  readonly strike: Strike
}

/** What may stand still at the very moment at which a trap snaps. */
const trapped: readonly string[] = [
  'append',
  'persist',
  'truncate',
  'commit',
  'openEpoch',
  'appendConfig',
  'quiesce',
  'read',
  'lead',
  'sync',
  'fence',
  'fenceReply',
  'sessionStart',
  'tail',
  'truncateTo',
  'matched',
  'ack',
]

/** Everything that goes wrong, by name. Each history draws which of these exist in it. */
export const faults = {
  kill: { weight: 4, strike: ({ victim, chance }) => crash(victim, chance, 0) },
  powerCut: { weight: 3, strike: ({ victim, chance }) => crash(victim, chance, 1) },
  blackout: {
    weight: 2,
    strike: ({ simulation, chance }) => {
      for (const broker of simulation.brokers) if (chance.chance(0.7)) broker.losePower()
      for (const broker of simulation.brokers) if (chance.chance(0.7)) broker.start()
    },
  },
  trap: {
    weight: 8,
    strike: ({ simulation, victim, chance }) => setTrap(simulation, victim, chance),
  },
  cleanStop: { weight: 1, strike: ({ victim }) => victim.stop() },
  pause: { weight: 3, strike: ({ victim }) => victim.pause() },
  cut: {
    weight: 4,
    strike: ({ simulation, victim, chance }) => {
      const other = chance.pick(simulation.brokers)
      if (other === victim) return
      simulation.tell(`no way from ${victim.id} to ${other.id}`)
      simulation.network.cut(victim.id, other.id)
      if (chance.chance(0.5)) simulation.network.cut(other.id, victim.id)
    },
  },
  isolate: {
    weight: 3,
    strike: ({ simulation, victim, chance }) => isolate(simulation, victim, chance),
  },
  reset: {
    weight: 2,
    strike: ({ simulation, victim }) => {
      simulation.tell(`connections of ${victim.id} break`)
      simulation.network.reset(victim.id)
    },
  },
  slowNetwork: {
    weight: 1,
    strike: ({ simulation, victim, chance }) => {
      simulation.tell(`${victim.id} has a slow network`)
      simulation.network.slowDown(victim.id, chance.between(5, 300))
    },
  },
  slowDisk: {
    weight: 1,
    strike: ({ simulation, victim }) => {
      simulation.tell(`${victim.id} has a slow disk`)
      victim.disk.isSlow = true
    },
  },
  failingSync: {
    weight: 1,
    strike: ({ simulation, victim, chance }) => {
      simulation.tell(`a sync of ${victim.id} will fail`)
      victim.disk.failingSync = chance.integer(1, 5)
    },
  },
  fullDisk: {
    weight: 1,
    strike: ({ simulation, victim, chance }) => {
      simulation.tell(`the disk of ${victim.id} fills up`)
      victim.disk.fill(chance.integer(0, 8_000))
    },
  },
  wipe: {
    weight: 3,
    strike: ({ simulation, victim, chance }) => {
      if (!simulation.isComplete) return
      victim.wipe()
      if (chance.chance(0.7)) victim.start()
    },
  },
  rot: {
    weight: 3,
    strike: ({ victim, chance }) => {
      if (victim.witness.log.length < 2) return
      victim.kill()
      victim.rot(chance.integer(1, victim.witness.log.length))
      if (chance.chance(0.7)) victim.start()
    },
  },
  wallClock: {
    weight: 1,
    strike: ({ victim, chance }) => victim.skewWallClock(chance.between(-3_600_000, 3_600_000)),
  },
  coordinationCut: {
    weight: 1,
    strike: ({ simulation, victim }) => {
      simulation.tell(`${victim.id} cannot reach the coordination service`)
      simulation.network.cut(victim.id, 'zk')
    },
  },
  coordinationDown: {
    weight: 1,
    strike: ({ simulation }) => {
      simulation.tell('the coordination service is down')
      simulation.coordination.goDown()
    },
  },
  coordinationWipe: {
    weight: 0.5,
    strike: ({ simulation }) => {
      simulation.tell('the coordination service loses its disks')
      simulation.coordination.wipe()
    },
  },
  coordinationRollback: {
    weight: 1,
    strike: ({ simulation, chance }) => {
      simulation.tell('the register of epochs is restored from a backup')
      simulation.coordination.rollBackEpoch(chance.integer(1, 4))
    },
  },
  coordinationLag: {
    weight: 1,
    strike: ({ simulation }) => {
      simulation.tell('servers of the coordination service lag behind')
      simulation.coordination.isStale = true
    },
  },
  coordinationDoubt: {
    weight: 1,
    strike: ({ simulation, chance }) => {
      simulation.tell('answers of the coordination service get lost')
      simulation.coordination.ambiguity = chance.between(0.05, 0.3)
      simulation.coordination.slowness = chance.between(0, 0.3)
    },
  },
} as const satisfies Readonly<Record<string, FaultFamily>>

export type FaultName = keyof typeof faults

/** Half of the time something starts the process again at once. */
function crash(victim: SimulatedBroker, chance: Chance, powerCut: number): void {
  if (!victim.isUp) return
  if (chance.chance(powerCut)) victim.losePower()
  else victim.kill()
  if (chance.chance(0.5)) victim.start()
}

/** Strikes at a point that chance alone would hardly find. */
function setTrap(simulation: Simulation, victim: SimulatedBroker, chance: Chance): void {
  const waitsFor = chance.pick(trapped)
  const draw = chance.random()
  let countdown = chance.integer(1, 4)
  victim.witness.onEffect = (effect) => {
    if (!matches(effect, waitsFor) || --countdown > 0) return
    victim.witness.onEffect = () => undefined
    // Behind the effect: what it asked for has begun.
    simulation.timeline.after(chance.chance(0.5) ? 0 : chance.between(0, 3), () => {
      simulation.tell(`trap: ${victim.id}, ${waitsFor}`)
      if (draw < 0.25) crash(victim, chance, 0)
      else if (draw < 0.5) crash(victim, chance, 1)
      else if (draw < 0.8) isolate(simulation, victim, chance)
      else if (draw < 0.9) victim.pause()
      else simulation.network.reset(victim.id)
    })
  }
}

function matches(effect: ReplicaEffect, waitsFor: string): boolean {
  return effect.type === waitsFor || (effect.type === 'send' && effect.frame.type === waitsFor)
}

/** One side: a node with a minority, or alone; sometimes together with its clients' way to it. */
function isolate(simulation: Simulation, victim: SimulatedBroker, chance: Chance): void {
  const others = simulation.brokers.filter((other) => other !== victim)
  const beside = others.length > 2 ? chance.pick(others) : victim
  simulation.tell(`${victim.id} is alone${beside === victim ? '' : ` with ${beside.id}`}`)
  for (const other of others) {
    if (other === beside) continue
    for (const inside of new Set([victim.id, beside.id])) {
      simulation.network.cut(inside, other.id)
      simulation.network.cut(other.id, inside)
    }
  }
  if (chance.chance(0.3)) simulation.network.cut(victim.id, 'zk')
}
