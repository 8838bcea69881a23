import type { Clock } from '@quorate/core/base/clock'

/** Wrong passwords that one address may try within the window. */
export const FAILED_LOGINS_MAX = 10
/** How long they are remembered, in milliseconds. */
export const FAILED_LOGINS_TIMEOUT_MS = 60_000
/** Addresses of which failures are remembered; beyond it, the oldest is forgotten. */
export const FAILED_LOGIN_ADDRESSES_MAX = 4096

interface Failures {
  count: number
  readonly sinceMs: number
}

/** Slows down who guesses passwords: nobody is asked for a while after too many failures. */
export class FailedLogins {
  readonly #clock: Clock
  readonly #byAddress = new Map<string, Failures>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  isBlocked(address: string): boolean {
    return (this.#current(address)?.count ?? 0) >= FAILED_LOGINS_MAX
  }

  failed(address: string): void {
    const current = this.#current(address)
    if (current !== undefined) {
      current.count++
      return
    }
    if (this.#byAddress.size >= FAILED_LOGIN_ADDRESSES_MAX) {
      const [oldest] = this.#byAddress.keys()
      if (oldest !== undefined) this.#byAddress.delete(oldest)
    }
    this.#byAddress.set(address, { count: 1, sinceMs: this.#clock.monotonicMs() })
  }

  succeeded(address: string): void {
    this.#byAddress.delete(address)
  }

  #current(address: string): Failures | undefined {
    const failures = this.#byAddress.get(address)
    if (failures === undefined) return undefined
    if (this.#clock.monotonicMs() - failures.sinceMs < FAILED_LOGINS_TIMEOUT_MS) return failures
    this.#byAddress.delete(address)
    return undefined
  }
}
