import { EventHeap } from '../../../packages/broker/test/replication/world/event-heap.ts'

export interface Pending {
  cancel(): void
}

/**
 * The event loop has a turn of its own after so many pieces of work: somebody may want to end us.
 */
const TURN_STEPS = 1_000

/**
 * Simulated time. Work runs in the order in which it falls due, one piece at a time; the promises
 * that it settles are done before the next piece, so that a history depends on nothing but its
 * seed.
 */
export class Timeline {
  nowMs = 0
  /** Pieces of work so far. */
  steps = 0
  /** Runs after each piece of work, when everything has settled. */
  afterStep: () => void = () => undefined
  /** Nothing runs any more: there is something to look at. */
  isHalted = false
  readonly #heap = new EventHeap()

  after(delayMs: number, run: () => void): Pending {
    return this.#heap.push(this.nowMs + Math.max(0, delayMs), run)
  }

  async run(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms
    while (!this.isHalted) {
      const work = this.#heap.take(untilMs)
      if (work === undefined) break
      const { run } = work
      if (run === null) continue
      this.nowMs = work.atMs
      this.steps++
      run()
      // From here on we are in a promise's reaction.
      await Promise.resolve()
      await (this.steps % TURN_STEPS === 0 ? turn() : tick())
      this.afterStep()
    }
    this.nowMs = untilMs
  }

  /** Runs until the condition holds; false when it does not within `ms`. */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    const untilMs = this.nowMs + ms
    while (!condition()) {
      if (this.nowMs >= untilMs || this.isHalted) return false
      await this.run(Math.min(10, untilMs - this.nowMs))
    }
    return true
  }
}

/**
 * What comes after a piece of work: everything that it set off and that needs no time. Whoever asks
 * for a tick in a promise's reaction has it when no other reaction is left, and much cheaper than a
 * turn of the event loop.
 */
const tick = (): Promise<void> => new Promise((resolve) => void process.nextTick(resolve))
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
