import type { ClientName, HistoryEvent } from './history/events.ts'

export interface FailoverTime {
  readonly producer: number
  readonly milliseconds: number
}

function producerOf(client: ClientName): number | null {
  const number = /^producer-(\d+)$/.exec(client)?.[1]
  return number === undefined ? null : Number(number)
}

/**
 * How long each producer waited from the kill to its first confirmed send. Only what is confirmed
 * after its connection resumed counts: an answer that the dead leader left on the wire is none.
 * A producer that has not been confirmed yet is missing.
 */
export function failoverTimes(
  history: readonly HistoryEvent[],
  { killedMs, producers }: { readonly killedMs: number; readonly producers: number },
): FailoverTime[] {
  const resumed = new Set<number>()
  const times = new Map<number, number>()
  const from = history.findLastIndex((event) => event.atMs <= killedMs) + 1
  for (const event of history.slice(from)) {
    if (event.kind !== 'resumed' && event.kind !== 'ok') continue
    const producer = producerOf(event.client)
    if (producer === null) continue
    if (event.kind === 'resumed') resumed.add(producer)
    else if (resumed.has(producer) && !times.has(producer)) {
      times.set(producer, event.atMs - killedMs)
    }
    if (times.size === producers) break
  }
  return [...times].map(([producer, milliseconds]) => ({ producer, milliseconds }))
}

export interface Distribution {
  readonly count: number
  readonly min: number
  readonly median: number
  readonly p90: number
  readonly max: number
}

/** Nearest-rank quantiles. */
export function distributionOf(values: readonly number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b)
  const quantile = (q: number): number =>
    sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
  return {
    count: sorted.length,
    min: quantile(0),
    median: quantile(0.5),
    p90: quantile(0.9),
    max: quantile(1),
  }
}

export function formatDistribution(distribution: Distribution): string {
  const { count, min, median, p90, max } = distribution
  const ms = (value: number): string => `${Math.round(value)} ms`
  return `min ${ms(min)}, median ${ms(median)}, p90 ${ms(p90)}, max ${ms(max)} (${count} values)`
}
