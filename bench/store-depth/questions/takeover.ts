import { distributionOf } from '../../../test/support/failover-times.ts'
import { monotonicNowMs } from '../../../test/support/ndjson-process.ts'
import type { DepthCluster } from '../depth-cluster.ts'
import type { Figure } from '../figures.ts'
import { many } from '../figures.ts'
import type { DepthOptions } from '../options.ts'
import type { Answer, Question } from './question.ts'
import { backlogBytes, isFullBacklog } from './question.ts'

const limit = { at: 'most', value: 2 } as const

interface Round {
  readonly killed: string
  readonly successor: string
  /** From the kill to the first confirmed send. */
  readonly seconds: number
  /** From the start of the killed one until it was in step again. */
  readonly backSeconds: number
}

async function takeOver(cluster: DepthCluster): Promise<Round> {
  await cluster.whole()
  const leader = await cluster.leader()
  // So that the client has a connection when its broker dies.
  const before = await cluster.probe()
  const killedMs = monotonicNowMs()
  const ended = cluster.end([leader], 'SIGKILL')
  let confirmed = await cluster.probe()
  // An answer of the killed one that was on the wire already is none.
  while (confirmed.failovers === before.failovers) confirmed = await cluster.probe()
  await ended
  const successor = await cluster.leader()
  const startedMs = cluster.start([leader])
  const backMs = await cluster.inStep(leader)
  return {
    killed: leader.name,
    successor: successor.name,
    seconds: (confirmed.t - killedMs) / 1000,
    backSeconds: (backMs - startedMs) / 1000,
  }
}

async function measure(cluster: DepthCluster, options: DepthOptions): Promise<Answer> {
  await cluster.fill(options.messages)
  const waiting = cluster.waiting
  const rounds: Round[] = []
  for (let round = 1; round <= options.rounds; round++) {
    cluster.progress.begin(`takeover ${round} of ${options.rounds}`, 1)
    const one = await takeOver(cluster)
    rounds.push(one)
    cluster.progress.say(
      `takeover: ${one.killed} killed, ${one.successor} confirmed after ` +
        `${one.seconds.toFixed(2)} s, ${one.killed} in step ${one.backSeconds.toFixed(2)} s ` +
        'after its start',
    )
  }
  const times = distributionOf(rounds.map(({ seconds }) => seconds))
  const figure: Figure = {
    question: 'takeover',
    what: `kill -9 to first confirmed send, ${many(waiting)} waiting, slowest`,
    measured: times.max,
    unit: 's',
    limit,
    isFullSize: isFullBacklog(options),
    note: `${times.count} rounds, median ${times.median.toFixed(2)} s`,
  }
  return { figures: [figure], details: { waiting, rounds } }
}

export const takeover: Question = {
  name: 'takeover',
  sharesBacklog: true,
  bodyBytes: backlogBytes,
  limits: [{ what: 'kill -9 to first confirmed send', unit: 's', limit }],
  measure,
}
