import type { DestinationName } from '@quorate/core/model/destination'
import { Queue } from '../destination/queue.ts'
import type { Topic } from '../destination/topic.ts'
import type { DurableView, QueueView, SlowestCounts, TopicView } from '../engine-view.ts'
import type { DurableSubscription } from '../subscription/durable-subscription.ts'

/** A destination, whose figures are read when they are asked for: there may be very many. */
export interface DestinationEntry {
  readonly destination: DestinationName
  readonly figures: DestinationFigures
  /** One of them, without the others: what a long list is sorted by. 0 where a topic has none. */
  figure(name: SortedFigure): number
}

export type SortedFigure = 'pending' | 'consumers' | 'enqueued' | 'dequeued'

export type DestinationFigures =
  | { readonly queue: QueueView; readonly topic: null }
  | { readonly queue: null; readonly topic: TopicView }

export interface ConnectionView {
  readonly connectionId: string
  readonly clientId: string
  readonly userName: string
  readonly remoteAddress: string
  readonly consumers: number
  readonly transactions: number
}

export interface ConsumerView {
  readonly consumerId: string
  readonly connectionId: string
  readonly clientId: string
  readonly destination: DestinationName
  readonly prefetch: number
  readonly inFlight: number
  readonly browser: boolean
  readonly exclusive: boolean
  readonly priority: number
  readonly noLocal: boolean
  readonly selector: string
  readonly durableName: string
}

export function queueView({ destination, backlog, consumers }: Queue): QueueView {
  return { destination, ...backlog.counts, consumers }
}

export function topicView(topic: Topic): TopicView {
  const { destination, consumers, published, discarded, durables } = topic
  const counts = { consumers, published, discarded, durables: durables.length }
  return { destination, ...counts, ...slowestOf(topic) }
}

function slowestOf({ backlogs }: Topic): SlowestCounts {
  let slowest: SlowestCounts = { memoryBytes: 0, memoryLimitBytes: 0, spilledBytes: 0 }
  for (const { counts } of backlogs) if (heldBy(counts) > heldBy(slowest)) slowest = counts
  const { memoryBytes, memoryLimitBytes, spilledBytes } = slowest
  return { memoryBytes, memoryLimitBytes, spilledBytes }
}

/** Bytes that only memory has, or the temporary store. */
export function heldBy({ memoryBytes, spilledBytes }: SlowestCounts): number {
  return memoryBytes + spilledBytes
}

export function durableView(durable: DurableSubscription): DurableView {
  const { clientId, name, topic } = durable.description
  return { clientId, name, topic, active: durable.isActive, ...durable.backlog.counts }
}

const ofQueue: Readonly<Record<SortedFigure, (queue: Queue) => number>> = {
  pending: ({ backlog }) => backlog.depth,
  consumers: ({ consumers }) => consumers,
  enqueued: ({ backlog }) => backlog.enqueued,
  dequeued: ({ backlog }) => backlog.dequeued,
}

const ofTopic: Readonly<Record<SortedFigure, (topic: Topic) => number>> = {
  pending: () => 0,
  consumers: ({ consumers }) => consumers,
  enqueued: ({ published }) => published,
  dequeued: () => 0,
}

/** A destination as it is listed. */
export class ListedDestination implements DestinationEntry {
  readonly #target: Queue | Topic

  constructor(target: Queue | Topic) {
    this.#target = target
  }

  get destination(): DestinationName {
    return this.#target.destination
  }

  get figures(): DestinationFigures {
    return this.#target instanceof Queue
      ? { queue: queueView(this.#target), topic: null }
      : { queue: null, topic: topicView(this.#target) }
  }

  figure(name: SortedFigure): number {
    return this.#target instanceof Queue ? ofQueue[name](this.#target) : ofTopic[name](this.#target)
  }
}
