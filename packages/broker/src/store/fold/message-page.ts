import { assert } from '@quorate/core/base/errors'
import { ENTRY_BYTES_MAX, PackedEntries } from './packed-entries.ts'
import type { PagePool } from './page-pool.ts'
import type { StoredEntry } from './stored-entry.ts'

/** Messages that are put on one page, at most, before the next is begun. */
export const PAGE_ENTRIES_MAX = 256

/**
 * Gaps are closed when less than this part of a page is in use: a page is then worth its memory.
 */
const CLOSE_UP_BELOW = 1 / 4

/** Where the messages of one page are put together for its row, page after page. */
const packingRoom = Buffer.allocUnsafeSlow(PAGE_ENTRIES_MAX * ENTRY_BYTES_MAX)

/** What is known of a page without its messages. */
export interface PageFacts {
  readonly first: number
  readonly filled: number
  readonly count: number
  /** Sequence of its newest message. */
  readonly last: number
}

/**
 * A run of one list, and the unit in which the index stores it.
 *
 * ```
 *   rest         objects
 *   41 42 44   [ x  x  .  x  a  x  b  c ]       x = removed, a b c = waiting
 *                            ^ head             alive = 6, filled = 11 or more
 * ```
 *
 * The rest are the older messages, in which nobody was interested lately: bytes, or nothing but
 * their number while the page's row begins with them. Objects are the newer ones, as long as their
 * bodies are in memory; and all of them while the page is open.
 *
 * `first` and `filled` follow from the log - not from checkpoints, restarts, gaps or what is at
 * rest - so that an index rebuilt from the same start has the same pages under the same keys.
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
  /** The index holds it under `first`, or will when the checkpoint under way is written. */
  persisted = false
  readonly #pool: PagePool
  /** Bytes of the rest; null when there is none, or only the row holds it. */
  #rest: PackedEntries | null = null
  #restCount = 0
  /** Sequence of the last message of the rest. */
  #restLast = 0
  #entries: StoredEntry[] = []
  #head = 0
  #isOpen = false
  /** Its row holds it as it is. */
  #isWritten = false

  constructor(list: number, pool: PagePool) {
    this.list = list
    this.#pool = pool
  }

  /** It takes no more messages, whatever leaves it. */
  get isFull(): boolean {
    return this.filled >= this.#pool.entriesMax
  }

  /** It holds a message with a sequence above this one. */
  holdsAbove(sequence: number): boolean {
    const last = this.#entries.findLast((entry) => !entry.removed)
    return Math.max(last?.sequence ?? 0, this.#restCount > 0 ? this.#restLast : 0) > sequence
  }

  append(entry: StoredEntry): void {
    if (this.filled === 0) this.first = entry.sequence
    this.filled++
    this.alive++
    this.#isWritten = false
    this.#entries.push(entry)
  }

  /** Puts in a message that is older than others on the page, which has room. */
  insert(entry: StoredEntry): void {
    this.#reach(entry.sequence)
    this.#entries.splice(this.#lowerBound(entry.sequence), 0, entry)
    this.filled++
    this.alive++
    this.#isWritten = false
  }

  /** Gives the room of what has left to others. */
  closeGaps(): void {
    this.#reach(this.first)
    this.#closeUp()
    this.filled = this.alive
    this.#isWritten = false
  }

  /** Hands over its newer half, as a page of its own. It holds two messages or more. */
  split(): MessagePage {
    this.closeGaps()
    assert(this.alive > 1, 'both halves hold messages')
    const newer = new MessagePage(this.list, this.#pool)
    for (const entry of this.#entries.splice(this.#entries.length >>> 1)) newer.append(entry)
    this.filled = this.#entries.length
    this.alive = this.filled
    newer.#isOpen = true
    // Last: it may close this very page.
    this.#pool.opened(newer)
    return newer
  }

  /** An entry of this page, which `find` has just found, lies elsewhere in the log now. */
  moved(entry: StoredEntry, position: number): void {
    entry.position = position
    this.#isWritten = false
  }

  /** Puts back what the index held; `read` decodes it, where it has to be in memory. */
  restore({ first, filled, count, last }: PageFacts, read: () => PackedEntries): void {
    this.first = first
    this.filled = filled
    this.alive = count
    this.persisted = true
    this.#restCount = count
    this.#restLast = last
    this.#isWritten = true
    if (!this.#mayLeave) this.#setRest(read())
  }

  find(sequence: number): StoredEntry | undefined {
    this.#reach(sequence)
    const entry = this.#entries[this.#lowerBound(sequence)]
    return entry === undefined || entry.sequence !== sequence || entry.removed ? undefined : entry
  }

  /** Takes an entry of this page, which `find` has just found, out of it. */
  remove(entry: StoredEntry): void {
    entry.removed = true
    this.alive--
    this.#isWritten = false
    const entries = this.#entries
    while (this.#head < entries.length && entries[this.#head]?.removed === true) this.#head++
    if (this.alive - this.#restCount < entries.length * CLOSE_UP_BELOW) this.#closeUp()
  }

  /** One more failed delivery of an entry that `find` has just found. */
  redelivered(entry: StoredEntry): void {
    entry.redeliveries++
    this.#isWritten = false
  }

  /** Makes the page an unused one. */
  reset(): void {
    this.first = 0
    this.filled = 0
    this.alive = 0
    this.#rest = null
    this.#restCount = 0
    this.#entries = []
    this.#head = 0
    this.#isWritten = false
  }

  /** Adds entries above `after` to `target` until it holds `limit`. */
  collect(after: number, limit: number, target: StoredEntry[]): void {
    this.#reach(after + 1)
    const entries = this.#entries
    for (let i = this.#lowerBound(after + 1); i < entries.length; i++) {
      if (target.length >= limit) return
      const entry = entries[i]
      if (entry?.removed === false) target.push(entry)
    }
  }

  /** Some of the bodies are not in memory any more: the objects go as well. */
  cool(): void {
    const entries = this.#entries
    if (this.#isOpen || entries[this.#head]?.body !== null) return
    let end = this.#head
    while (end < entries.length && isCold(entries[end])) end++
    const cold = entries.splice(0, end).filter((entry) => !entry.removed)
    this.#head = 0
    if (this.#mayLeave) {
      this.#restCount += cold.length
      this.#restLast = cold.at(-1)?.sequence ?? this.#restLast
      this.#rest = null
    } else this.#pack(cold)
  }

  /** Nobody has looked into it for long. */
  close(): void {
    this.#isOpen = false
    this.cool()
  }

  /** Its row holds it as it is now. */
  written(): void {
    this.#isWritten = this.alive > 0
    if (this.#mayLeave) this.#rest = null
  }

  /** Its row is not there any more; hands over each message that is more than bytes. */
  dissolve(released: (entry: StoredEntry) => void): void {
    for (const entry of this.#entries) {
      if (entry.removed) continue
      entry.removed = true
      released(entry)
    }
    this.reset()
  }

  /** Where its messages lie in the log. */
  forEachPlace(visit: (position: number, length: number) => void): void {
    if (this.#restCount > 0) this.#readRest().forEachPlace(visit)
    for (const { removed, position, length } of this.#entries) if (!removed) visit(position, length)
  }

  /** All of its messages as bytes: its own, or valid until the next page is asked. */
  packed(): PackedEntries {
    const rest = this.#readRest()
    if (this.alive === this.#restCount) return rest
    const all = rest.copyTo(packingRoom)
    for (const entry of this.#entries) if (!entry.removed) all.append(entry)
    return all
  }

  *[Symbol.iterator](): IterableIterator<StoredEntry> {
    if (this.#restCount > 0) yield* this.#readRest().unpack(this.list)
    for (const entry of this.#entries) if (!entry.removed) yield entry
  }

  /**
   * A page that still grows keeps its bytes. What comes behind the rest may change: its row will go
   * on beginning with the rest.
   */
  get #mayLeave(): boolean {
    return this.#isWritten && this.isFull && this.#pool.source !== null
  }

  /** Opens the page when the rest may hold this message or a later one. */
  #reach(sequence: number): void {
    if (this.#restCount === 0 || sequence > this.#restLast) return
    this.#pool.opened(this)
    const objects = this.#entries.slice(this.#head)
    this.#entries = [...this.#readRest().unpack(this.list), ...objects]
    this.#head = 0
    this.#rest = null
    this.#restCount = 0
    this.#isOpen = true
  }

  #readRest(): PackedEntries {
    if (this.#rest !== null) return this.#rest
    if (this.#restCount === 0) return PackedEntries.empty(this.first)
    const { source } = this.#pool
    assert(source !== null, 'what is not in memory is in the index')
    return source.read(this, this.#restCount)
  }

  #pack(entries: readonly StoredEntry[]): void {
    const rest = this.#readRest()
    for (const entry of entries) rest.append(entry)
    this.#setRest(rest)
    if (this.isFull && this.#entries.length === 0) rest.trim()
  }

  #setRest(rest: PackedEntries): void {
    this.#rest = rest
    this.#restCount = rest.count
    this.#restLast = rest.last
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

function isCold(entry: StoredEntry | undefined): boolean {
  return entry === undefined || entry.removed || entry.body === null
}
