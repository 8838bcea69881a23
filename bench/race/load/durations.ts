import type { Times } from './load-task.ts'

const FIRST_CAPACITY = 4096

/** How long each of many things took, in milliseconds. */
export class Durations {
  #values = new Float64Array(FIRST_CAPACITY)
  #count = 0

  get count(): number {
    return this.#count
  }

  add(ms: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(2 * this.#count)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#count++] = ms
  }

  /** null when there were none. */
  times(): Times | null {
    if (this.#count === 0) return null
    const sorted = this.#values.slice(0, this.#count).sort()
    const quantile = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
    return { p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999), max: quantile(1) }
  }
}
