import { Deque } from '@quorate/core/base/deque'
import type { TopicOrigin } from '../destination/topic.ts'
import type { Entry } from '../dispatch/entry.ts'
import {
  ENTRY_MEMORY_BYTES,
  FEED_REFERENCE_BYTES,
  TOPIC_PENDING_BYTES_MAX,
} from '../policy/limits.ts'
import type { BudgetedFeed, FeedBudget } from './feed-budget.ts'

interface Waiting {
  readonly entry: Entry
  readonly origin: TopicOrigin
}

/**
 * What a subscriber of topics has not been given yet, in memory. A slow one does not slow down
 * others: above its limit, or that of all, its oldest messages are dropped.
 */
export class TopicFeed implements BudgetedFeed {
  readonly #budget: FeedBudget
  readonly #pendingMax: number
  readonly #waiting = new Deque<Waiting>()
  #bytes = 0
  #hasJoined = false
  /** Offered in this turn. */
  #fresh = 0
  /** Offered in the turn before: those that it left stand right before the fresh ones. */
  #left = 0

  constructor(budget: FeedBudget, pendingMax: number) {
    this.#budget = budget
    this.#pendingMax = pendingMax
  }

  get length(): number {
    return this.#waiting.length
  }

  get bytes(): number {
    return this.#bytes
  }

  get heldBytes(): number {
    return this.#bytes + this.#waiting.length * (ENTRY_MEMORY_BYTES + FEED_REFERENCE_BYTES)
  }

  /** `free`: the room in the prefetch window, which does not count as waiting. */
  offer(entry: Entry, origin: TopicOrigin, free: number): void {
    if (!this.#hasJoined) this.#join()
    this.#waiting.push({ entry, origin })
    this.#bytes += entry.length
    this.#fresh++
    this.#budget.reserve(entry)
    while (this.#waiting.length > 1 && this.#isOver(free)) this.#dropOldest()
    this.#budget.fit(entry)
  }

  /** The next message that has not expired. */
  take(nowMs: number): Waiting | undefined {
    for (;;) {
      const next = this.#shift()
      if (next === undefined || !next.entry.isExpired(nowMs)) return next
    }
  }

  /**
   * What other turns have left stays. What came in this one is as it came until all its subscribers
   * were served.
   */
  stay(): void {
    const last = this.#waiting.length - 1 - this.#fresh
    const first = Math.max(0, last + 1 - this.#left)
    for (let i = first; i <= last; i++) this.#waiting.at(i)?.entry.stay()
    this.#left = this.#fresh
    this.#fresh = 0
  }

  shrink(mostBytes: number, spared: Entry): void {
    while (this.heldBytes > mostBytes && this.#budget.isShrinking) {
      if (this.#waiting.peek()?.entry === spared) return
      this.#dropOldest()
    }
  }

  /** The subscriber is gone; so is what waits for it. */
  close(): void {
    while (this.#shift() !== undefined);
    this.#budget.leave(this)
  }

  #join(): void {
    this.#hasJoined = true
    this.#budget.join(this)
  }

  #isOver(free: number): boolean {
    return this.#waiting.length > this.#pendingMax + free || this.#bytes > TOPIC_PENDING_BYTES_MAX
  }

  #dropOldest(): void {
    const oldest = this.#shift()
    if (oldest !== undefined) oldest.origin.discarded++
  }

  #shift(): Waiting | undefined {
    const next = this.#waiting.shift()
    if (next === undefined) return undefined
    this.#bytes -= next.entry.length
    this.#budget.release(next.entry)
    return next
  }
}
