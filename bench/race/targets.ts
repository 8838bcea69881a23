import type { ContenderName } from './contenders/contender.ts'
import type { RaceResult } from './race-result.ts'
import { spreadIn } from './race-result.ts'
import type { Measure } from './sample.ts'

/** What Quorate is to reach, as a ratio within one run. */
export interface Target {
  readonly question: string
  readonly measure: Measure
  /** Of whom the best is compared with; or another question of our own, or a time. */
  readonly against:
    readonly ContenderName[] | { readonly question: string } | { readonly ms: number }
  /** Ours divided by theirs. */
  readonly ratio: { readonly at: 'most' | 'least'; readonly value: number }
  readonly words: string
}

const peers = ['activemq', 'rabbitmq', 'nats', 'nats-synced'] as const
const clusters = ['rabbitmq', 'nats', 'nats-synced'] as const

const least = (value: number): Target['ratio'] => ({ at: 'least', value })
const most = (value: number): Target['ratio'] => ({ at: 'most', value })

export const targets: readonly Target[] = [
  {
    question: 'window-1kb',
    measure: 'perSecond',
    against: clusters,
    ratio: least(5),
    words: '5 times the best of RabbitMQ and NATS',
  },
  {
    question: 'window-1kb',
    measure: 'perSecond',
    against: ['ceiling'],
    ratio: least(1 / 3),
    words: 'a third of the ceiling',
  },
  {
    question: 'window-128b',
    measure: 'perSecond',
    against: peers,
    ratio: least(5),
    words: '5 times the best peer',
  },
  {
    question: 'senders',
    measure: 'perSecond',
    against: ['activemq'],
    ratio: least(5),
    words: '5 times ActiveMQ',
  },
  {
    question: 'one',
    measure: 'p50Ms',
    against: ['nats'],
    ratio: most(1),
    words: 'not above NATS without fsync',
  },
  {
    question: 'one',
    measure: 'p50Ms',
    against: ['ceiling'],
    ratio: most(1.3),
    words: '1.3 times fdatasync and a round trip',
  },
  {
    question: 'consume',
    measure: 'perSecond',
    against: peers,
    ratio: least(3),
    words: '3 times the best peer',
  },
  {
    question: 'half-load',
    measure: 'p99Ms',
    against: peers,
    ratio: most(1 / 3),
    words: "a third of the best peer's p99",
  },
  {
    question: 'failover',
    measure: 'p50Ms',
    against: clusters,
    ratio: most(1),
    words: 'no peer is faster',
  },
  {
    question: 'failover',
    measure: 'p50Ms',
    against: { ms: 200 },
    ratio: most(1),
    words: 'under 200 ms',
  },
  {
    question: 'failover-silent',
    measure: 'p50Ms',
    against: { ms: 2_000 },
    ratio: most(1),
    words: 'under 2 s when the leader falls silent',
  },
  {
    question: 'queues-10000',
    measure: 'perSecond',
    against: { question: 'window-1kb' },
    ratio: least(0.7),
    words: '70 % of what one queue gets',
  },
  {
    question: 'window-1kb',
    measure: 'residentBytes',
    against: ['activemq'],
    ratio: most(1),
    words: "three brokers in ActiveMQ's memory",
  },
]

export interface TargetOutcome {
  readonly target: Target
  readonly ours: number
  readonly theirs: number
  readonly who: string
  readonly ratio: number
  readonly isReached: boolean
}

/** null when something was not measured. */
export function outcomeOf(result: RaceResult, target: Target): TargetOutcome | null {
  const { question, measure, ratio: wanted } = target
  const ours = spreadIn(result, { question, contender: 'quorate', measure })?.median
  const other = rivalIn(result, target)
  if (ours === undefined || other === null) return null
  const ratio = ours / other.value
  const isReached = wanted.at === 'least' ? ratio >= wanted.value : ratio <= wanted.value
  return { target, ours, theirs: other.value, who: other.who, ratio, isReached }
}

interface Rival {
  readonly who: string
  readonly value: number
}

function rivalIn(result: RaceResult, target: Target): Rival | null {
  const { against, measure } = target
  if ('ms' in against) return { who: 'aimed at', value: against.ms }
  if ('question' in against) return ownIn(result, against.question, measure)
  return bestOf(result, target, against)
}

function ownIn(result: RaceResult, question: string, measure: Measure): Rival | null {
  const value = spreadIn(result, { question, contender: 'quorate', measure })?.median
  return value === undefined ? null : { who: question, value }
}

function bestOf(
  result: RaceResult,
  { question, measure, ratio }: Target,
  contenders: readonly ContenderName[],
): Rival | null {
  const rivals = contenders.flatMap((contender): Rival[] => {
    const value = spreadIn(result, { question, contender, measure })?.median
    return value === undefined ? [] : [{ who: contender, value }]
  })
  const byValue = rivals.toSorted((a, b) => a.value - b.value)
  // More is better where a ratio is asked for that is at least something.
  return (ratio.at === 'least' ? byValue.at(-1) : byValue[0]) ?? null
}
