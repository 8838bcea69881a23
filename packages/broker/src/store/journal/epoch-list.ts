import type { EpochStart } from './log-batch.ts'
import { EPOCHS_MAX } from './checkpoint-file.ts'

/** The epochs of a log and where each begins, ascending in both. */
export class EpochList {
  #starts: EpochStart[]

  constructor(starts: readonly EpochStart[] = []) {
    this.#starts = [...starts]
  }

  get starts(): readonly EpochStart[] {
    return this.#starts
  }

  add(starts: readonly EpochStart[]): void {
    for (const start of starts) this.#starts.push(start)
    const surplus = this.#starts.length - EPOCHS_MAX
    if (surplus > 0) this.#starts.splice(0, surplus)
  }

  /** The epochs that begin at or before `index`. */
  upTo(index: number): EpochStart[] {
    return this.#starts.filter((start) => start.firstIndex <= index)
  }

  truncateAfter(index: number): void {
    this.#starts = this.upTo(index)
  }

  /** Epoch of the record `index`, 0 when it lies before all that is known. */
  of(index: number): number {
    return this.#starts.findLast((start) => start.firstIndex <= index)?.epoch ?? 0
  }

  /** The last start whose epoch is at most `epoch`, and the start after it. */
  around(epoch: number): { at: EpochStart | undefined; next: EpochStart | undefined } {
    const after = this.#starts.findIndex((start) => start.epoch > epoch)
    const count = after === -1 ? this.#starts.length : after
    return { at: this.#starts[count - 1], next: this.#starts[count] }
  }
}
