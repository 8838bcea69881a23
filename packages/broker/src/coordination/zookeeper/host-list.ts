import type { NetworkAddress } from '@quorate/core/transport/network'

/** Longest wait between two rounds through the list. */
const backoffMaxMs = 5_000
const backoffMinMs = 100

/**
 * The servers of an ensemble in an order of our own, so that clients spread over them, and the
 * back-off: none within a round, growing from round to round, never more than five seconds.
 */
export class HostList {
  readonly #hosts: readonly NetworkAddress[]
  readonly #random: () => number
  #next = 0
  #failures = 0
  #backoffMs = backoffMinMs

  constructor(hosts: readonly NetworkAddress[], random: () => number) {
    this.#hosts = shuffled(hosts, random)
    this.#random = random
  }

  get size(): number {
    return this.#hosts.length
  }

  next(): NetworkAddress {
    const host = this.#hosts[this.#next % this.#hosts.length] as NetworkAddress
    this.#next++
    return host
  }

  succeeded(): void {
    this.#failures = 0
    this.#backoffMs = backoffMinMs
  }

  /** How long to wait before the next host is tried; 0 within a round. */
  failed(): number {
    this.#failures++
    if (this.#failures % this.#hosts.length !== 0) return 0
    const waitMs = this.#backoffMs * (0.5 + this.#random() / 2)
    this.#backoffMs = Math.min(backoffMaxMs, this.#backoffMs * 2)
    return waitMs
  }
}

/** Fisher-Yates. */
function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const result = [...items]
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const moved = result[i] as T
    result[i] = result[j] as T
    result[j] = moved
  }
  return result
}
