import { formatDestination } from '@quorate/core/model/destination'
import { heldBy } from './engine/administration/views.ts'
import type { EngineView, SlowestCounts } from './engine/engine-view.ts'
import type { FlowStatus, TemporaryStatus } from './management/broker-status.ts'
import type { TemporaryView } from './store/temporary-store.ts'

/** Destinations that a status names. */
const FULLEST_SHOWN_MAX = 10

/** What the engine's figures say about senders that wait, for people. */
export function flowStatus(view: EngineView): FlowStatus {
  const { flow, topics } = view
  const waiting = Object.entries(flow.waitingSends).filter(([, count]) => count > 0)
  // Few of very many, as a rule: the others are not even named.
  const queues = view.queues.filter(isHolding).map((queue) => ({
    ...queue,
    name: formatDestination(queue.destination),
  }))
  const slow = topics.filter(isHolding).map((topic) => ({
    ...topic,
    name: formatDestination(topic.destination),
  }))
  const durables = view.durables.filter(isHolding).map((durable) => {
    const { clientId, name, topic } = durable
    return { ...durable, name: `${formatDestination(topic)} (${clientId}:${name})` }
  })
  return {
    memoryUsedBytes: view.memoryUsedBytes,
    memoryLimitBytes: view.memoryLimitBytes,
    temporary: temporaryOf(view.temporary),
    shortages: flow.shortages,
    waitingSends: Object.fromEntries(waiting),
    pausedConnections: flow.pausedSenders,
    discardedMessages: topics.reduce((sum, { discarded }) => sum + discarded, 0),
    fullest: [...queues, ...slow, ...durables]
      .sort((one, other) => heldBy(other) - heldBy(one))
      .slice(0, FULLEST_SHOWN_MAX)
      .map(({ name, memoryBytes, memoryLimitBytes, spilledBytes }) => {
        return { destination: name, memoryUsedBytes: memoryBytes, memoryLimitBytes, spilledBytes }
      }),
  }
}

function isHolding(counts: SlowestCounts): boolean {
  return heldBy(counts) > 0
}

function temporaryOf(view: TemporaryView | null): TemporaryStatus | null {
  if (view === null) return null
  const { usedBytes, limitBytes } = view
  // A limit that waits for the size of its disk may be none.
  const percentUsed = limitBytes === 0 ? 100 : Math.round((100 * usedBytes) / limitBytes)
  return { ...view, percentUsed }
}
