/** One thing to be done at its time. */
export class Work {
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

/** Work by the time at which it falls due; of the same time, what was asked for first. */
export class EventHeap {
  readonly #heap: Work[] = []
  #order = 0

  push(atMs: number, run: () => void): Work {
    const work = new Work(atMs, this.#order++, run)
    const heap = this.#heap
    let i = heap.length
    heap.push(work)
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent] as Work
      if (!before(work, above)) break
      heap[i] = above
      i = parent
    }
    heap[i] = work
    return work
  }

  /** Takes what is due next, if it is due by then. */
  take(untilMs: number): Work | undefined {
    const heap = this.#heap
    const first = heap[0]
    if (first === undefined || first.atMs > untilMs) return undefined
    const last = heap.pop() as Work
    if (last !== first) this.#sink(last)
    return first
  }

  /** Puts it in the place of the first, and from there to where it belongs. */
  #sink(work: Work): void {
    const heap = this.#heap
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      const right = child + 1
      if (right < heap.length && before(heap[right] as Work, heap[child] as Work)) child = right
      const below = heap[child] as Work
      if (!before(below, work)) break
      heap[i] = below
      i = child
    }
    heap[i] = work
  }
}

function before(a: Work, b: Work): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
