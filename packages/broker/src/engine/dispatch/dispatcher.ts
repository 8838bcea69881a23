import { Deque } from '@quorate/core/base/deque'

/** Something that may have messages to hand out. */
export interface TurnWork {
  /** Already waiting for the end of the turn. Owned by the dispatcher. */
  marked: boolean
  dispatch(): void
}

/** Something with an output that is written once per turn. */
export interface Flushable {
  /** Owned by the dispatcher. */
  touched: boolean
  flush(): void
}

/** Runs work at the end of the present turn of the event loop. */
export interface Turn {
  schedule(work: () => void): void
}

/** The leader's right to hand messages to consumers (R27). */
export interface Lease {
  valid(): boolean
}

export interface DispatcherPorts {
  readonly turn: Turn
  readonly lease: Lease
  /** Called first in every turn: writes what has been gathered for the log. */
  readonly gather: () => void
}

/**
 * Gathers what a burst of events has made possible, and does it once, at the end of the turn:
 * writes the gathered acknowledgements, hands out messages, writes every client's output.
 */
export class Dispatcher {
  readonly #ports: DispatcherPorts
  readonly #run = (): void => this.run()
  #work = new Deque<TurnWork>()
  #touched: Flushable[] = []
  #scheduled = false
  #stopped = false

  constructor(ports: DispatcherPorts) {
    this.#ports = ports
  }

  get leaseValid(): boolean {
    return !this.#stopped && this.#ports.lease.valid()
  }

  mark(work: TurnWork): void {
    if (work.marked) return
    work.marked = true
    this.#work.push(work)
    this.schedule()
  }

  touch(flushable: Flushable): void {
    if (flushable.touched) return
    flushable.touched = true
    this.#touched.push(flushable)
    this.schedule()
  }

  schedule(): void {
    if (this.#scheduled || this.#stopped) return
    this.#scheduled = true
    this.#ports.turn.schedule(this.#run)
  }

  run(): void {
    this.#scheduled = false
    if (this.#stopped) return
    this.#ports.gather()
    // What is marked meanwhile waits for the next turn, so that no client keeps the loop busy.
    for (let left = this.#work.length; left > 0 && this.leaseValid; left--) {
      const work = this.#work.shift()
      if (work === undefined) break
      work.marked = false
      work.dispatch()
    }
    this.#flush()
  }

  stop(): void {
    this.#stopped = true
    this.#work.clear()
    this.#touched = []
  }

  #flush(): void {
    const touched = this.#touched
    this.#touched = []
    for (const flushable of touched) {
      flushable.touched = false
      flushable.flush()
    }
  }
}
