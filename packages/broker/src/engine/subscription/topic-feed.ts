import { Deque } from '@quorate/core/base/deque'
import type { DestinationName } from '@quorate/core/model/destination'
import type { Entry } from '../dispatch/entry.ts'
import { TOPIC_PENDING_BYTES_MAX } from '../policy/limits.ts'

interface Waiting {
  readonly entry: Entry
  readonly destination: DestinationName
}

/**
 * What a subscriber of topics has not been given yet, in memory. A slow one does not slow down
 * others: above the limit its oldest messages are dropped.
 */
export class TopicFeed {
  readonly #pendingMax: number
  readonly #waiting = new Deque<Waiting>()
  #bytes = 0
  #dropped = 0

  constructor(pendingMax: number) {
    this.#pendingMax = pendingMax
  }

  get length(): number {
    return this.#waiting.length
  }

  get dropped(): number {
    return this.#dropped
  }

  /** `free`: the room in the prefetch window, which does not count as waiting. */
  offer(entry: Entry, destination: DestinationName, free: number): void {
    this.#waiting.push({ entry, destination })
    this.#bytes += entry.length
    while (this.#waiting.length > 1 && this.#isOver(free)) {
      const oldest = this.#waiting.shift()
      this.#bytes -= oldest?.entry.length ?? 0
      this.#dropped++
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
