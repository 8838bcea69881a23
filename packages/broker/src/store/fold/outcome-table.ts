import type { Changes } from './changes.ts'

/** Committed transactions that are remembered (R43); beyond it the oldest is forgotten. */
export const OUTCOMES_MAX = 10_000

/** A transaction that was committed. */
export interface Outcome {
  /** Its place in the order of commits: dense. */
  readonly number: number
  readonly id: string
}

/** Answers a commit that is repeated after a failover: first in, first out. */
export class OutcomeTable {
  readonly #limit: number
  readonly #changes: Changes | null
  readonly #byNumber = new Map<number, Outcome>()
  readonly #byId = new Map<string, Outcome>()
  /** Number of the next outcome; part of the state. */
  nextNumber = 1

  constructor(limit: number, changes: Changes | null) {
    this.#limit = limit
    this.#changes = changes
  }

  get size(): number {
    return this.#byNumber.size
  }

  has(id: string): boolean {
    return this.#byId.has(id)
  }

  numbered(number: number): Outcome | undefined {
    return this.#byNumber.get(number)
  }

  /** Remembers a commit. An id that is known keeps its place. */
  committed(id: string): void {
    if (this.#byId.has(id)) return
    const outcome = { number: this.nextNumber++, id }
    this.restore(outcome)
    this.#changes?.outcomes.add(outcome.number)
    if (this.#byNumber.size > this.#limit) this.#forget(this.nextNumber - this.#byNumber.size)
  }

  /** Adds an outcome that the index held; outcomes come in order. */
  restore(outcome: Outcome): void {
    this.#byId.set(outcome.id, outcome)
    this.#byNumber.set(outcome.number, outcome)
  }

  /** Oldest first. */
  [Symbol.iterator](): IterableIterator<Outcome> {
    return this.#byNumber.values()
  }

  #forget(number: number): void {
    const outcome = this.#byNumber.get(number)
    if (outcome === undefined) return
    this.#byNumber.delete(number)
    this.#byId.delete(outcome.id)
    this.#changes?.outcomes.add(number)
  }
}
