import type { Clock } from '@quorate/core/base/clock'

/** Wrong passwords for one user that one address may try within the window. */
export const FAILED_LOGINS_MAX = 10
/** How long they are remembered, and how long it takes after the last of them, in milliseconds. */
export const FAILED_LOGINS_TIMEOUT_MS = 60_000
/** Addresses and users of which failures are remembered; beyond it, the oldest is forgotten. */
export const FAILED_LOGIN_ADDRESSES_MAX = 4096

/** Who tries to log in, and as whom; null for any name that nobody has. */
export interface Attempt {
  readonly address: string
  readonly user: string | null
}

interface Failures {
  count: number
  sinceMs: number
}

/**
 * Slows down who guesses passwords: an address is not asked for a user's for a while after too many
 * failures. A right password of one user says nothing of guesses at another's, and guesses do not
 * lock out the others who come from the same address, through a proxy, say.
 */
export class FailedLogins {
  readonly #clock: Clock
  readonly #byAttempt = new Map<string, Failures>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  isBlocked(attempt: Attempt): boolean {
    return (this.#current(keyOf(attempt))?.count ?? 0) >= FAILED_LOGINS_MAX
  }

  /** True when that was once too often. */
  failed(attempt: Attempt): boolean {
    const key = keyOf(attempt)
    const nowMs = this.#clock.monotonicMs()
    const failures = this.#current(key) ?? { count: 0, sinceMs: nowMs }
    failures.count++
    const isTooOften = failures.count === FAILED_LOGINS_MAX
    if (isTooOften) failures.sinceMs = nowMs
    if (this.#byAttempt.size >= FAILED_LOGIN_ADDRESSES_MAX && !this.#byAttempt.has(key)) {
      const [oldest] = this.#byAttempt.keys()
      if (oldest !== undefined) this.#byAttempt.delete(oldest)
    }
    this.#byAttempt.set(key, failures)
    return isTooOften
  }

  succeeded(attempt: Attempt): void {
    this.#byAttempt.delete(keyOf(attempt))
  }

  #current(key: string): Failures | undefined {
    const failures = this.#byAttempt.get(key)
    if (failures === undefined) return undefined
    if (this.#clock.monotonicMs() - failures.sinceMs < FAILED_LOGINS_TIMEOUT_MS) return failures
    this.#byAttempt.delete(key)
    return undefined
  }
}

/** Addresses have no spaces. */
function keyOf({ address, user }: Attempt): string {
  return user === null ? address : `${address} ${user}`
}
