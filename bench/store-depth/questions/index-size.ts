import type { DepthCluster } from '../depth-cluster.ts'
import { many } from '../figures.ts'
import type { Figure } from '../figures.ts'
import type { DepthOptions } from '../options.ts'
import type { Answer, Question } from './question.ts'
import { backlogBytes, isFullBacklog } from './question.ts'

const limit = { at: 'most', value: 24 } as const

async function measure(cluster: DepthCluster, options: DepthOptions): Promise<Answer> {
  await cluster.fill(options.messages)
  const waiting = cluster.waiting
  cluster.progress.begin('stopping all brokers', 1)
  // A clean stop ends with a checkpoint.
  await cluster.end(cluster.nodes, 'SIGTERM')
  const indexes = cluster.indexes()
  const most = Math.max(...indexes.map(({ bytes }) => bytes))
  cluster.start(cluster.nodes)
  await cluster.whole()
  const figure: Figure = {
    question: 'index',
    what: `LevelDB after a clean stop, a waiting message of ${many(waiting)}`,
    measured: most / waiting,
    unit: 'B',
    limit,
    isFullSize: isFullBacklog(options),
    note: `${many(most / 1e3)} kB in all`,
  }
  return { figures: [figure], details: { waiting, indexes } }
}

export const indexSize: Question = {
  name: 'index',
  sharesBacklog: true,
  bodyBytes: backlogBytes,
  limits: [{ what: 'LevelDB after a clean stop, a waiting message', unit: 'B', limit }],
  measure,
}
