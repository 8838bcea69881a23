import { formatDestination } from '@quorate/core/model/destination'
import type { EngineView } from './engine/engine-view.ts'
import type { FlowStatus } from './management/broker-status.ts'

/** Destinations that a status names. */
const FULLEST_SHOWN_MAX = 10

/** What the engine's figures say about senders that wait, for people. */
export function flowStatus(view: EngineView): FlowStatus {
  const { flow, topics } = view
  const waiting = Object.entries(flow.waitingSends).filter(([, count]) => count > 0)
  const queues = view.queues.map((queue) => ({
    ...queue,
    name: formatDestination(queue.destination),
  }))
  const durables = view.durables.map((durable) => {
    const { clientId, name, topic } = durable
    return { ...durable, name: `${formatDestination(topic)} (${clientId}:${name})` }
  })
  return {
    memoryUsedBytes: view.memoryUsedBytes,
    memoryLimitBytes: view.memoryLimitBytes,
    shortages: flow.shortages,
    waitingSends: Object.fromEntries(waiting),
    pausedConnections: flow.pausedSenders,
    discardedMessages: topics.reduce((sum, { discarded }) => sum + discarded, 0),
    fullest: [...queues, ...durables]
      .filter(({ memoryBytes }) => memoryBytes > 0)
      .sort((one, other) => other.memoryBytes - one.memoryBytes)
      .slice(0, FULLEST_SHOWN_MAX)
      .map(({ name, memoryBytes, memoryLimitBytes }) => {
        return { destination: name, memoryUsedBytes: memoryBytes, memoryLimitBytes }
      }),
  }
}
