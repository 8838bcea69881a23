import { Deque } from '@quorate/core/base/deque'
import { PAGE_ENTRIES_MAX } from './message-page.ts'
import type { MessagePage } from './message-page.ts'
import type { PackedEntries } from './packed-entries.ts'

/** Pages whose messages are objects in memory because somebody asked for them. */
export const OPEN_PAGES_MAX = 1_024

export interface PageBounds {
  /**
   * Messages that are put on one page before the next is begun: PAGE_ENTRIES_MAX, or less. It shows
   * in the rows of an index, so that one data directory goes by one number for all of its life.
   */
  readonly entriesMax: number
  /** Pages that are open at a time. */
  readonly openMax: number
}

export const PAGE_BOUNDS: PageBounds = { entriesMax: PAGE_ENTRIES_MAX, openMax: OPEN_PAGES_MAX }

/** Where pages lie that memory does not hold. */
export interface PageSource {
  /** The first `count` messages of the page as its row has them. Throws when it cannot be read. */
  read(page: MessagePage, count: number): PackedEntries
}

/**
 * Bounds what memory holds of waiting messages. Most pages of a long list are at rest: as bytes, or
 * in the index alone. One that is looked into is opened, and the one that was opened longest ago is
 * closed for it. What a page holds does not depend on it.
 */
export class PagePool {
  /** null: nothing is anywhere but in memory. */
  source: PageSource | null = null
  readonly entriesMax: number
  readonly #openMax: number
  readonly #open = new Deque<MessagePage>()

  constructor({ entriesMax, openMax } = PAGE_BOUNDS) {
    this.entriesMax = entriesMax
    this.#openMax = openMax
  }

  opened(page: MessagePage): void {
    if (this.#open.length >= this.#openMax) this.#open.shift()?.close()
    this.#open.push(page)
  }
}
