import type { Clock, Timer } from './clock.ts'

interface Entry {
  dueMs: number
  readonly order: number
  readonly periodMs: number | undefined
  readonly callback: () => void
  cancelled: boolean
}

/** A clock that only moves when told to. Timers fire in the order in which they fall due. */
export class ManualClock implements Clock {
  #nowMs: number
  readonly #wallOffsetMs: number
  #entries: Entry[] = []
  #order = 0

  constructor(startMs = 0, wallOffsetMs = 1_700_000_000_000) {
    this.#nowMs = startMs
    this.#wallOffsetMs = wallOffsetMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  wallMs(): number {
    return this.#wallOffsetMs + this.#nowMs
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#add(delayMs, undefined, callback)
  }

  every(periodMs: number, callback: () => void): Timer {
    return this.#add(periodMs, Math.max(1, periodMs), callback)
  }

  /** Moves time on, firing everything that falls due on the way. */
  advance(ms: number): void {
    const targetMs = this.#nowMs + ms
    for (;;) {
      const next = this.#earliest()
      if (next === undefined || next.dueMs > targetMs) break
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      this.#fire(next)
    }
    this.#nowMs = targetMs
  }

  #add(delayMs: number, periodMs: number | undefined, callback: () => void): Timer {
    const dueMs = this.#nowMs + Math.max(0, delayMs)
    const entry: Entry = { dueMs, order: this.#order++, periodMs, callback, cancelled: false }
    this.#entries.push(entry)
    return {
      cancel: () => {
        entry.cancelled = true
        this.#entries = this.#entries.filter((other) => other !== entry)
      },
    }
  }

  #earliest(): Entry | undefined {
    let best: Entry | undefined
    for (const entry of this.#entries) {
      if (best === undefined || entry.dueMs < best.dueMs) best = entry
      else if (entry.dueMs === best.dueMs && entry.order < best.order) best = entry
    }
    return best
  }

  #fire(entry: Entry): void {
    if (entry.periodMs === undefined) {
      this.#entries = this.#entries.filter((other) => other !== entry)
    } else {
      entry.dueMs += entry.periodMs
    }
    if (!entry.cancelled) entry.callback()
  }
}
