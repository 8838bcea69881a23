import type { Clock } from '@quorate/core/base/clock'

/** What other nodes are asked for, given again for a while: many who look ask them once. */
export class KeptAnswer<T> {
  readonly #ask: () => Promise<T>
  readonly #keptMs: number
  readonly #clock: Clock
  #kept: { readonly answer: Promise<T>; readonly askedMs: number } | null = null

  constructor(ask: () => Promise<T>, keptMs: number, clock: Clock) {
    this.#ask = ask
    this.#keptMs = keptMs
    this.#clock = clock
  }

  latest(): Promise<T> {
    const nowMs = this.#clock.monotonicMs()
    if (this.#kept === null || nowMs - this.#kept.askedMs >= this.#keptMs) {
      this.#kept = { answer: this.#ask(), askedMs: nowMs }
    }
    return this.#kept.answer
  }
}
