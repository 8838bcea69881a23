import { Deque } from '@quorate/core/base/deque'
import type { MessagePage } from './message-page.ts'
import type { PackedEntries } from './packed-entries.ts'

/** Pages whose messages are objects in memory because somebody asked for them. */
export const OPEN_PAGES_MAX = 1_024

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
  readonly #openMax: number
  readonly #open = new Deque<MessagePage>()

  constructor(openMax = OPEN_PAGES_MAX) {
    this.#openMax = openMax
  }

  opened(page: MessagePage): void {
    if (this.#open.length >= this.#openMax) this.#open.shift()?.close()
    this.#open.push(page)
  }
}
