import type { FaultFamily } from './fault.ts'

export const clockFaults = {
  wallClock: {
    weight: 1,
    strike: ({ victim, chance }) => victim.skewWallClock(chance.between(-3_600_000, 3_600_000)),
  },
} as const satisfies Readonly<Record<string, FaultFamily>>
