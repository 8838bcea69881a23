import type { DestinationName } from '@quorate/core/model/destination'
import type { TemporaryView } from '../store/temporary-store.ts'
import { durableView, queueView, topicView } from './administration/views.ts'
import type { BacklogCounts } from './dispatch/backlog.ts'
import type { EngineCore } from './engine-core.ts'
import type { FlowCounts } from './policy/flow-control.ts'

export interface QueueView extends BacklogCounts {
  readonly destination: DestinationName
}

/** What waits for the subscriber that has most, of those that are to miss nothing. */
export type SlowestCounts = Pick<BacklogCounts, 'memoryBytes' | 'memoryLimitBytes' | 'spilledBytes'>

export interface TopicView extends SlowestCounts {
  readonly destination: DestinationName
  readonly consumers: number
  readonly durables: number
  readonly published: number
  /** Messages that slow subscribers never got. */
  readonly discarded: number
}

export interface DurableView extends BacklogCounts {
  readonly clientId: string
  readonly name: string
  readonly topic: DestinationName
  readonly active: boolean
}

/** Figures of an engine, in messages and bytes. */
export interface EngineView {
  readonly clients: number
  readonly consumers: number
  /** Non-persistent messages that wait or are handed out. */
  readonly memoryUsedBytes: number
  readonly memoryLimitBytes: number
  /** null where messages stay in memory. */
  readonly temporary: TemporaryView | null
  /** Messages that wait for subscribers of topics, counted for each of them. */
  readonly topicPendingBytes: number
  /** Appended to the log, not committed. */
  readonly uncommittedRecords: number
  readonly uncommittedBytes: number
  readonly flow: FlowCounts
  readonly queues: readonly QueueView[]
  readonly topics: readonly TopicView[]
  readonly durables: readonly DurableView[]
}

const EMPTY: EngineView = {
  clients: 0,
  consumers: 0,
  memoryUsedBytes: 0,
  memoryLimitBytes: 0,
  temporary: null,
  topicPendingBytes: 0,
  uncommittedRecords: 0,
  uncommittedBytes: 0,
  flow: {
    pausedSenders: 0,
    waitingSends: { uncommitted: 0, memory: 0, destination: 0, store: 0, temp: 0 },
    waitingBytes: 0,
    shortages: [],
  },
  queues: [],
  topics: [],
  durables: [],
}

export interface OpenCounts {
  readonly clients: number
  readonly consumers: number
  readonly topicPendingBytes: number
}

export function engineView(core: EngineCore | null, open: OpenCounts): EngineView {
  if (core === null) return EMPTY
  const { registry, records, backlogs, flow } = core
  return {
    clients: open.clients,
    consumers: open.consumers,
    memoryUsedBytes: backlogs.memory.usedBytes,
    memoryLimitBytes: backlogs.memory.limitBytes,
    temporary: backlogs.spiller?.view ?? null,
    topicPendingBytes: open.topicPendingBytes,
    uncommittedRecords: records.length,
    uncommittedBytes: records.bytes,
    flow: flow.counts,
    queues: [...registry.queues()].map(queueView),
    topics: [...registry.topics()].map(topicView),
    durables: [...registry.durables()].map(durableView),
  }
}
