import type { DepthCluster, MemorySample } from '../depth-cluster.ts'
import { many } from '../figures.ts'
import type { Figure } from '../figures.ts'
import type { DepthOptions } from '../options.ts'
import { memoryNote, residentMegabytes, sendingNote } from './notes.ts'
import type { Answer, Question } from './question.ts'
import { FULL_QUEUES, backlogBytes, isFullBacklog } from './question.ts'

const QUEUES = 'store-depth-many'
const memoryLimit = { at: 'most', value: 600 } as const

async function measure(cluster: DepthCluster, options: DepthOptions): Promise<Answer> {
  const before = await cluster.memory()
  const { seconds, busyShare } = await cluster.send(QUEUES, options.messages, options.queues)
  await cluster.whole()
  const memory = await cluster.memory()
  const isFullSize = isFullBacklog(options) && options.queues >= FULL_QUEUES
  const size = `${many(options.messages)} messages in ${many(options.queues)} queues`
  const resident = (role: MemorySample['role'], limit: Figure['limit']): Figure => ({
    question: 'many-queues',
    what: `${role}'s resident memory, ${size}`,
    measured: residentMegabytes(memory, role),
    unit: 'MB',
    limit,
    isFullSize,
    note: memoryNote(memory, role),
  })
  const rate: Figure = {
    question: 'many-queues',
    what: 'sending them, to each queue in turn',
    measured: options.messages / seconds,
    unit: '/s',
    limit: null,
    isFullSize,
    note: sendingNote(seconds, [busyShare]),
  }
  return {
    figures: [resident('leader', memoryLimit), resident('follower', null), rate],
    details: { before, memory, seconds, busyShare },
  }
}

export const manyQueues: Question = {
  name: 'many-queues',
  sharesBacklog: false,
  bodyBytes: backlogBytes,
  limits: [{ what: "leader's resident memory", unit: 'MB', limit: memoryLimit }],
  measure,
}
