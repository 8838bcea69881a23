/**
 * Numbers of a few voters, the largest first. Used again and again, without allocating: a leader
 * asks several times per message how far a quorum is.
 */
export class Ranking {
  readonly #values: number[] = []
  #count = 0

  /** Forgets all numbers. */
  clear(): this {
    this.#count = 0
    return this
  }

  add(value: number): void {
    const values = this.#values
    let at = this.#count++
    for (; at > 0; at--) {
      const above = values[at - 1] ?? 0
      if (above >= value) break
      values[at] = above
    }
    values[at] = value
  }

  /** The largest for rank 1; null when fewer were added. */
  at(rank: number): number | null {
    return rank > this.#count ? null : (this.#values[rank - 1] ?? null)
  }
}
