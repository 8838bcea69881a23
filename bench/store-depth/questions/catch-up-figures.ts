import type { CatchUpStatus } from '@quorate/broker/management/broker-status'
import { distributionOf } from '../../../test/support/failover-times.ts'
import type { Figure, Limit } from '../figures.ts'
import { many } from '../figures.ts'
import type { DepthOptions } from '../options.ts'
import { FULL_BEHIND_BYTES } from './question.ts'

/** What there was at a moment of a phase. */
export interface Sample {
  /** Since the phase began. */
  readonly seconds: number
  /** Confirmed sends since then. */
  readonly sent: number
  /** Messages consumed since then. */
  readonly received: number
  /** The leader counts the follower as a voter that is not far behind. */
  readonly isInStep: boolean
  /** What `quorate status` showed of the follower's way. */
  readonly catchUp: CatchUpStatus | null
}

export interface Phase {
  /** The last one is that at which the phase ended. */
  readonly samples: readonly Sample[]
}

export interface CatchingUp extends Phase {
  /** After the load was halted, because the follower was not in step in time; 0: it was. */
  readonly secondsWithoutLoad: number
}

export interface CatchUpRound {
  readonly inStep: Phase
  readonly down: Phase
  readonly catchingUp: CatchingUp
}

export interface CatchUpResult {
  /** In the order in which they were measured: in step, down, catching up, and again. */
  readonly rounds: readonly CatchUpRound[]
  /** After the last catch-up. */
  readonly last: Omit<CatchUpRound, 'catchingUp'>
  readonly options: DepthOptions
  readonly limit: Limit
}

const nothing: Sample = { seconds: 0, sent: 0, received: 0, isInStep: false, catchUp: null }

function endOf({ samples }: Phase): Sample {
  return samples.at(-1) ?? nothing
}

function secondsOf(phase: Phase): number {
  return endOf(phase).seconds
}

/** Messages a second that were sent and consumed: the mean of both. */
export function rateOf(phase: Phase): number {
  const { seconds, sent, received } = endOf(phase)
  return (sent + received) / 2 / seconds
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function median(values: readonly number[]): number {
  return distributionOf(values).median
}

/** By how many percent clients get less done than on average in the others; below 0: more. */
export function lowerBy(phase: Phase, others: readonly Phase[]): number {
  return (1 - rateOf(phase) / mean(others.map(rateOf))) * 100
}

/** Each catch-up against what was measured before and after it. */
function lowerInRounds(
  { rounds, last }: Pick<CatchUpResult, 'rounds' | 'last'>,
  of: (round: Omit<CatchUpRound, 'catchingUp'>) => Phase,
): number[] {
  return rounds.map((round, at) =>
    lowerBy(round.catchingUp, [of(round), of(rounds[at + 1] ?? last)]),
  )
}

/** Bytes of log that the follower was behind when the leader first knew. */
function bytesBehind({ samples }: Phase): number {
  const first = samples.find(({ catchUp }) => catchUp !== null)?.catchUp
  return first == null ? 0 : first.neededBytes - first.hadBytes
}

/** Bytes of log that the follower took a second, by what `quorate status` said all the way. */
function bytesPerSecond({ samples }: Phase): number {
  const told = samples.flatMap(({ catchUp }) => catchUp?.bytesPerSecond ?? [])
  return told.length === 0 ? 0 : mean(told)
}

/** `66%, 20.0 MB/s, 4 s left`, as `quorate status` says. */
export function told(catchUp: CatchUpStatus | null): string {
  if (catchUp === null) return 'status says nothing'
  const { percent, bytesPerSecond: rate, remainingMs } = catchUp
  const pace = rate === null ? 'no rate yet' : `${megabytes(rate).toFixed(1)} MB/s`
  const rest = remainingMs === null ? 'no estimate' : `${many(remainingMs / 1000)} s left`
  return `${percent}%, ${pace}, ${rest}`
}

/** What `quorate status` said half way, and how it came. */
function toldHalfWay(phase: CatchingUp): string {
  const halfSeconds = secondsOf(phase) / 2
  const half = phase.samples.find(
    ({ seconds, catchUp }) => seconds >= halfSeconds && catchUp !== null,
  )
  if (half === undefined) return 'status said nothing after half the time'
  const real = many(secondsOf(phase) + phase.secondsWithoutLoad - half.seconds)
  return `status said ${told(half.catchUp)} when ${real} s were left`
}

function megabytes(bytes: number): number {
  return bytes / 1e6
}

export function describeWay(way: CatchingUp): string {
  const behind = `${many(megabytes(bytesBehind(way)))} MB behind`
  const halted = `and ${way.secondsWithoutLoad.toFixed(1)} s without load`
  const time = `${secondsOf(way).toFixed(1)} s${way.secondsWithoutLoad > 0 ? ` ${halted}` : ''}`
  return `${behind}, in step after ${time}`
}

function shown(values: readonly number[]): string {
  return values.map((value) => value.toFixed(1)).join(', ')
}

export function catchUpFigures(result: CatchUpResult): Figure[] {
  const { rounds, last, options, limit } = result
  const isFullSize = options.behindBytes >= FULL_BEHIND_BYTES
  const common = { question: 'catch-up', isFullSize } as const
  const lower = (what: string, values: readonly number[]): Figure => ({
    ...common,
    what: `clients while a wiped follower catches up, below ${what}`,
    measured: median(values),
    unit: '%',
    limit,
    note: `median of ${values.length} rounds: ${shown(values)}`,
  })
  const rate = (what: string, phases: readonly Phase[]): Figure => ({
    ...common,
    what: `sending and consuming at once, ${what}`,
    measured: median(phases.map(rateOf)),
    unit: '/s',
    limit: null,
    note: `${phases.length} times: ${phases.map((phase) => many(rateOf(phase))).join(', ')}`,
  })
  const all = [...rounds, last]
  return [
    lower(
      'two brokers',
      lowerInRounds(result, ({ down }) => down),
    ),
    lower(
      'three in step',
      lowerInRounds(result, ({ inStep }) => inStep),
    ),
    rate(
      'three in step',
      all.map(({ inStep }) => inStep),
    ),
    rate(
      'two brokers',
      all.map(({ down }) => down),
    ),
    rate(
      'while one catches up',
      rounds.map(({ catchingUp }) => catchingUp),
    ),
    ...wayFigures(
      rounds.map(({ catchingUp }) => catchingUp),
      common,
    ),
  ]
}

/** How long the way was, and how fast. */
function wayFigures(
  ways: readonly CatchingUp[],
  common: Pick<Figure, 'question' | 'isFullSize'>,
): Figure[] {
  const seconds = ways.map((way) => secondsOf(way) + way.secondsWithoutLoad)
  const rates = ways.map((way) => megabytes(bytesPerSecond(way)))
  const told = ways.map(toldHalfWay).at(-1) ?? ''
  return [
    {
      ...common,
      what: 'wiped follower, start of its process to in step, under that load',
      measured: median(seconds),
      unit: 's',
      limit: null,
      note: `${ways.map(describeWay).join('; ')}; in the last ${told}`,
    },
    {
      ...common,
      what: 'log that it took a second, as status told',
      measured: median(rates),
      unit: 'MB/s',
      limit: null,
      note: `${rates.length} times: ${shown(rates)}`,
    },
  ]
}
