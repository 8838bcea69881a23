import type { Clock, Timer } from '@quorate/core/base/clock'

const NOW = -1

/** Pulls that wait for a message, and until when. One timer, for the one that ends first. */
export class PullWaiters {
  readonly #clock: Clock
  readonly #onTimeout: () => void
  /** In order of arrival; monotonic deadlines, NOW for those that do not wait. */
  #deadlines: number[] = []
  #timer: Timer | null = null

  constructor(clock: Clock, onTimeout: () => void) {
    this.#clock = clock
    this.#onTimeout = onTimeout
  }

  get length(): number {
    return this.#deadlines.length
  }

  get hasImpatient(): boolean {
    return this.#deadlines.includes(NOW)
  }

  /** 0 waits for ever, less does not wait. */
  add(timeoutMs: number): void {
    if (timeoutMs < 0) this.#deadlines.push(NOW)
    else if (timeoutMs === 0) this.#deadlines.push(Infinity)
    else this.#deadlines.push(this.#clock.monotonicMs() + timeoutMs)
    this.#arm()
  }

  /** Messages went out: the oldest pulls are satisfied. */
  fulfil(count: number): void {
    if (this.#deadlines.length === 0) return
    this.#deadlines.splice(0, count)
    this.#arm()
  }

  /** Removes the pulls whose time is over and tells how many they were. */
  expire(): number {
    const nowMs = this.#clock.monotonicMs()
    const left = this.#deadlines.filter((deadline) => deadline > nowMs)
    const expired = this.#deadlines.length - left.length
    this.#deadlines = left
    this.#arm()
    return expired
  }

  close(): void {
    this.#deadlines = []
    this.#timer?.cancel()
    this.#timer = null
  }

  #arm(): void {
    this.#timer?.cancel()
    this.#timer = null
    let first = Infinity
    for (const deadline of this.#deadlines) if (deadline >= 0) first = Math.min(first, deadline)
    if (first === Infinity) return
    this.#timer = this.#clock.after(first - this.#clock.monotonicMs(), this.#onTimeout)
  }
}
