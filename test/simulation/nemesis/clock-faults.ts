import type { Fault } from './fault.ts'

/**
 * A lease of 600 ms ends before voters forget it, unless a clock is a third faster than another.
 */
const DRIFT = 0.01
const LARGE_DRIFT = 0.05
/** Jumps below the timeouts, and through them. */
const STEP_MS = 2_000

export const clockFaults = {
  wallClock: {
    weight: 1,
    strike: ({ victim, chance }) => victim.skewWallClock(chance.between(-3_600_000, 3_600_000)),
  },
  /** Forward and back again, or back and forward; sometimes it starts in between. */
  wallClockStep: {
    weight: 1,
    strike: ({ victim, chance, later }) => {
      const ms = chance.between(-STEP_MS, STEP_MS)
      victim.skewWallClock(ms)
      if (chance.chance(0.3)) {
        victim.kill()
        victim.start()
      }
      later(chance.between(10, 800), () => victim.skewWallClock(-ms))
    },
  },
  clockDrift: {
    weight: 1.5,
    strike: ({ simulation, chance }) => {
      const most = chance.chance(0.8) ? DRIFT : LARGE_DRIFT
      for (const broker of simulation.brokers) broker.driftClock(1 + chance.between(-most, most))
    },
  },
} as const satisfies Readonly<Record<string, Fault>>
