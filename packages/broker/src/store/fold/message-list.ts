import { assert } from '@quorate/core/base/errors'
import type { StoredList } from '../message-store.ts'
import type { Changes } from './changes.ts'
import { MessagePage } from './message-page.ts'
import type { PagePool } from './page-pool.ts'
import type { StoredEntry } from './stored-entry.ts'

/**
 * The waiting messages of a queue or durable subscription: pages in ascending order of sequence.
 * Only the last page may be empty; it is then used again, under a new key.
 */
export class MessageList implements StoredList {
  readonly id: number
  readonly #changes: Changes | null
  readonly #pool: PagePool
  readonly #pages: MessagePage[] = []
  /** Sequence of the message that joined last, 0 when none has since the start. */
  newest = 0
  #length = 0
  #bytes = 0

  constructor(id: number, changes: Changes | null, pool: PagePool) {
    this.id = id
    this.#changes = changes
    this.#pool = pool
  }

  get length(): number {
    return this.#length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** No message has a lower sequence; Infinity when it is empty. */
  get lowest(): number {
    return this.#length === 0 ? Infinity : (this.#pages[0]?.first ?? Infinity)
  }

  append(entry: StoredEntry): void {
    const pages = this.#pages
    let page = pages[pages.length - 1]
    if (page === undefined || page.isFull) {
      page = new MessagePage(this.id, this.#pool)
      pages.push(page)
    }
    page.append(entry)
    this.newest = entry.sequence
    this.#length++
    this.#bytes += entry.length
    this.#changes?.pageChanged(page)
  }

  /** Puts in a message that may be older than others here. It is not in the list. */
  insert(entry: StoredEntry): void {
    const page = this.#pageFor(entry)
    assert(page.filled > 0 || !page.persisted, 'a page keeps its key as long as the index has it')
    if (page.filled === 0) page.append(entry)
    else page.insert(entry)
    this.#length++
    this.#bytes += entry.length
    this.#changes?.pageChanged(page)
  }

  /** The message lies elsewhere in the log now. False when it is not here. */
  moved(sequence: number, position: number): StoredEntry | undefined {
    const page = this.#pages[this.#pageAt(sequence)]
    const entry = page?.find(sequence)
    if (page === undefined || entry === undefined) return undefined
    page.moved(entry, position)
    this.#changes?.pageChanged(page)
    return entry
  }

  /** Takes a message out; undefined when it is not there. */
  remove(sequence: number): StoredEntry | undefined {
    const at = this.#pageAt(sequence)
    const page = this.#pages[at]
    const entry = page?.find(sequence)
    if (page === undefined || entry === undefined) return undefined
    page.remove(entry)
    this.#length--
    this.#bytes -= entry.length
    if (page.alive > 0) this.#changes?.pageChanged(page)
    else this.#drop(page, at)
    return entry
  }

  /** One more failed delivery (R44). Unknown messages have left: nothing to count. */
  redelivered(sequence: number): void {
    const page = this.#pages[this.#pageAt(sequence)]
    const entry = page?.find(sequence)
    if (page === undefined || entry === undefined) return
    page.redelivered(entry)
    this.#changes?.pageChanged(page)
  }

  get(sequence: number): StoredEntry | undefined {
    return this.#pages[this.#pageAt(sequence)]?.find(sequence)
  }

  next(after: number, limit: number): StoredEntry[] {
    const found: StoredEntry[] = []
    const pages = this.#pages
    for (let at = Math.max(0, this.#pageAt(after)); at < pages.length; at++) {
      if (found.length >= limit) break
      pages[at]?.collect(after, limit, found)
    }
    return found
  }

  /**
   * Empties the list because it is removed itself; `left` gets the place of every message in the
   * log, `released` those whose bodies are held.
   */
  dissolve(
    left: (position: number, length: number) => void,
    released: (entry: StoredEntry) => void,
  ): void {
    for (const page of this.pages()) page.forEachPlace(left)
    for (const page of this.#pages) {
      this.#changes?.pageRemoved(page)
      page.dissolve(released)
    }
    this.#pages.length = 0
    this.#length = 0
    this.#bytes = 0
  }

  /** Adds a page that the index held, with `bytes` of bodies; pages come in order. */
  restore(page: MessagePage, bytes: number): void {
    this.#pages.push(page)
    this.#length += page.alive
    this.#bytes += bytes
  }

  /** The body of this message is not in memory any more. */
  cool(sequence: number): void {
    this.#pages[this.#pageAt(sequence)]?.cool()
  }

  /** Pages with messages, in order. */
  *pages(): IterableIterator<MessagePage> {
    for (const page of this.#pages) if (page.alive > 0) yield page
  }

  #drop(page: MessagePage, at: number): void {
    this.#changes?.pageRemoved(page)
    page.reset()
    if (at === this.#pages.length - 1) return
    assert(this.#pages[at] === page, 'a page is dropped from where it was found')
    if (at === 0) this.#pages.shift()
    else this.#pages.splice(at, 1)
  }

  /** A page for a message between others: there is one with room, or one is made. */
  #pageFor({ sequence }: StoredEntry): MessagePage {
    const pages = this.#pages
    const at = this.#pageAt(sequence)
    const page = pages[at]
    if (page?.isFull === false) return page
    if (page?.holdsAbove(sequence) === true) {
      if (page.alive <= page.filled / 2) {
        page.closeGaps()
        return page
      }
      const newer = page.split()
      pages.splice(at + 1, 0, newer)
      this.#changes?.pageChanged(page)
      this.#changes?.pageChanged(newer)
      return sequence < newer.first ? page : newer
    }
    const unused = pages[at + 1]
    if (unused?.filled === 0) return unused
    const added = new MessagePage(this.id, this.#pool)
    pages.splice(at + 1, 0, added)
    return added
  }

  /** Place of the page that would hold `sequence`; -1 when it is below all of them. */
  #pageAt(sequence: number): number {
    const pages = this.#pages
    let low = 0
    let high = pages.length
    // An unused last page has no key to compare with.
    if (high > 0 && pages[high - 1]?.filled === 0) high--
    // The usual question is for the oldest messages.
    if (high > 1 && sequence < (pages[1]?.first ?? 0)) high = 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((pages[middle] as MessagePage).first <= sequence) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
