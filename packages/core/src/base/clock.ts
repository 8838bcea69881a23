/** A cancellable timer. Cancelling one that has fired does nothing. */
export interface Timer {
  cancel(): void
}

/**
 * Time as the broker sees it. Everything that waits or stamps takes a Clock, so that tests and the
 * simulation own time.
 */
export interface Clock {
  /** Milliseconds on a clock that never jumps; its zero is arbitrary. For every timeout. */
  monotonicMs(): number
  /** Milliseconds since 1970 as the machine believes them. Only for stamps that clients see. */
  wallMs(): number
  /** Calls back once, after at least `delayMs`. */
  after(delayMs: number, callback: () => void): Timer
  /** Calls back again and again until cancelled. */
  every(periodMs: number, callback: () => void): Timer
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, callback) {
    const handle = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(handle) }
  },
  every(periodMs, callback) {
    const handle = setInterval(callback, periodMs)
    return { cancel: () => clearInterval(handle) }
  },
}
