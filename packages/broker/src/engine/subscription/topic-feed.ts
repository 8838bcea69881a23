import { Deque } from '@quorate/core/base/deque'
import type { TopicOrigin } from '../destination/topic.ts'
import type { Entry } from '../dispatch/entry.ts'
import { TOPIC_PENDING_BYTES_MAX } from '../policy/limits.ts'

interface Waiting {
  readonly entry: Entry
  readonly origin: TopicOrigin
}

/**
 * What a subscriber of topics has not been given yet, in memory. A slow one does not slow down
 * others: above the limit its oldest messages are dropped.
 */
export class TopicFeed {
  readonly #pendingMax: number
  readonly #waiting = new Deque<Waiting>()
  #bytes = 0

  constructor(pendingMax: number) {
    this.#pendingMax = pendingMax
  }

  get length(): number {
    return this.#waiting.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** `free`: the room in the prefetch window, which does not count as waiting. */
  offer(entry: Entry, origin: TopicOrigin, free: number): void {
    this.#waiting.push({ entry, origin })
    this.#bytes += entry.length
    while (this.#waiting.length > 1 && this.#isOver(free)) {
      const oldest = this.#waiting.shift() as Waiting
      this.#bytes -= oldest.entry.length
      oldest.origin.discarded++
    }
  }

  /** The next message that has not expired. */
  take(nowMs: number): Waiting | undefined {
    for (;;) {
      const next = this.#waiting.shift()
      if (next === undefined) return undefined
      this.#bytes -= next.entry.length
      if (!next.entry.isExpired(nowMs)) return next
    }
  }

  #isOver(free: number): boolean {
    return this.#waiting.length > this.#pendingMax + free || this.#bytes > TOPIC_PENDING_BYTES_MAX
  }
}
