/** Where the leader's log ended at some moment. */
export interface PositionSample {
  readonly atMs: number
  readonly position: number
}

/** Samples that are kept: ten minutes, of one every two seconds. */
export const POSITION_SAMPLES_MAX = 300

/**
 * Adds where the log ends now. A log that is shorter than before is another one: what was is
 * forgotten.
 */
export function withPosition(
  history: readonly PositionSample[],
  sample: PositionSample,
): readonly PositionSample[] {
  const before = history.at(-1)
  if (before !== undefined && before.position > sample.position) return [sample]
  return [...history.slice(-(POSITION_SAMPLES_MAX - 1)), sample]
}

/**
 * How long ago the leader's log ended where the follower's ends now, in seconds; 0 for one in step,
 * or behind by less than the last two samples are apart.
 * null: longer ago than was looked.
 */
export function lagSeconds(
  history: readonly PositionSample[],
  followerPosition: number,
): number | null {
  const now = history.at(-1)
  if (now === undefined) return null
  if (followerPosition >= now.position) return 0
  const passed = history.find(({ position }) => position > followerPosition)
  if (passed === undefined || passed === history[0]) return null
  return (now.atMs - passed.atMs) / 1000
}
