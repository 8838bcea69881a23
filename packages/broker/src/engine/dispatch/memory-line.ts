import { Deque } from '@quorate/core/base/deque'
import { compareEntries } from './entry.ts'
import type { Entry } from './entry.ts'
import { SpilledRun } from './spilled-run.ts'

/** How much is taken to be spilled, as it counts in memory. */
export interface RunSize {
  /** Less is not worth it. */
  readonly leastBytes: number
  readonly mostBytes: number
  /** What stays at the front, to be handed out next. */
  readonly keepBytes: number
}

/**
 * The waiting messages of one backlog that are not stored, in order. What is farthest from being
 * handed out is spilled first:
 *
 *   head: in memory | runs: in the temporary store, or on their way | tail: in memory
 *   1 2 3           | [4 5 6] [7 8 9]                               | 10 11
 *                             <-- the next run is cut from the front of the tail, or where that is
 *                                 short, from the end of the head
 */
export class MemoryLine {
  #head = new Deque<Entry>()
  #tail = new Deque<Entry>()
  readonly #runs = new Deque<SpilledRun>()
  #headBytes = 0
  #tailBytes = 0
  #inRuns = 0

  get length(): number {
    return this.#head.length + this.#inRuns + this.#tail.length
  }

  /** What is at hand to be handed out. */
  get headBytes(): number {
    return this.#headBytes
  }

  push(entry: Entry): void {
    if (this.#runs.length === 0 && this.#tail.length === 0) {
      this.#head.push(entry)
      this.#headBytes += entry.memoryBytes
      return
    }
    this.#tail.push(entry)
    this.#tailBytes += entry.memoryBytes
  }

  /** What came in this turn, and is here still, was not taken. */
  stay(): void {
    if (stayAtEnd(this.#tail)) stayAtEnd(this.#head)
  }

  /** One that was taken comes back, if it precedes all that is here. */
  unshift(entry: Entry): boolean {
    const front = this.#head.peek() ?? this.#runs.peek() ?? this.#tail.peek()
    if (front !== undefined && compareEntries(front, entry) < 0) return false
    this.#head.unshift(entry)
    this.#headBytes += entry.memoryBytes
    return true
  }

  /** The first one, if it is at hand. */
  peek(): Entry | undefined {
    if (this.#runs.length > 0) this.#takeBack()
    if (this.#head.length === 0 && this.#runs.length === 0) this.#swap()
    return this.#head.peek()
  }

  shift(): Entry | undefined {
    const entry = this.peek()
    if (entry === undefined) return undefined
    this.#head.shift()
    this.#headBytes -= entry.memoryBytes
    return entry
  }

  /** Removes the first one of what is in memory, whatever is spilled before it. */
  shiftInMemory(): Entry | undefined {
    const first = this.shift()
    if (first !== undefined) return first
    const entry = this.#tail.shift()
    if (entry !== undefined) this.#tailBytes -= entry.memoryBytes
    return entry
  }

  /** The run that comes next behind what is at hand. */
  get firstRun(): SpilledRun | undefined {
    return this.#runs.peek()
  }

  /** Removes the first run, with all that is in it. */
  shiftRun(): SpilledRun | undefined {
    const run = this.#runs.shift()
    if (run !== undefined) this.#inRuns -= run.count
    return run
  }

  /** Whether `cut` gives something. */
  isWorth(leastBytes: number, keepBytes: number): boolean {
    if (this.#isTailWorth(leastBytes)) return true
    const last = this.#head.at(this.#head.length - 1)
    if (last === undefined || this.#headBytes - keepBytes < leastBytes) return false
    return this.#headBytes - last.memoryBytes >= keepBytes
  }

  /** A run to be spilled takes the place of its messages; null when there is too little. */
  cut(size: RunSize, make: (entries: readonly Entry[]) => SpilledRun): SpilledRun | null {
    const isTail = this.#isTailWorth(size.leastBytes)
    const entries = isTail ? this.#cutTail(size) : this.#cutHead(size)
    if (entries.length === 0) return null
    const run = make(entries)
    if (isTail) this.#runs.push(run)
    else this.#runs.unshift(run)
    this.#inRuns += run.count
    return run
  }

  /** All of it, in order. */
  *[Symbol.iterator](): IterableIterator<Entry | SpilledRun> {
    yield* this.#head
    for (const run of this.#runs) {
      if (run.entries === null) yield run
      else yield* run.entries
    }
    yield* this.#tail
  }

  /** Forgets everything; what is on its way is not needed any more. */
  clear(): void {
    for (const run of this.#runs) run.isGone = true
    this.#head.clear()
    this.#tail.clear()
    this.#runs.clear()
    this.#headBytes = 0
    this.#tailBytes = 0
    this.#inRuns = 0
  }

  /** What is in memory joins the head: read back, or needed before it is written. */
  #takeBack(): void {
    for (;;) {
      const run = this.#runs.peek()
      if (run === undefined || run.entries === null) return
      // Being written, and not needed yet.
      if (!run.isGone && this.#head.length > 0) return
      run.isGone = true
      this.shiftRun()
      for (const entry of run.entries) this.#head.push(entry)
      for (const entry of run.entries) this.#headBytes += entry.memoryBytes
      // A browser that is slow may know the run for long.
      run.entries = null
    }
  }

  #isTailWorth(leastBytes: number): boolean {
    return this.#tail.length > 0 && this.#tailBytes >= leastBytes
  }

  #swap(): void {
    const head = this.#head
    this.#head = this.#tail
    this.#headBytes = this.#tailBytes
    this.#tail = head
    this.#tailBytes = 0
  }

  #cutTail({ mostBytes }: RunSize): Entry[] {
    const entries: Entry[] = []
    let bytes = 0
    while (bytes < mostBytes) {
      const next = this.#tail.peek()
      if (next === undefined || (bytes > 0 && bytes + next.memoryBytes > mostBytes)) break
      this.#tail.shift()
      this.#tailBytes -= next.memoryBytes
      bytes += next.memoryBytes
      entries.push(next)
    }
    return entries
  }

  #cutHead({ leastBytes, mostBytes, keepBytes }: RunSize): Entry[] {
    const entries: Entry[] = []
    let bytes = 0
    if (this.#headBytes - keepBytes < leastBytes) return entries
    while (bytes < mostBytes) {
      const last = this.#head.at(this.#head.length - 1)
      if (last === undefined || (bytes > 0 && bytes + last.memoryBytes > mostBytes)) break
      if (this.#headBytes - last.memoryBytes < keepBytes) break
      this.#head.pop()
      this.#headBytes -= last.memoryBytes
      bytes += last.memoryBytes
      entries.push(last)
    }
    return entries.reverse()
  }
}

/** Whether all of it had just come. */
function stayAtEnd(entries: Deque<Entry>): boolean {
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries.at(i) as Entry
    if (!entry.isFresh) return false
    entry.stay()
  }
  return true
}
