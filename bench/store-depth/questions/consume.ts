import { distributionOf } from '../../../test/support/failover-times.ts'
import { BACKLOG_QUEUE } from '../depth-cluster.ts'
import type { DepthCluster } from '../depth-cluster.ts'
import { many } from '../figures.ts'
import type { Figure } from '../figures.ts'
import type { DepthOptions } from '../options.ts'
import type { Answer, Question } from './question.ts'
import { backlogBytes, isFullBacklog } from './question.ts'

const limit = { at: 'least', value: 60 } as const
/** Messages of a batch that is consumed as soon as it was sent: all in the broker's memory. */
const FRESH_MESSAGES_MAX = 20_000
/** Not counted: until the compiler has seen the way of a message often enough. */
const WARM_UP_BATCHES = 5
/** While the backlog waits in its queue, and again after it was consumed. */
const FRESH_BATCHES = 9
const BATCHES = WARM_UP_BATCHES + 2 * FRESH_BATCHES
/** Enough for a comparison that nothing is judged by. */
const FLOW_MESSAGES_MAX = 200_000
const FRESH_QUEUE = 'store-depth-fresh'
const FLOW_QUEUE = 'store-depth-flow'

interface Consumed {
  readonly perSecond: number
  readonly loadBusyShare: number
}

async function consumed(cluster: DepthCluster, queue: string, count: number): Promise<Consumed> {
  const { seconds, busyShare } = await cluster.receive(queue, count)
  return { perSecond: count / seconds, loadBusyShare: busyShare }
}

/** Consuming batches from a queue of their own, while nobody sends. */
async function consumeFresh(
  cluster: DepthCluster,
  { count, batches }: { readonly count: number; readonly batches: number },
): Promise<Consumed[]> {
  const all: Consumed[] = []
  for (let batch = 0; batch < batches; batch++) {
    await cluster.send(FRESH_QUEUE, count)
    all.push(await consumed(cluster, FRESH_QUEUE, count))
  }
  return all
}

function medianRate(all: readonly Consumed[]): number {
  return distributionOf(all.map(({ perSecond }) => perSecond)).median
}

/** The most that the load was computing, of the time. */
function percent(all: readonly Consumed[]): string {
  return `${Math.round(Math.max(...all.map(({ loadBusyShare }) => loadBusyShare)) * 100)}%`
}

async function measure(cluster: DepthCluster, options: DepthOptions): Promise<Answer> {
  await cluster.fill(options.messages)
  const messages = cluster.backlog
  const batch = Math.min(FRESH_MESSAGES_MAX, messages)
  const warmUp = await consumeFresh(cluster, { count: batch, batches: WARM_UP_BATCHES })
  const before = await consumeFresh(cluster, { count: batch, batches: FRESH_BATCHES })
  await cluster.whole()
  const backlog = await consumed(cluster, BACKLOG_QUEUE, messages)
  const after = await consumeFresh(cluster, { count: batch, batches: FRESH_BATCHES })
  const flow = await cluster.load.run('sending and consuming at once', {
    do: 'flow',
    queue: FLOW_QUEUE,
    count: Math.min(FLOW_MESSAGES_MAX, messages),
  })
  // The faster of both, which is the stricter comparison.
  const freshRate = Math.max(...[before, after].map(medianRate))
  const flowRate = flow.count / flow.seconds
  const figure: Figure = {
    question: 'consume',
    what: `consuming ${many(messages)} waiting against ${many(batch)} fresh messages`,
    measured: (backlog.perSecond / freshRate) * 100,
    unit: '%',
    limit,
    isFullSize: isFullBacklog(options),
    note:
      `${many(backlog.perSecond)}/s against ${many(freshRate)}/s, the faster of two medians; ` +
      `load busy ${percent([backlog])} and ${percent([...before, ...after])}`,
  }
  const flowing: Figure = {
    question: 'consume',
    what: 'sending and consuming at once, for comparison',
    measured: flowRate,
    unit: '/s',
    limit: null,
    isFullSize: isFullBacklog(options),
  }
  return {
    figures: [figure, flowing],
    details: { backlog, warmUp, before, after, batch, flowRate },
  }
}

export const consume: Question = {
  name: 'consume',
  sharesBacklog: true,
  bodyBytes: (options) =>
    1.2 * backlogBytes(options) + BATCHES * FRESH_MESSAGES_MAX * options.bytes,
  limits: [{ what: 'consuming the backlog against fresh messages', unit: '%', limit }],
  measure,
}
