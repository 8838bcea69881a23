import type { NetworkAddress } from '@quorate/core/transport/network'
import type { FailoverOptions } from './broker-uri.ts'

export interface Attempt {
  readonly address: NetworkAddress
  /** To wait before it, in milliseconds. */
  readonly delayMs: number
  /** Rounds over the whole list that have failed since the last connection. */
  readonly failedRounds: number
}

/**
 * Which broker is tried next, and when: rounds over the list, in a new order each, the one that was
 * just lost last, with growing pauses between them. Pure: chance comes from outside.
 */
export class Reconnection {
  readonly #addresses: readonly NetworkAddress[]
  readonly #options: FailoverOptions
  readonly #random: () => number
  #round: NetworkAddress[] = []
  #rounds = 0
  #delayMs: number
  #wasConnected = false
  #lost: NetworkAddress | null = null

  constructor(
    addresses: readonly NetworkAddress[],
    options: FailoverOptions,
    random: () => number,
  ) {
    this.#addresses = addresses
    this.#options = options
    this.#random = random
    this.#delayMs = options.initialReconnectDelay
  }

  /** The next attempt, or null when there have been as many as there may be. */
  next(): Attempt | null {
    const isNewRound = this.#round.length === 0
    if (isNewRound && !this.#mayGoOn()) return null
    const delayMs = isNewRound ? this.#pause() : 0
    if (isNewRound) {
      this.#round = this.#ordered()
      this.#rounds++
    }
    const address = this.#round.shift()
    return address === undefined ? null : { address, delayMs, failedRounds: this.#rounds - 1 }
  }

  connected(): void {
    this.#wasConnected = true
    this.#startOver(null)
  }

  /** A connection that served is lost. */
  lost(address: NetworkAddress): void {
    this.#startOver(address)
  }

  #startOver(lost: NetworkAddress | null): void {
    this.#round = []
    this.#rounds = 0
    this.#delayMs = this.#options.initialReconnectDelay
    this.#lost = lost
  }

  #mayGoOn(): boolean {
    const { maxReconnectAttempts, startupMaxReconnectAttempts } = this.#options
    // As in ActiveMQ: without a limit of its own the beginning has the other one, 0 for none.
    const most = this.#wasConnected
      ? maxReconnectAttempts
      : startupMaxReconnectAttempts > 0
        ? startupMaxReconnectAttempts
        : maxReconnectAttempts
    return most < 0 || this.#rounds < most || (most === 0 && this.#isFirstEver())
  }

  #isFirstEver(): boolean {
    return !this.#wasConnected && this.#rounds === 0
  }

  #pause(): number {
    if (this.#rounds === 0) return 0
    const { useExponentialBackOff, reconnectDelayExponent, maxReconnectDelay } = this.#options
    const delayMs = this.#delayMs
    if (useExponentialBackOff) {
      this.#delayMs = Math.min(delayMs * reconnectDelayExponent, maxReconnectDelay)
    }
    return delayMs
  }

  #ordered(): NetworkAddress[] {
    const all = [...this.#addresses]
    if (this.#options.randomize) {
      for (let i = all.length - 1; i > 0; i--) {
        const j = Math.floor(this.#random() * (i + 1))
        ;[all[i], all[j]] = [all[j] as NetworkAddress, all[i] as NetworkAddress]
      }
    }
    const lost = this.#lost
    return lost === null ? all : [...all.filter((one) => one !== lost), lost]
  }
}
