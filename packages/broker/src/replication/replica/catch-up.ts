/** A follower that is behind by more catches up: more than may be on its way to it (R30). */
export const CATCH_UP_BYTES = 8 * 1024 * 1024
const LOOK_EVERY_MS = 1_000
/** So many looks are remembered: the rate is that of the last seconds. */
const LOOKS_MAX = 6

/** How far two logs reach, in bytes of the log. */
interface Look {
  readonly atMs: number
  /** Where the follower's log ends. */
  readonly had: number
  /** Where its leader's log ends. */
  readonly end: number
}

export interface CatchUpPicture {
  /** Where the follower's log ended when it began to catch up. */
  readonly begin: number
  /** Where the follower's log ends. */
  readonly had: number
  /** Where its leader's log ends. */
  readonly end: number
  /** What the follower got in the last seconds; null before there are two looks. */
  readonly bytesPerSecond: number | null
  /** Until it is in step, if both go on like this; null when that is not known, or never. */
  readonly remainingMs: number | null
}

/**
 * The way of one follower to the end of its leader's log. Whoever has the figures looks with each
 * heartbeat; rates are what lies between two looks.
 */
export class CatchUp {
  #looks: Look[] = []
  /** Not the start of the log: that moves up meanwhile, and progress would go backwards. */
  #begin = Infinity

  look(look: Look): void {
    if (!isBehind(look)) {
      this.#looks = []
      this.#begin = Infinity
      return
    }
    this.#begin = Math.min(this.#begin, look.had)
    const newest = this.#looks.at(-1)
    if (newest !== undefined && look.atMs - newest.atMs < LOOK_EVERY_MS) return
    this.#looks.push(look)
    if (this.#looks.length > LOOKS_MAX) this.#looks.shift()
  }

  /** Null when the follower is not far behind. */
  picture(now: Look): CatchUpPicture | null {
    if (!isBehind(now)) return null
    const { had, end } = now
    const begin = Math.min(this.#begin, had)
    const oldest = this.#looks[0]
    const seconds = oldest === undefined ? 0 : (now.atMs - oldest.atMs) / 1000
    if (oldest === undefined || seconds <= 0) {
      return { begin, had, end, bytesPerSecond: null, remainingMs: null }
    }
    const gained = had - oldest.had
    // The leader's log grows meanwhile: what counts is by how much the distance shrinks.
    const closed = gained - (end - oldest.end)
    return {
      begin,
      had,
      end,
      bytesPerSecond: Math.max(0, Math.round(gained / seconds)),
      remainingMs: closed > 0 ? Math.round(((end - had) / closed) * seconds * 1000) : null,
    }
  }
}

function isBehind({ had, end }: Look): boolean {
  return end - had > CATCH_UP_BYTES
}
