import { BACKLOG_QUEUE } from '../depth-cluster.ts'
import type { DepthCluster } from '../depth-cluster.ts'
import type { Figure } from '../figures.ts'
import { many } from '../figures.ts'
import type { DepthOptions } from '../options.ts'
import type { Answer, Question } from './question.ts'
import { backlogBytes, isFullBacklog } from './question.ts'

const limit = { at: 'most', value: 3 } as const
/** Sent just before a kill -9, so that there is a tail that no checkpoint has. */
const TAIL_MESSAGES_MAX = 20_000

const ways = ['SIGTERM', 'SIGKILL'] as const
const subjects = ['leader', 'follower', 'cluster'] as const

interface Restart {
  readonly subject: (typeof subjects)[number]
  readonly way: (typeof ways)[number]
  /** Until the last of the processes was gone. */
  readonly endSeconds: number
  /** From the start of the first process to serving. */
  readonly seconds: number
}

/**
 * One broker serves when the leader counts it again: in step, a voter. That which led follows
 * another one by then, whose election is no part of the restart.
 */
async function restartOne(
  cluster: DepthCluster,
  subject: 'leader' | 'follower',
  way: Restart['way'],
): Promise<Restart> {
  const [follower] = await cluster.followers()
  const node = subject === 'leader' ? await cluster.leader() : follower
  if (node === undefined) throw new Error('no follower')
  const endSeconds = await cluster.end([node], way)
  await cluster.leader()
  const startedMs = cluster.start([node])
  const seconds = ((await cluster.inStep(node)) - startedMs) / 1000
  return { subject, way, endSeconds, seconds }
}

/** A cluster serves when it has confirmed a send. */
async function restartCluster(cluster: DepthCluster, way: Restart['way']): Promise<Restart> {
  const endSeconds = await cluster.end(cluster.nodes, way)
  const startedMs = cluster.start(cluster.nodes)
  const seconds = ((await cluster.probe()).t - startedMs) / 1000
  return { subject: 'cluster', way, endSeconds, seconds }
}

async function measure(cluster: DepthCluster, options: DepthOptions): Promise<Answer> {
  await cluster.fill(options.messages)
  const tail = Math.min(TAIL_MESSAGES_MAX, Math.ceil(options.messages / 10))
  const restarts: Restart[] = []
  for (const subject of subjects) {
    for (const way of ways) {
      if (way === 'SIGKILL') await cluster.send(BACKLOG_QUEUE, tail)
      await cluster.whole()
      cluster.progress.begin(`restart of ${subject} after ${way}`, 1)
      const one =
        subject === 'cluster'
          ? await restartCluster(cluster, way)
          : await restartOne(cluster, subject, way)
      restarts.push(one)
      await cluster.whole()
      cluster.progress.say(
        `restart: ${subject} gone ${one.endSeconds.toFixed(2)} s after ${way}, ` +
          `serves ${one.seconds.toFixed(2)} s after its start`,
      )
    }
  }
  const waiting = cluster.waiting
  const figures = restarts.map((restart) => figureOf(restart, waiting, isFullBacklog(options)))
  return { figures, details: { waiting, tail, restarts } }
}

function figureOf(restart: Restart, waiting: number, isFullSize: boolean): Figure {
  const { subject, way, seconds, endSeconds } = restart
  const serving = subject === 'cluster' ? 'first confirmed send' : 'in step'
  const who = subject === 'cluster' ? 'all three brokers' : `one broker, the ${subject}`
  return {
    question: 'restart',
    what: `${who}, after ${way}, ${many(waiting)} waiting, start to ${serving}`,
    measured: seconds,
    unit: 's',
    limit,
    isFullSize,
    note: `ended within ${endSeconds.toFixed(2)} s`,
  }
}

export const restart: Question = {
  name: 'restart',
  sharesBacklog: true,
  bodyBytes: backlogBytes,
  limits: [{ what: 'process start to serving', unit: 's', limit }],
  measure,
}
