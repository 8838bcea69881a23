import { EventHeap } from './event-heap.ts'

/** Simulated time: seeded chance, and work in the order in which it falls due. */
export class Scheduler {
  nowMs = 0
  readonly #heap = new EventHeap()
  #state: number

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e3779b9) >>> 0
  }

  /** mulberry32. */
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

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)] as T
  }

  after(delayMs: number, run: () => void): void {
    this.#heap.push(this.nowMs + Math.max(0, delayMs), run)
  }

  run(ms: number): void {
    const untilMs = this.nowMs + ms
    for (let work = this.#heap.take(untilMs); work; work = this.#heap.take(untilMs)) {
      this.nowMs = work.atMs
      work.run?.()
    }
    this.nowMs = untilMs
  }
}
