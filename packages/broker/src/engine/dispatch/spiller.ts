import type { TemporaryPlace, TemporaryStore, TemporaryView } from '../../store/temporary-store.ts'
import {
  SPILL_BYTES_MAX,
  SPILL_HARD_SHARE,
  SPILL_LAST_SHARE,
  SPILL_SHARE,
  SPILL_VISITS_MAX,
} from '../policy/limits.ts'
import type { MemoryBudget } from './memory-budget.ts'
import type { SpilledRun } from './spilled-run.ts'

/** How short memory is: above 70 %, 85 % and 95 % of it. The shorter, the less is worth a write. */
export type Need = 0 | 1 | 2
const NEEDS: readonly Need[] = [0, 1, 2]

export function needOf(usedBytes: number, limitBytes: number): Need {
  if (usedBytes > limitBytes * SPILL_LAST_SHARE) return 2
  return usedBytes > limitBytes * SPILL_HARD_SHARE ? 1 : 0
}

/** Messages that can be spilled: those of one backlog. */
export interface Spillable {
  /** The need for which the spiller, which owns this, knows it; null when it does not. */
  listed: Need | null
  /** Of its own limit. */
  readonly need: Need
  /** Bytes above its share of a limit of its own; 0 or less when there is nothing to do. */
  readonly excessBytes: number
  /** The smallest need for which `cut` gives something; null when there is none. */
  readonly worth: Need | null
  /** null when there is nothing that is worth it. */
  cut(need: Need): SpilledRun | null
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
  /**
   * By need, those that have something that is worth it then, the one that was looked at longest
   * ago first. What has turned out not to be leaves until there is more of it: those that have too
   * little cost nothing, however many they are.
   */
  readonly #listed: readonly Set<Spillable>[] = NEEDS.map(() => new Set())
  /** Those that hold more than they should. */
  readonly #pressed = new Set<Spillable>()
  /** Being written, or to be written again. */
  #batch: readonly Spilled[] = []
  #isWriting = false
  #isFailing = false

  constructor(port: SpillerPort) {
    this.#port = port
  }

  get store(): TemporaryStore {
    return this.#port.store
  }

  get view(): TemporaryView {
    return { ...this.store.view, isFull: this.#takesNothing }
  }

  /** There is more of it in memory that can be spilled. */
  grown(from: Spillable): void {
    // What is worth it already is not less so for having grown.
    if (from.listed !== 0) this.#list(from)
    if (from.excessBytes > 0) this.#pressed.add(from)
    else if (from.listed === null || !this.#isOver(SPILL_SHARE)) return
    if (!this.#isWriting) this.#port.schedule()
  }

  forget(from: Spillable): void {
    this.#unlist(from)
    this.#pressed.delete(from)
  }

  /** Called once per turn. */
  run(): void {
    if (!this.#isWriting && !this.store.isFull) {
      if (this.#batch.length > 0) this.#dropGone()
      if (this.#batch.length === 0) {
        // What could not be written is not needed any more: whether others can is not known.
        this.#isFailing = false
        if (this.#pressed.size > 0 || this.#isOver(SPILL_SHARE)) this.#batch = this.#gather()
      }
      if (this.#batch.length > 0) this.#write()
      // Others are looked at in the next turn: each that gives nothing leaves the list.
      else if (this.#hasCandidates) this.#port.schedule()
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

  get #need(): Need {
    const { usedBytes, limitBytes } = this.#port.memory
    return needOf(usedBytes, limitBytes)
  }

  get #hasCandidates(): boolean {
    if (!this.#isOver(SPILL_SHARE)) return false
    return NEEDS.some((need) => need <= this.#need && (this.#listed[need]?.size ?? 0) > 0)
  }

  /** Behind all others of its need. */
  #list(from: Spillable): void {
    const { worth } = from
    if (from.listed === worth) return
    this.#unlist(from)
    from.listed = worth
    if (worth !== null) this.#listed[worth]?.add(from)
  }

  #unlist(from: Spillable): void {
    if (from.listed !== null) this.#listed[from.listed]?.delete(from)
    from.listed = null
  }

  /** What was taken back before it was written is in memory again. */
  #dropGone(): void {
    const gone = this.#batch.filter(({ run }) => run.isGone)
    this.#batch = this.#batch.filter(({ run }) => !run.isGone)
    for (const { from } of gone) this.#list(from)
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

  /** One run of each in turn, until it is enough; where that is little, of those that have less. */
  #gatherListed(wantedBytes: number, batch: Spilled[]): void {
    const present = this.#need
    let left = wantedBytes
    let visits = SPILL_VISITS_MAX
    for (const need of NEEDS) {
      if (need > present) return
      const listed = this.#listed[need] as Set<Spillable>
      while (left > 0 && visits-- > 0) {
        const [from] = listed
        if (from === undefined) break
        this.#unlist(from)
        const run = from.cut(need)
        if (run !== null) {
          batch.push({ from, run })
          left -= run.memoryBytes
        }
        this.#list(from)
      }
    }
  }

  #cutFrom(from: Spillable, wantedBytes: number, batch: Spilled[]): number {
    let taken = 0
    while (taken < wantedBytes) {
      const run = from.cut(from.need)
      if (run === null) break
      batch.push({ from, run })
      taken += run.memoryBytes
    }
    return taken
  }
}
