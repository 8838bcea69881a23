import type { DestinationEntry } from '../../../engine/administration/views.ts'
import type { QueueView } from '../../../engine/engine-view.ts'
import type { Metric, Sample } from './exposition.ts'

/** Destinations that have metrics of their own; the others are counted together only. */
export const DESTINATIONS_SHOWN_MAX = 1000

/** All destinations of the broker, in sums, and some of them by name. */
export interface DestinationSums {
  readonly byKind: ReadonlyMap<string, KindSums>
  /** At most DESTINATIONS_SHOWN_MAX, in the order of their names: the same at every scrape. */
  readonly shown: readonly DestinationEntry[]
  /** Those that fit the filter and are not among them. */
  readonly omitted: number
}

interface KindSums {
  destinations: number
  pending: number
  pendingBytes: number
  inFlight: number
  enqueued: number
  dispatched: number
  dequeued: number
  expired: number
}

/** One walk over all destinations. Temporary ones come and go: they have no metrics by name. */
export function sumsOf(entries: Iterable<DestinationEntry>, filter: string): DestinationSums {
  const byKind = new Map<string, KindSums>()
  const named: DestinationEntry[] = []
  const wanted = filter.toLowerCase()
  for (const entry of entries) {
    const { kind, name } = entry.destination
    const sums = byKind.get(kind) ?? emptySums()
    byKind.set(kind, sums)
    add(sums, entry)
    if (kind !== 'queue' && kind !== 'topic') continue
    if (name.toLowerCase().includes(wanted)) named.push(entry)
  }
  named.sort((a, b) => (a.destination.name < b.destination.name ? -1 : 1))
  const shown = named.slice(0, DESTINATIONS_SHOWN_MAX)
  return { byKind, shown, omitted: named.length - shown.length }
}

function emptySums(): KindSums {
  const none = { pending: 0, pendingBytes: 0, inFlight: 0, enqueued: 0, dispatched: 0 }
  return { destinations: 0, ...none, dequeued: 0, expired: 0 }
}

function add(sums: KindSums, { figures: { queue, topic } }: DestinationEntry): void {
  sums.destinations++
  if (queue === null) {
    sums.enqueued += topic.published
    return
  }
  sums.pending += queue.depth
  sums.pendingBytes += queue.bytes
  sums.inFlight += queue.inFlight
  sums.enqueued += queue.enqueued
  sums.dispatched += queue.dispatched
  sums.dequeued += queue.dequeued
  sums.expired += queue.expired
}

const ofKinds =
  (figure: keyof KindSums) =>
  ({ byKind }: DestinationSums): readonly Sample[] =>
    [...byKind].map(([kind, sums]) => ({ labels: { kind }, value: sums[figure] }))

const ofQueues =
  (figure: (queue: QueueView) => number) =>
  ({ shown }: DestinationSums): readonly Sample[] =>
    shown.flatMap(({ destination, figures: { queue } }) =>
      queue === null ? [] : [{ labels: { destination: destination.name }, value: figure(queue) }],
    )

/** What the leader tells besides. Counters begin at 0 with each leadership, as after a restart. */
export const destinationMetrics: readonly Metric<DestinationSums>[] = [
  {
    name: 'quorate_destinations',
    type: 'gauge',
    help: 'Destinations by kind.',
    samples: ofKinds('destinations'),
  },
  {
    name: 'quorate_destinations_omitted',
    type: 'gauge',
    help: 'Destinations beyond the limit, which have no metrics by name in this answer.',
    samples: ({ omitted }) => [{ value: omitted }],
  },
  {
    name: 'quorate_messages_pending',
    type: 'gauge',
    help: 'Messages in all queues that are not acknowledged.',
    samples: ofKinds('pending'),
  },
  {
    name: 'quorate_messages_pending_bytes',
    type: 'gauge',
    help: 'Bytes of these.',
    samples: ofKinds('pendingBytes'),
  },
  {
    name: 'quorate_messages_in_flight',
    type: 'gauge',
    help: 'Messages of all queues that consumers have and did not acknowledge.',
    samples: ofKinds('inFlight'),
  },
  {
    name: 'quorate_messages_enqueued_total',
    type: 'counter',
    help: 'Messages that came in.',
    samples: ofKinds('enqueued'),
  },
  {
    name: 'quorate_messages_dispatched_total',
    type: 'counter',
    help: 'Messages of queues that were handed out, each time counted.',
    samples: ofKinds('dispatched'),
  },
  {
    name: 'quorate_messages_dequeued_total',
    type: 'counter',
    help: 'Messages of queues that were acknowledged, or removed.',
    samples: ofKinds('dequeued'),
  },
  {
    name: 'quorate_messages_expired_total',
    type: 'counter',
    help: 'Messages of queues that nobody came for in time.',
    samples: ofKinds('expired'),
  },
  {
    name: 'quorate_queue_pending',
    type: 'gauge',
    help: 'Messages in the queue that are not acknowledged.',
    samples: ofQueues(({ depth }) => depth),
  },
  {
    name: 'quorate_queue_in_flight',
    type: 'gauge',
    help: 'Messages of the queue that consumers have and did not acknowledge.',
    samples: ofQueues(({ inFlight }) => inFlight),
  },
  {
    name: 'quorate_queue_consumers',
    type: 'gauge',
    help: 'Subscriptions to the queue, browsers included.',
    samples: ofQueues(({ consumers }) => consumers),
  },
  {
    name: 'quorate_queue_enqueued_total',
    type: 'counter',
    help: 'Messages that came into the queue.',
    samples: ofQueues(({ enqueued }) => enqueued),
  },
  {
    name: 'quorate_queue_dequeued_total',
    type: 'counter',
    help: 'Messages of the queue that were acknowledged, or removed.',
    samples: ofQueues(({ dequeued }) => dequeued),
  },
  {
    name: 'quorate_topic_published_total',
    type: 'counter',
    help: 'Messages that were published to the topic.',
    samples: ({ shown }) =>
      shown.flatMap(({ destination, figures: { topic } }) =>
        topic === null
          ? []
          : [{ labels: { destination: destination.name }, value: topic.published }],
      ),
  },
]
