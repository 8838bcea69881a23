import { IN_FLIGHT_MAX, PREFETCH_MAX, PULLS_WAITING_MAX } from '../policy/limits.ts'

/**
 * How many more deliveries a consumer may have. Those that the client has seen (`delivered`, or
 * acknowledged in an open transaction) do not count: the window moves on with them, as ActiveMQ's
 * prefetch extension does. With prefetch 0 every delivery has to be pulled.
 */
export class PrefetchWindow {
  #prefetch: number
  #pulls = 0
  /** Handed out, not acknowledged. */
  #out = 0
  /** Those of them that the client has seen. */
  #seen = 0

  constructor(prefetch: number) {
    this.#prefetch = clamp(prefetch)
  }

  get prefetch(): number {
    return this.#prefetch
  }

  get pulls(): number {
    return this.#pulls
  }

  get free(): number {
    const wanted = this.#prefetch === 0 ? this.#pulls : this.#prefetch + this.#seen - this.#out
    return Math.max(0, Math.min(wanted, IN_FLIGHT_MAX - this.#out))
  }

  resize(prefetch: number): void {
    this.#prefetch = clamp(prefetch)
  }

  pull(): boolean {
    if (this.#prefetch !== 0 || this.#pulls >= PULLS_WAITING_MAX) return false
    this.#pulls++
    return true
  }

  /** Pulls that found nothing in their time. */
  cancelPull(): void {
    if (this.#pulls > 0) this.#pulls--
  }

  handOut(count: number): void {
    this.#out += count
    this.#pulls = Math.max(0, this.#pulls - count)
  }

  seen(): void {
    this.#seen++
  }

  /** A delivery is not with the client any more. */
  settle(wasSeen: boolean): void {
    this.#out--
    if (wasSeen) this.#seen--
  }
}

function clamp(prefetch: number): number {
  if (!Number.isFinite(prefetch)) return PREFETCH_MAX
  return Math.min(PREFETCH_MAX, Math.max(0, Math.trunc(prefetch)))
}
