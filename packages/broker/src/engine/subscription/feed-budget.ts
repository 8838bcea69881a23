import type { Entry } from '../dispatch/entry.ts'
import { FEEDS_KEPT_SHARE, FEED_REFERENCE_BYTES } from '../policy/limits.ts'

/** What waits for one subscriber of topics. */
export interface BudgetedFeed {
  /** Its messages and its references to them, as if nobody shared them. */
  readonly heldBytes: number
  /** Drops its oldest while it holds more than this, and all feeds together do too. */
  shrink(mostBytes: number, spared: Entry): void
}

/** Each round those that hold most may keep this share of it. */
const ROUND_SHARE = 3 / 4

/**
 * What waits for all subscribers of topics. A message counts once, however many it waits for, and
 * each reference to it. Above the limit the oldest messages of those who have most go, until there
 * is room for a while, so that the feeds are not looked through for each message:
 *
 *   limit  . . . . . . . . . . .          A has most: what it had before goes, until it has no
 *   A ############|------                 more than B; then both have less.
 *   B #######|---
 *   C ##
 */
export class FeedBudget {
  readonly #limitBytes: number
  readonly #feeds = new Set<BudgetedFeed>()
  #usedBytes = 0
  /** All that goes has gone already for this one, whoever it is offered to. */
  #spared: Entry | null = null

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Not enough has gone. */
  get isShrinking(): boolean {
    return this.#usedBytes > this.#limitBytes * FEEDS_KEPT_SHARE
  }

  join(feed: BudgetedFeed): void {
    this.#feeds.add(feed)
  }

  leave(feed: BudgetedFeed): void {
    this.#feeds.delete(feed)
  }

  /** It waits for one more subscriber. */
  reserve(entry: Entry): void {
    if (entry.feeds++ === 0) this.#usedBytes += entry.memoryBytes
    this.#usedBytes += FEED_REFERENCE_BYTES
  }

  /** For one less. */
  release(entry: Entry): void {
    this.#usedBytes -= FEED_REFERENCE_BYTES
    if (--entry.feeds > 0) return
    this.#usedBytes -= entry.memoryBytes
    if (this.#spared === entry) this.#spared = null
  }

  /** Makes room for what has been offered, which stays, however large it is. */
  fit(offered: Entry): void {
    if (this.#usedBytes <= this.#limitBytes || this.#spared === offered) return
    this.#spared = offered
    let mostBytes = 0
    for (const { heldBytes } of this.#feeds) mostBytes = Math.max(mostBytes, heldBytes)
    while (this.isShrinking && mostBytes > 0) {
      mostBytes = Math.floor(mostBytes * ROUND_SHARE)
      for (const feed of this.#feeds) feed.shrink(mostBytes, offered)
    }
  }
}
