import type { Fault } from './fault.ts'

export const coordinationFaults = {
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
  /** What is to tell of changes gets lost, and nobody asks again before it is time. */
  coordinationDeaf: {
    weight: 0.7,
    strike: ({ simulation }) => {
      simulation.tell('notifications of the coordination service get lost')
      simulation.coordination.isDeaf = true
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
} as const satisfies Readonly<Record<string, Fault>>
