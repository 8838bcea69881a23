import type { Clock } from '@quorate/core/base/clock'

/**
 * A view is used so many times as long as it took to gather: that is all of the time it may cost.
 */
export const VIEW_USES = 20

/**
 * Figures that anybody may ask for at any time, and that take long to gather where there is much:
 * with 100,000 queues a tenth of a second. Those who ask often get some seconds old ones then.
 */
export class PacedView<T> {
  readonly #gather: () => T
  readonly #clock: Clock
  #last: { readonly view: T; readonly untilMs: number } | null = null

  constructor(gather: () => T, clock: Clock) {
    this.#gather = gather
    this.#clock = clock
  }

  get(): T {
    const nowMs = this.#clock.monotonicMs()
    if (this.#last !== null && nowMs < this.#last.untilMs) return this.#last.view
    const view = this.#gather()
    const doneMs = this.#clock.monotonicMs()
    this.#last = { view, untilMs: doneMs + (doneMs - nowMs) * VIEW_USES }
    return view
  }
}
