import type { Sample } from '../api/live.ts'

/** Samples over which a rate is taken: the events of a busy node are more than a second apart. */
const RATE_SAMPLES = 4

/**
 * The slope of a counter, each second, at each sample; a counter that began anew counts as still.
 */
export function ratesOf<T>(
  history: readonly Sample<T>[],
  counter: (facts: T) => number,
): readonly number[] {
  return history.map((sample, at) => {
    const before = history[Math.max(0, at - RATE_SAMPLES)]
    if (before === undefined || before === sample) return 0
    const seconds = (sample.atMs - before.atMs) / 1000
    const grown = counter(sample.facts) - counter(before.facts)
    return seconds <= 0 || grown <= 0 ? 0 : grown / seconds
  })
}

/** The last of these. */
export function latest(values: readonly number[]): number {
  return values.at(-1) ?? 0
}
