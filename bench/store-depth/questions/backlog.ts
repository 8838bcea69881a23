import { BACKLOG_QUEUE } from '../depth-cluster.ts'
import type { DepthCluster, MemorySample } from '../depth-cluster.ts'
import { many } from '../figures.ts'
import type { Figure } from '../figures.ts'
import type { DepthOptions } from '../options.ts'
import { memoryNote, residentMegabytes, sendingNote } from './notes.ts'
import type { Answer, Question } from './question.ts'
import { backlogBytes, isFullBacklog } from './question.ts'

const STEPS = 5
/** The issue compares with this depth. */
const COMPARED_MESSAGES = 1_000_000
/** Beyond the idle time after which a broker writes its last checkpoint. */
const REST_MS = 15_000

const memoryLimit = { at: 'most', value: 400 } as const
const growthLimit = { at: 'most', value: 10 } as const

interface Step {
  readonly messages: number
  readonly seconds: number
  /** Of that, how much the load was computing. */
  readonly busyShare: number
  readonly memory: readonly MemorySample[]
}

/** The depths at which memory is looked at, ascending. */
export function depthsOf(messages: number): number[] {
  const depths = Array.from({ length: STEPS }, (_, at) => Math.round((messages * (at + 1)) / STEPS))
  if (messages > COMPARED_MESSAGES) depths.push(COMPARED_MESSAGES)
  return [...new Set(depths)].sort((a, b) => a - b)
}

async function measure(cluster: DepthCluster, options: DepthOptions): Promise<Answer> {
  const before = await cluster.memory()
  const steps: Step[] = []
  for (const messages of depthsOf(options.messages)) {
    const { seconds, busyShare } = await cluster.send(BACKLOG_QUEUE, messages - cluster.waiting)
    await cluster.whole()
    const step = { messages, seconds, busyShare, memory: await cluster.memory() }
    steps.push(step)
    cluster.progress.say(
      `backlog: ${many(messages)} waiting, leader ` +
        `${many(residentMegabytes(step.memory, 'leader'))} MB`,
    )
  }
  await cluster.rest(REST_MS)
  const rested = await cluster.memory()
  return {
    figures: figuresOf(options, steps, rested),
    details: { before, steps, rested, journals: cluster.journals() },
  }
}

function figuresOf(
  options: DepthOptions,
  steps: readonly Step[],
  rested: readonly MemorySample[],
): Figure[] {
  const last = steps.at(-1)?.memory ?? []
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0)
  const question = 'backlog' as const
  const isFullSize = isFullBacklog(options)
  const size = `${many(options.messages)} messages in one queue`
  const resident = (role: MemorySample['role'], limit: Figure['limit']): Figure => ({
    question,
    what: `${role}'s resident memory, ${size}`,
    measured: residentMegabytes(last, role),
    unit: 'MB',
    limit,
    isFullSize,
    note: `${memoryNote(last, role)}, at rest ${many(residentMegabytes(rested, role))} MB`,
  })
  return [
    resident('leader', memoryLimit),
    growth(options, steps),
    resident('follower', null),
    {
      question,
      what: `sending them, ${many(options.window)} unconfirmed at a time`,
      measured: options.messages / seconds,
      unit: '/s',
      limit: null,
      isFullSize,
      note: sendingNote(
        seconds,
        steps.map(({ busyShare }) => busyShare),
      ),
    },
  ]
}

/** How far the leader's memory is from what it was at the compared depth, or else at the first. */
function growth(options: DepthOptions, steps: readonly Step[]): Figure {
  const isCompared = options.messages > COMPARED_MESSAGES
  const low = isCompared ? COMPARED_MESSAGES : (steps[0]?.messages ?? 0)
  const [from = Number.NaN, to = Number.NaN] = [low, options.messages].map((depth) => {
    const step = steps.find(({ messages }) => messages === depth)
    return step === undefined ? Number.NaN : residentMegabytes(step.memory, 'leader')
  })
  return {
    question: 'backlog',
    what: `leader's resident memory, ${many(options.messages)} against ${many(low)} messages`,
    measured: (Math.abs(to - from) / from) * 100,
    unit: '%',
    limit: isCompared ? growthLimit : null,
    isFullSize: isFullBacklog(options),
    note: `${many(from)} MB, then ${many(to)} MB`,
  }
}

export const backlog: Question = {
  name: 'backlog',
  sharesBacklog: true,
  bodyBytes: backlogBytes,
  limits: [
    { what: "leader's resident memory, one queue", unit: 'MB', limit: memoryLimit },
    { what: "leader's resident memory, growth", unit: '%', limit: growthLimit },
  ],
  measure,
}
