import type { Clock, Timer } from '@quorate/core/base/clock'
import type { Chance } from './chance.ts'
import type { Pending, Timeline } from './timeline.ts'

/** What happened to a process that stood still, and whether it is a timer that came due. */
interface Held {
  readonly happening: () => void
  readonly isTimer: boolean
}

/**
 * A process: everything that happens to it comes through `enter`. A paused one finds it all waiting
 * when it goes on, in order, as after SIGSTOP and SIGCONT; to a dead one nothing happens any more.
 */
export class SimulatedProcess {
  /** The host it runs on: its address in the network. */
  readonly host: string
  readonly timeline: Timeline
  /** What the wall clock is ahead of simulated time; a fault moves it. */
  wallOffsetMs = 1_700_000_000_000
  /** Of the machine that it runs on. */
  readonly monotonic: MonotonicClock
  #isPaused = false
  #isAlive = true
  #isCatchingUp = false
  #held: Held[] = []

  constructor(host: string, timeline: Timeline, monotonic = new MonotonicClock(timeline)) {
    this.host = host
    this.timeline = timeline
    this.monotonic = monotonic
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** It stood still, and has not done yet what came meanwhile. */
  get isCatchingUp(): boolean {
    return this.#isCatchingUp
  }

  enter(happening: () => void, isTimer = false): void {
    if (!this.#isAlive) return
    if (this.#isPaused) this.#held.push({ happening, isTimer })
    else happening()
  }

  pause(): void {
    this.#isPaused = true
  }

  /**
   * `reading`: it was stopped while it waited for sockets and files, so a turn of the event loop
   * goes by with what they have for it before it looks at its timers.
   */
  resume(first: 'whatCameFirst' | 'reading' = 'whatCameFirst'): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    const held = this.#held
    this.#held = []
    if (first === 'whatCameFirst') return this.#catchUp(held.values())
    const timers = held.filter(({ isTimer }) => isTimer)
    const others = held.filter(({ isTimer }) => !isTimer)
    this.#catchUp(others.values(), () => {
      this.timeline.after(BUSY_TURN_MS, () => this.#catchUp(timers.values()))
    })
  }

  /** One by one, each with what follows from it, as the event loop would take them. */
  #catchUp(held: Iterator<Held>, done: () => void = () => undefined): void {
    const next = held.next()
    this.#isCatchingUp = next.done !== true
    if (next.done === true) return done()
    this.timeline.after(0, () => {
      this.enter(next.value.happening, next.value.isTimer)
      this.#catchUp(held, done)
    })
  }

  die(): void {
    this.#isAlive = false
    this.#held = []
  }

  after(delayMs: number, happening: () => void): Timer {
    return this.timeline.after(delayMs, () => this.enter(happening))
  }

  /** Monotonic time does not stop with the process, nor does it jump with the wall clock. */
  get clock(): Clock {
    return {
      monotonicMs: () => this.monotonic.nowMs,
      wallMs: () => Math.floor(this.wallOffsetMs + this.timeline.nowMs),
      after: (delayMs, callback) => new ProcessTimer(this, callback).arm(delayMs),
      every: (periodMs, callback) => {
        const period = Math.max(1, periodMs)
        return new ProcessTimer(this, callback, period).arm(period)
      },
    }
  }
}

/** A machine's own time: no two crystals agree. */
export class MonotonicClock {
  readonly #timeline: Timeline
  #rate = 1
  #sinceMs = 0
  #startMs = 0

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  get nowMs(): number {
    return this.#startMs + (this.#timeline.nowMs - this.#sinceMs) * this.#rate
  }

  /** Milliseconds of its own in one of simulated time. */
  get rate(): number {
    return this.#rate
  }

  /** From now on; timers that run keep the time at which they will fire. */
  set rate(rate: number) {
    this.#startMs = this.nowMs
    this.#sinceMs = this.#timeline.nowMs
    this.#rate = rate
  }
}

/** Fires once however long its process was held, as Node's timers do. */
class ProcessTimer implements Timer {
  readonly #process: SimulatedProcess
  readonly #callback: () => void
  readonly #periodMs: number | null
  readonly #due: () => void
  #pending: Pending | null = null
  #isCancelled = false

  constructor(process: SimulatedProcess, callback: () => void, periodMs: number | null = null) {
    this.#process = process
    this.#callback = callback
    this.#periodMs = periodMs
    this.#due = () => process.enter(() => this.#fire(), true)
  }

  arm(delayMs: number): this {
    const { timeline, monotonic } = this.#process
    this.#pending = timeline.after(delayMs / monotonic.rate, this.#due)
    return this
  }

  cancel(): void {
    this.#isCancelled = true
    this.#pending?.cancel()
  }

  #fire(): void {
    // Cancelled while the process was held.
    if (this.#isCancelled) return
    if (this.#periodMs !== null) this.arm(this.#periodMs)
    this.#callback()
  }
}

/**
 * More may happen in one turn of the event loop before its end: a busy process reads it all first.
 */
const BUSY_SHARE = 0.1
const BUSY_SHARE_BEHIND = 0.7
const BUSY_TURN_MS = 1

/** Runs what is to be done at the end of a turn. */
export function endOfTurn(process: SimulatedProcess, chance: Chance): (work: () => void) => void {
  let endMs = -1
  return (work) => {
    const { nowMs } = process.timeline
    const share = process.isCatchingUp ? BUSY_SHARE_BEHIND : BUSY_SHARE
    const isBusy = endMs <= nowMs && chance.chance(share)
    if (isBusy) endMs = nowMs + chance.between(0, BUSY_TURN_MS)
    process.after(endMs - nowMs, work)
  }
}
