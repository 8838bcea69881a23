import type { Clock, Timer } from '@quorate/core/base/clock'

/** Waiting that can be cut short. */
export class Pauses {
  readonly #clock: Clock
  readonly #waiting = new Map<() => void, Timer>()
  #isOver = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves after `ms`, or earlier when the pauses are cut. */
  wait(ms: number): Promise<void> {
    if (this.#isOver) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = this.#clock.after(ms, () => {
        this.#waiting.delete(resolve)
        resolve()
      })
      this.#waiting.set(resolve, timer)
    })
  }

  /** Ends all waiting of this moment. */
  cut(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const [resolve, timer] of waiting) {
      timer.cancel()
      resolve()
    }
  }

  /** Nobody waits any more, now and later. */
  end(): void {
    this.#isOver = true
    this.cut()
  }
}
