import type { TemporaryPlace, TemporaryStore, TemporaryView } from '../../store/temporary-store.ts'
import {
  SPILL_BYTES_MAX,
  SPILL_HARD_SHARE,
  SPILL_SHARE,
  SPILL_VISITS_MAX,
} from '../policy/limits.ts'
import type { MemoryBudget } from './memory-budget.ts'
import type { SpilledRun } from './spilled-run.ts'

/** Messages that can be spilled: those of one backlog. */
export interface Spillable {
  /** Known to the spiller, which owns this. */
  listed: boolean
  /** Something waits in memory. */
  readonly hasWaiting: boolean
  /** Bytes above its share of a limit of its own; 0 or less when there is nothing to do. */
  readonly excessBytes: number
  /** `isHard`: even what is hardly worth it. null when there is nothing. */
  cut(isHard: boolean): SpilledRun | null
  /** What was cut is in the temporary store. */
  written(run: SpilledRun, place: TemporaryPlace): void
}

export interface SpillerPort {
  readonly store: TemporaryStore
  readonly memory: MemoryBudget
  /** `run` is to be called at the end of this turn. */
  schedule(): void
  /** Memory runs short, and the temporary store takes nothing. */
  setShort(isShort: boolean): void
}

interface Spilled {
  readonly from: Spillable
  readonly run: SpilledRun
}

/**
 * Moves messages that only memory holds to the temporary store before the memory is used up: once
 * per turn, one write at a time, of one backlog after the other. What is being written counts as
 * memory until it is written, so that a slow disk makes senders wait.
 */
export class Spiller {
  readonly #port: SpillerPort
  /** Those that have something in memory, the one that was looked at longest ago first. */
  readonly #listed = new Set<Spillable>()
  /** Those that hold more than they should. */
  readonly #pressed = new Set<Spillable>()
  /** Being written, or to be written again. */
  #batch: readonly Spilled[] = []
  #isWriting = false
  #isFailing = false
  /** Visits since the last that gave something: when all were in vain there is nothing to spill. */
  #vainVisits = 0

  constructor(port: SpillerPort) {
    this.#port = port
  }

  get store(): TemporaryStore {
    return this.#port.store
  }

  get view(): TemporaryView {
    return { ...this.store.view, isFull: this.#takesNothing }
  }

  /** There is more of it in memory. */
  grown(from: Spillable): void {
    if (!from.listed) {
      from.listed = true
      this.#listed.add(from)
    }
    if (from.excessBytes > 0) this.#pressed.add(from)
    else if (!this.#isOver(SPILL_SHARE)) return
    this.#vainVisits = 0
    if (!this.#isWriting) this.#port.schedule()
  }

  forget(from: Spillable): void {
    from.listed = false
    this.#listed.delete(from)
    this.#pressed.delete(from)
  }

  /** Called once per turn. */
  run(): void {
    if (!this.#isWriting && !this.store.isFull) {
      this.#batch = this.#batch.filter(({ run }) => !run.isGone)
      if (this.#batch.length === 0) {
        // What could not be written is not needed any more: whether others can is not known.
        this.#isFailing = false
        this.#batch = this.#gather()
      }
      if (this.#batch.length > 0) this.#write()
      else if (this.#isOver(SPILL_SHARE) && this.#vainVisits < this.#listed.size) {
        // Others are looked at in the next turn.
        this.#port.schedule()
      }
    }
    this.#port.setShort(this.#takesNothing && this.#isOver(SPILL_SHARE))
  }

  get #takesNothing(): boolean {
    return this.#port.store.isFull || this.#isFailing
  }

  #isOver(share: number): boolean {
    const { usedBytes, limitBytes } = this.#port.memory
    return usedBytes > limitBytes * share
  }

  #write(): void {
    this.#isWriting = true
    // Nobody takes the messages of a run out of it while it waits here.
    const runs = this.#batch.map(({ run }) => run.entries ?? [])
    this.#port.store.append(runs, (places) => this.#written(places))
  }

  #written(places: readonly TemporaryPlace[] | null): void {
    this.#isWriting = false
    this.#isFailing = places === null
    if (places !== null) {
      const batch = this.#batch
      this.#batch = []
      batch.forEach(({ from, run }, i) => from.written(run, places[i] as TemporaryPlace))
    }
    this.#port.schedule()
  }

  #gather(): Spilled[] {
    const batch: Spilled[] = []
    let left = SPILL_BYTES_MAX
    for (const from of this.#pressed) {
      if (left <= 0) return batch
      const taken = this.#cutFrom(from, Math.min(left, from.excessBytes), batch)
      left -= taken
      if (left > 0) this.#pressed.delete(from)
    }
    const { usedBytes, limitBytes } = this.#port.memory
    const excess = usedBytes - limitBytes * SPILL_SHARE - (SPILL_BYTES_MAX - left)
    this.#gatherListed(Math.min(left, excess), batch)
    return batch
  }

  /** One run of each in turn, until it is enough. */
  #gatherListed(wantedBytes: number, batch: Spilled[]): void {
    const isHard = this.#isOver(SPILL_HARD_SHARE)
    let left = wantedBytes
    for (let visits = SPILL_VISITS_MAX; visits > 0 && left > 0; visits--) {
      const [from] = this.#listed
      if (from === undefined) return
      this.#listed.delete(from)
      const run = from.cut(isHard)
      this.#vainVisits = run === null ? this.#vainVisits + 1 : 0
      if (run !== null) {
        batch.push({ from, run })
        left -= run.bytes
      }
      from.listed = from.hasWaiting
      if (from.listed) this.#listed.add(from)
    }
  }

  #cutFrom(from: Spillable, wantedBytes: number, batch: Spilled[]): number {
    let taken = 0
    while (taken < wantedBytes) {
      const run = from.cut(false)
      if (run === null) break
      batch.push({ from, run })
      taken += run.bytes
    }
    return taken
  }
}
