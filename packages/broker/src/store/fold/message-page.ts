import type { StoredEntry } from './stored-entry.ts'

/** Messages that are put on one page before the next is begun. */
export const PAGE_ENTRIES_MAX = 256

/** Gaps are closed when less than this part of a page is in use: a page is then worth its memory. */
const CLOSE_UP_BELOW = 1 / 4

/**
 * A run of one list, and the unit in which the index stores it.
 *
 * ```
 *   entries   [ x  x  .  x  a  x  b  c ]        x = removed, a b c = waiting
 *                          ^ head               alive = 3, filled = 8 or more
 * ```
 *
 * `first` and `filled` depend on nothing but the log - not on checkpoints, restarts or gaps - so
 * that a rebuilt index has the same pages under the same keys.
 */
export class MessagePage {
  readonly list: number
  /** Sequence of the first message put on the page: its key. Meaningless while `filled` is 0. */
  first = 0
  /** Messages ever put on the page. */
  filled = 0
  /** Messages on it now. */
  alive = 0
  /** Noted for the next checkpoint. */
  changed = false
  /** The index holds it under `first`. */
  persisted = false
  #entries: StoredEntry[] = []
  #head = 0

  constructor(list: number) {
    this.list = list
  }

  append(entry: StoredEntry): void {
    if (this.filled === 0) this.first = entry.sequence
    this.filled++
    this.alive++
    this.#entries.push(entry)
  }

  /** Puts back what the index held. */
  restore(filled: number, entries: StoredEntry[]): void {
    this.filled = filled
    this.alive = entries.length
    this.persisted = true
    this.#entries = entries
  }

  find(sequence: number): StoredEntry | undefined {
    const entry = this.#entries[this.#lowerBound(sequence)]
    return entry === undefined || entry.sequence !== sequence || entry.removed ? undefined : entry
  }

  /** Takes an entry of this page out of it. */
  remove(entry: StoredEntry): void {
    entry.removed = true
    this.alive--
    const entries = this.#entries
    while (this.#head < entries.length && entries[this.#head]?.removed === true) this.#head++
    if (this.alive < entries.length * CLOSE_UP_BELOW) this.#closeUp()
  }

  /** Makes the page an unused one. */
  reset(): void {
    this.first = 0
    this.filled = 0
    this.alive = 0
    this.#entries = []
    this.#head = 0
  }

  /** Adds entries above `after` to `target` until it holds `limit`. */
  collect(after: number, limit: number, target: StoredEntry[]): void {
    const entries = this.#entries
    for (let i = this.#lowerBound(after + 1); i < entries.length; i++) {
      if (target.length >= limit) return
      const entry = entries[i]
      if (entry?.removed === false) target.push(entry)
    }
  }

  *[Symbol.iterator](): IterableIterator<StoredEntry> {
    for (const entry of this.#entries) if (!entry.removed) yield entry
  }

  #closeUp(): void {
    this.#entries = this.#entries.filter((entry) => !entry.removed)
    this.#head = 0
  }

  /** Place of the first entry, removed or not, with at least this sequence. */
  #lowerBound(sequence: number): number {
    const entries = this.#entries
    let low = this.#head
    let high = entries.length
    // The usual question is for the oldest message.
    if (low < high && (entries[low] as StoredEntry).sequence >= sequence) return low
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((entries[middle] as StoredEntry).sequence < sequence) low = middle + 1
      else high = middle
    }
    return low
  }
}
