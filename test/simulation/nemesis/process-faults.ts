import { trapPoints } from '../../../packages/broker/test/replication/world/trap.ts'
import type { TrapPoint } from '../../../packages/broker/test/replication/world/trap.ts'
import type { Fault, StrikeContext } from './fault.ts'
import { crash, onEffect } from './fault.ts'
import { isolate } from './network-faults.ts'

const trapped: readonly TrapPoint[] = [...trapPoints, 'sync']

export const processFaults = {
  kill: { weight: 4, strike: ({ victim, chance }) => crash(victim, chance, 0) },
  powerCut: { weight: 3, strike: ({ victim, chance }) => crash(victim, chance, 1) },
  blackout: {
    weight: 2,
    strike: ({ simulation, chance }) => {
      for (const broker of simulation.brokers) if (chance.chance(0.7)) broker.losePower()
      for (const broker of simulation.brokers) if (chance.chance(0.7)) broker.start()
    },
  },
  trap: { weight: 8, strike: (at) => setTrap(at) },
  cleanStop: { weight: 1, strike: ({ victim }) => victim.stop() },
  pause: { weight: 3, strike: ({ victim }) => victim.pause() },
} as const satisfies Readonly<Record<string, Fault>>

/** Strikes at a point that chance alone would hardly find. */
function setTrap(at: StrikeContext): void {
  const { simulation, victim, chance } = at
  const point = chance.pick(trapped)
  const draw = chance.random()
  onEffect({ victim, point, countdown: chance.integer(1, 4) }, () => {
    // Behind the effect: what it asked for has begun.
    simulation.timeline.after(chance.chance(0.5) ? 0 : chance.between(0, 3), () => {
      simulation.tell(`trap: ${victim.id}, ${point}`)
      if (draw < 0.25) crash(victim, chance, 0)
      else if (draw < 0.5) crash(victim, chance, 1)
      else if (draw < 0.8) isolate(at)
      else if (draw < 0.9) victim.pause()
      else simulation.network.reset(victim.id)
    })
  })
}
