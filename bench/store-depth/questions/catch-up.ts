import { setTimeout as delay } from 'node:timers/promises'
import type { BrokerNode } from '../../../test/support/broker-node.ts'
import { monotonicNowMs } from '../../../test/support/ndjson-process.ts'
import type { DepthCluster } from '../depth-cluster.ts'
import { many } from '../figures.ts'
import type { DepthOptions } from '../options.ts'
import { catchUpFigures, describeWay, lowerBy, told } from './catch-up-figures.ts'
import type { CatchUpRound, CatchingUp, Phase, Sample } from './catch-up-figures.ts'
import type { Answer, Question } from './question.ts'

const BEHIND_QUEUE = 'store-depth-behind'
const STREAM_QUEUE = 'store-depth-stream'
const WARM_UP_MS = 10_000
/** After a broker went or came: nobody looks at what that itself costs. */
const SETTLE_MS = 3_000
/** A full size of everything that passes while rounds are measured. */
const STREAM_BYTES = 3e9
const LOOK_EVERY_MS = 1_000
/** A catch-up under a load that never pauses may take for ever: after so many phases it pauses. */
const CATCH_UP_PHASES_MAX = 15
/** Clients that get nowhere for so long have no broker. */
const STALLED_MS = 120_000
const limit = { at: 'most', value: 20 } as const

/** What every phase needs: the load flows all the time, through the same leader. */
interface Stage {
  readonly cluster: DepthCluster
  readonly leader: BrokerNode
  readonly follower: BrokerNode
  readonly phaseSeconds: number
}

/** What clients get done, and what the leader says of the follower, until the end of the phase. */
async function watch(
  { cluster, leader, follower }: Stage,
  isOver: (sample: Sample) => boolean,
): Promise<Phase> {
  const samples: Sample[] = []
  const first = await cluster.load.look()
  let moved = first
  for (;;) {
    const status = await leader.status()
    const seen = status?.followers.find(({ nodeId }) => nodeId === follower.name)
    const { t, sent, count } = await cluster.load.look()
    if (sent > moved.sent || count > moved.count) moved = { ...moved, t, sent, count }
    if (t - moved.t > STALLED_MS) throw new Error(`nothing was sent for ${STALLED_MS / 1000} s`)
    const sample: Sample = {
      seconds: (t - first.t) / 1000,
      sent: sent - first.sent,
      received: count - first.count,
      isInStep: seen?.state === 'voter' && seen.connected && seen.catchUp === null,
      catchUp: seen?.catchUp ?? null,
    }
    samples.push(sample)
    if (isOver(sample)) break
    await delay(LOOK_EVERY_MS)
  }
  return { samples }
}

async function measured(stage: Stage, what: string): Promise<Phase> {
  await settle(stage, SETTLE_MS)
  stage.cluster.progress.begin(what, stage.phaseSeconds)
  return watch(stage, ({ seconds }) => {
    stage.cluster.progress.update(Math.floor(seconds))
    return seconds >= stage.phaseSeconds
  })
}

async function settle({ cluster }: Stage, ms: number): Promise<void> {
  await delay(ms)
  cluster.check()
}

/** Clients with all in step, then with two brokers; the follower is down afterwards. */
async function measureWithout(stage: Stage): Promise<Omit<CatchUpRound, 'catchingUp'>> {
  const inStep = await measured(stage, 'load with all three in step, seconds')
  await stage.cluster.end([stage.follower], 'SIGKILL')
  const down = await measured(stage, 'load with two brokers, seconds')
  return { inStep, down }
}

/** The follower comes back with an empty disk; all are in step afterwards. */
async function catchUpAgain(stage: Stage): Promise<CatchingUp> {
  const { cluster, follower } = stage
  const secondsMax = stage.phaseSeconds * CATCH_UP_PHASES_MAX
  follower.wipe()
  cluster.progress.begin('load while a wiped follower catches up', 1)
  cluster.start([follower])
  const phase = await watch(stage, ({ seconds, isInStep, catchUp }) => {
    cluster.progress.show(`, ${many(seconds)} s: ${told(catchUp)}`)
    return isInStep || seconds >= secondsMax
  })
  return { ...phase, secondsWithoutLoad: await finishCatchUp(stage, phase) }
}

/** Where the load kept the follower from getting in step, it goes on when that has. */
async function finishCatchUp(stage: Stage, { samples }: Phase): Promise<number> {
  if (samples.at(-1)?.isInStep === true) return 0
  const { cluster, follower } = stage
  const startedMs = monotonicNowMs()
  await endLoad(cluster)
  await cluster.inStep(follower)
  const seconds = (monotonicNowMs() - startedMs) / 1000
  await beginLoad(cluster)
  return seconds
}

async function beginLoad(cluster: DepthCluster): Promise<void> {
  await cluster.load.run('beginning to send and consume', { do: 'stream', queue: STREAM_QUEUE })
}

async function endLoad(cluster: DepthCluster): Promise<void> {
  await cluster.load.run('ending the load', { do: 'halt' })
}

async function measure(cluster: DepthCluster, options: DepthOptions): Promise<Answer> {
  await cluster.send(BEHIND_QUEUE, Math.ceil(options.behindBytes / options.bytes))
  await cluster.whole()
  const [follower] = await cluster.followers()
  if (follower === undefined) throw new Error('no follower')
  const leader = await cluster.leader()
  const stage: Stage = { cluster, leader, follower, phaseSeconds: options.phaseSeconds }
  await beginLoad(cluster)
  await settle(stage, WARM_UP_MS)
  const rounds: CatchUpRound[] = []
  for (let round = 1; round <= options.rounds; round++) {
    const without = await measureWithout(stage)
    const catchingUp = await catchUpAgain(stage)
    rounds.push({ ...without, catchingUp })
    cluster.progress.say(`catch-up: round ${round}, ${describeRound({ ...without, catchingUp })}`)
  }
  // Each catch-up is compared with what was before it and after it.
  const last = await measureWithout(stage)
  await endLoad(cluster)
  const figures = catchUpFigures({ rounds, last, options, limit })
  return { figures, details: { rounds, last } }
}

function describeRound({ inStep, down, catchingUp }: CatchUpRound): string {
  const [lowerThanDown, lowerThanInStep] = [down, inStep].map(
    (phase) => `${lowerBy(catchingUp, [phase]).toFixed(1)}%`,
  )
  return (
    `${describeWay(catchingUp)}, clients ${lowerThanDown} below two brokers, ` +
    `${lowerThanInStep} below three in step`
  )
}

export const catchUp: Question = {
  name: 'catch-up',
  sharesBacklog: false,
  bodyBytes: ({ behindBytes }) => behindBytes + STREAM_BYTES,
  limits: [
    { what: 'clients while a follower catches up, below two brokers', unit: '%', limit },
    { what: 'clients while a follower catches up, below three in step', unit: '%', limit },
  ],
  measure,
}
