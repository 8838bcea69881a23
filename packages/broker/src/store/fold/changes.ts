import type { MessagePage } from './message-page.ts'

/** The key of a page that has to leave the index. */
export interface RemovedPage {
  readonly list: number
  readonly first: number
}

/**
 * What the fold has changed since the last checkpoint. Bounded by the state itself: a page or row
 * is noted once however often it changes, and a page that came and went in between is not noted at
 * all.
 */
export class Changes {
  /** Pages to write, unless they are empty by then. */
  pages: MessagePage[] = []
  /** Pages that the index holds and must not hold any more. */
  removedPages: RemovedPage[] = []
  /** Numbers of rows to write, or to delete where the fold has them no more. */
  readonly destinations = new Set<number>()
  readonly subscriptions = new Set<number>()
  readonly producers = new Set<number>()
  readonly outcomes = new Set<number>()

  pageChanged(page: MessagePage): void {
    if (page.changed) return
    page.changed = true
    this.pages.push(page)
  }

  pageRemoved(page: MessagePage): void {
    if (!page.persisted) return
    page.persisted = false
    this.removedPages.push({ list: page.list, first: page.first })
  }

  /** Rows to write or to delete. */
  get size(): number {
    const rows = this.destinations.size + this.subscriptions.size
    const numbered = this.producers.size + this.outcomes.size
    return this.pages.length + this.removedPages.length + rows + numbered
  }

  clear(): void {
    for (const page of this.pages) page.changed = false
    this.pages = []
    this.removedPages = []
    this.destinations.clear()
    this.subscriptions.clear()
    this.producers.clear()
    this.outcomes.clear()
  }
}
