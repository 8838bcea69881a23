interface Work {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** Simulated time: seeded chance, and work in the order in which it falls due. */
export class Scheduler {
  nowMs = 0
  #heap: Work[] = []
  #order = 0
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
    const work = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run }
    const heap = this.#heap
    heap.push(work)
    for (let i = heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1
      if (!before(heap[i] as Work, heap[parent] as Work)) break
      ;[heap[i], heap[parent]] = [heap[parent] as Work, heap[i] as Work]
      i = parent
    }
  }

  run(ms: number): void {
    const untilMs = this.nowMs + ms
    for (
      let next = this.#heap[0];
      next !== undefined && next.atMs <= untilMs;
      next = this.#heap[0]
    ) {
      this.#pop()
      this.nowMs = next.atMs
      next.run()
    }
    this.nowMs = untilMs
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
