import type { Entropy } from '@quorate/core/base/entropy'

/** Repeatable chance (mulberry32): the same seed gives the same numbers for ever. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 0x85ebca6b) ^ 0x9e3779b9) >>> 0
  }

  /** Uniform in [0, 1). */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  between(low: number, high: number): number {
    return low + this.random() * (high - low)
  }

  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)] as T
  }

  /** A generator of its own: what it is used for does not shift what comes after. */
  fork(): Chance {
    return new Chance(Math.floor(this.random() * 0x7fffffff))
  }
}

/** What a process draws, and what it takes for unique. */
export function entropyOf(chance: Chance): Entropy {
  const bytes = (length: number) =>
    Buffer.from(Array.from({ length }, () => chance.integer(0, 255)))
  return { random: () => chance.random(), uuid: () => bytes(8).toString('hex'), bytes }
}
