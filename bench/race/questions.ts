import type { Ability } from './contenders/contender.ts'
import type { Entrant } from './entrant.ts'
import { failover, restart } from './failover.ts'
import type { LoadTask } from './load/load-task.ts'
import type { Measure, Sample } from './sample.ts'

/** How long, and how much: the flags. */
export interface Shape {
  readonly warmupMs: number
  readonly measureMs: number
  /** Messages that wait before they are consumed. */
  readonly backlog: number
  /** Kills of a leader in a round of a question about them. */
  readonly kills: number
  /** Messages that wait as a leader with a backlog is killed. */
  readonly deepBacklog: number
}

export interface Question {
  readonly name: string
  /** The row's title. */
  readonly asks: string
  /** What a contender must be able to do. */
  readonly needs: readonly Ability[]
  /** The number that the race is about, and which way is better. */
  readonly measure: Measure
  readonly better: 'more' | 'less'
  ask(entrant: Entrant, shape: Shape, queue: string): Promise<Sample>
}

const KB = 1024
const WINDOW = 1000
const PREFETCH = 1000
const ACKNOWLEDGE_EVERY = 100

interface Sends {
  readonly senders?: number
  readonly window?: number
  readonly bytes?: number
  readonly queues?: number
  readonly idle?: number
}

/** A queue is gone with its task, so that nobody's backlog is the next one's. */
async function removing(
  entrant: Entrant,
  queues: readonly string[],
  task: () => Promise<Sample>,
): Promise<Sample> {
  const sample = await task()
  await entrant.running.remove(queues)
  return sample
}

function namesOf(queue: string, queues: number): string[] {
  if (queues === 1) return [queue]
  return Array.from({ length: queues }, (_, at) => `${queue}.${at}`)
}

function sending(sends: Sends): Question['ask'] {
  const { senders = 1, window = 1, bytes = KB, queues = 1, idle = 0 } = sends
  return (entrant, { warmupMs, measureMs }, queue) =>
    removing(entrant, namesOf(queue, queues), () =>
      entrant.measure({
        do: 'send',
        queue,
        queues,
        senders,
        window,
        bytes,
        idle,
        warmupMs,
        measureMs,
      }),
    )
}

function send(name: string, asks: string, sends: Sends): Question {
  const isLatency = (sends.senders ?? 1) === 1 && (sends.window ?? 1) === 1
  return {
    name,
    asks,
    needs: ['send'],
    measure: isLatency ? 'p50Ms' : 'perSecond',
    better: isLatency ? 'less' : 'more',
    ask: sending(sends),
  }
}

const consume: Question = {
  name: 'consume',
  asks: 'consume and acknowledge what waits, 1 KB',
  needs: ['fill', 'consume'],
  measure: 'perSecond',
  better: 'more',
  ask: (entrant, { backlog }, queue) =>
    removing(entrant, [queue], async () => {
      await entrant.load({ do: 'fill', queue, queues: 1, count: backlog, bytes: KB })
      return entrant.measure({
        do: 'consume',
        queue,
        count: backlog,
        prefetch: PREFETCH,
        acknowledgeEvery: ACKNOWLEDGE_EVERY,
      })
    }),
}

function flowTask(queue: string, shape: Shape, ratePerSecond: number): LoadTask {
  const { warmupMs, measureMs } = shape
  return {
    do: 'flow',
    queue,
    window: WINDOW,
    bytes: KB,
    ratePerSecond,
    warmupMs,
    measureMs,
    prefetch: PREFETCH,
    acknowledgeEvery: ACKNOWLEDGE_EVERY,
  }
}

const flow: Question = {
  name: 'flow',
  asks: 'produce and consume at once, 1 KB',
  needs: ['flow'],
  measure: 'perSecond',
  better: 'more',
  ask: (entrant, shape, queue) =>
    removing(entrant, [queue], () => entrant.measure(flowTask(queue, shape, 0))),
}

const halfLoad: Question = {
  name: 'half-load',
  asks: 'end to end at half of its own maximum, 1 KB, p99',
  needs: ['flow'],
  measure: 'p99Ms',
  better: 'less',
  ask: (entrant, shape, queue) =>
    removing(entrant, [queue, `${queue}.half`], async () => {
      const { count, seconds } = await entrant.load(flowTask(queue, shape, 0))
      const half = Math.max(1, Math.round(count / seconds / 2))
      return entrant.measure(flowTask(`${queue}.half`, shape, half))
    }),
}

const transactions: Question = {
  name: 'transactions',
  asks: 'transactions of 100 sends, 1 KB',
  needs: ['transactions'],
  measure: 'perSecond',
  better: 'more',
  ask: (entrant, { warmupMs, measureMs }, queue) =>
    removing(entrant, [queue], () =>
      entrant.measure({ do: 'transactions', queue, size: 100, bytes: KB, warmupMs, measureMs }),
    ),
}

const fanOut: Question = {
  name: 'fan-out',
  asks: 'one topic to 100 subscribers, 1 KB, deliveries',
  needs: ['fan-out'],
  measure: 'perSecond',
  better: 'more',
  ask: (entrant, { warmupMs, measureMs }, topic) =>
    entrant.measure({
      do: 'fan-out',

      topic,
      subscribers: 100,
      window: WINDOW,
      bytes: KB,
      warmupMs,
      measureMs,
    }),
}

const requestReply: Question = {
  name: 'request-reply',
  asks: 'request and reply, 1 KB, p50',
  needs: ['request-reply'],
  measure: 'p50Ms',
  better: 'less',
  ask: (entrant, { warmupMs, measureMs }, queue) =>
    removing(entrant, [queue], () =>
      entrant.measure({ do: 'request-reply', queue, bytes: KB, warmupMs, measureMs }),
    ),
}

const window = WINDOW

/** In the order in which a round asks them: what leaves a cluster restarting comes last. */
export const questions: readonly Question[] = [
  send('one', 'one send at a time, 1 KB, p50', {}),
  send('senders', '64 concurrent senders, 1 KB', { senders: 64 }),
  send('window-128b', '1,000 in flight, 128 B', { window, bytes: 128 }),
  send('window-1kb', '1,000 in flight, 1 KB', { window }),
  send('window-16kb', '1,000 in flight, 16 KB', { window, bytes: 16 * KB }),
  consume,
  flow,
  halfLoad,
  transactions,
  fanOut,
  requestReply,
  send('queues-100', '1,000 in flight over 100 queues, 1 KB', { window, queues: 100 }),
  send('queues-10000', '1,000 in flight over 10,000 queues, 1 KB', { window, queues: 10_000 }),
  send('connections-100', '1,000 in flight beside 100 connections, 1 KB', { window, idle: 100 }),
  send('connections-5000', '1,000 in flight beside 5,000 connections, 1 KB', {
    window,
    idle: 5_000,
  }),
  failover({ name: 'failover', asks: 'kill -9 of the leader to a confirmed send', blow: 'kill' }),
  failover({
    name: 'failover-deep',
    asks: 'the same with a backlog',
    blow: 'kill',
    isDeep: true,
  }),
  failover({
    name: 'failover-silent',
    asks: 'the leader falls silent, to a confirmed send',
    blow: 'silence',
  }),
  restart,
]
