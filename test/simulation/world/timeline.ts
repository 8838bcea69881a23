export interface Pending {
  cancel(): void
}

/** One thing to be done at its time. */
class Work implements Pending {
  readonly atMs: number
  readonly order: number
  run: (() => void) | null

  constructor(atMs: number, order: number, run: () => void) {
    this.atMs = atMs
    this.order = order
    this.run = run
  }

  cancel(): void {
    this.run = null
  }
}

/** What comes after a piece of work: everything that it set off and that needs no time. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

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
  #heap: Work[] = []
  #order = 0

  after(delayMs: number, run: () => void): Pending {
    const work = new Work(this.nowMs + Math.max(0, delayMs), this.#order++, run)
    this.#push(work)
    return work
  }

  async run(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.atMs > untilMs || this.isHalted) break
      this.#pop()
      const { run } = next
      if (run === null) continue
      this.nowMs = next.atMs
      this.steps++
      run()
      await settled()
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

  #push(work: Work): void {
    const heap = this.#heap
    heap.push(work)
    for (let i = heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1
      if (!before(heap[i] as Work, heap[parent] as Work)) break
      ;[heap[i], heap[parent]] = [heap[parent] as Work, heap[i] as Work]
      i = parent
    }
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Work
    if (heap.length === 0) return
    heap[0] = last
    for (let i = 0; ;) {
      const [left, right] = [2 * i + 1, 2 * i + 2]
      let least = i
      if (left < heap.length && before(heap[left] as Work, heap[least] as Work)) least = left
      if (right < heap.length && before(heap[right] as Work, heap[least] as Work)) least = right
      if (least === i) return
      ;[heap[i], heap[least]] = [heap[least] as Work, heap[i] as Work]
      i = least
    }
  }
}

function before(a: Work, b: Work): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
