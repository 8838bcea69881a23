import { FETCH_BYTES_MAX, PAGE_ENTRIES } from '../policy/limits.ts'
import { MemoryBudget } from './memory-budget.ts'

/** What the windows of all lists hold together. */
export class WindowSpace {
  /** For bodies that the store has too, those that are being loaded included. */
  readonly bodies: MemoryBudget
  /** References to waiting messages. */
  entries = 0
  readonly #entriesMax: number

  constructor(bytesMax: number, entriesMax: number) {
    this.bodies = new MemoryBudget(bytesMax)
    this.#entriesMax = entriesMax
  }

  /** There is no room for another page of references. */
  get isCrowded(): boolean {
    return this.entries + PAGE_ENTRIES > this.#entriesMax
  }

  /** There is room for what one list reads, and loads, at a time. */
  get hasRoom(): boolean {
    return this.bodies.usedBytes + FETCH_BYTES_MAX <= this.bodies.limitBytes && !this.isCrowded
  }
}
