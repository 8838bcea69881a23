/**
 * Which sessions have been silent for too long. Time during which we ourselves stood still (a
 * paused process, a long pause of the runtime) is not held against them: their frames were in our
 * sockets.
 */
export class SessionClock {
  readonly #tickMs: number
  readonly #heardMs = new Map<bigint, number>()
  #lastTickMs: number

  constructor(tickMs: number, nowMs: number) {
    this.#tickMs = tickMs
    this.#lastTickMs = nowMs
  }

  heard(sessionId: bigint, nowMs: number): void {
    this.#heardMs.set(sessionId, nowMs)
  }

  forget(sessionId: bigint): void {
    this.#heardMs.delete(sessionId)
  }

  /** The sessions whose time is over, given each one's timeout. */
  tick(nowMs: number, timeoutOf: (sessionId: bigint) => number): readonly bigint[] {
    const stoodStillMs = nowMs - this.#lastTickMs - this.#tickMs
    this.#lastTickMs = nowMs
    const pardonMs = stoodStillMs > this.#tickMs ? stoodStillMs : 0
    const expired: bigint[] = []
    for (const [sessionId, heardMs] of this.#heardMs) {
      if (pardonMs > 0) this.#heardMs.set(sessionId, Math.min(nowMs, heardMs + pardonMs))
      if (nowMs - heardMs - pardonMs >= timeoutOf(sessionId)) expired.push(sessionId)
    }
    return expired
  }
}
