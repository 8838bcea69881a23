import { MemoryCoordination } from '@quorate/broker/coordination/memory-coordination'
import { MemoryCoordinator } from '@quorate/broker/coordination/memory-coordinator'
import { systemClock } from '@quorate/core/base/clock'
import { coordinatorSuite } from './coordinator-suite.ts'

coordinatorSuite('in memory', () => {
  const sessionTimeoutMs = 300
  const services = new Map<string, MemoryCoordination>()
  const serviceOf = (cluster: string) => {
    const standing = services.get(cluster)
    if (standing !== undefined) return standing
    const service = new MemoryCoordination({ clock: systemClock, delayMs: 1, sessionTimeoutMs })
    services.set(cluster, service)
    return service
  }
  return Promise.resolve({
    sessionTimeoutMs,
    join(cluster) {
      const coordinator = new MemoryCoordinator({
        service: serviceOf(cluster),
        operationTimeoutMs: 500,
      })
      return { coordinator, cut: () => coordinator.cut(), heal: () => coordinator.heal() }
    },
    stop: () => Promise.resolve(),
  })
})
