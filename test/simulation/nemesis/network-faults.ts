import type { Fault, StrikeContext } from './fault.ts'
import { crash } from './fault.ts'

export const networkFaults = {
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
  isolate: { weight: 3, strike: (at) => isolate(at) },
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
  /** Connections break, and break off, in the middle of frames. */
  tornFrames: {
    weight: 1.5,
    strike: ({ simulation, victim, chance }) => {
      simulation.tell(`connections of ${victim.id} break in the middle of frames`)
      simulation.network.tearing = 0.8
      simulation.network.reset(victim.id)
      if (chance.chance(0.3)) crash(victim, chance, 0.5)
    },
  },
  splitFrames: {
    weight: 1,
    strike: ({ simulation, chance }) => {
      simulation.tell('frames arrive in pieces')
      simulation.network.splitting = chance.between(0.05, 0.3)
    },
  },
} as const satisfies Readonly<Record<string, Fault>>

/** One side: a node with a minority, or alone; sometimes together with its clients' way to it. */
export function isolate({ simulation, victim, chance }: StrikeContext): void {
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
