/** What waits in a part of the log. */
export interface Use {
  /** One time for each list that a message waits in. */
  readonly messages: number
  /** Of bodies, likewise. */
  readonly bytes: number
}

interface SegmentCount {
  /** Where it begins in the log. */
  readonly position: number
  messages: number
  bytes: number
}

/**
 * What keeps each segment of the log: the messages that lie there and wait. A function of the log
 * and of where its segments begin (R19), so that each replica knows it when it takes over.
 */
export class SegmentUse {
  /** In order; the first one also stands for all before it. */
  readonly #counts: SegmentCount[] = [{ position: 0, messages: 0, bytes: 0 }]

  /** A segment begins here. Segments come in order; one that is known already changes nothing. */
  begin(position: number): void {
    if (position > this.#last.position) this.#counts.push({ position, messages: 0, bytes: 0 })
  }

  add(position: number, bytes: number): void {
    const count = this.#at(position)
    count.messages++
    count.bytes += bytes
  }

  /** Of several messages that lie in the segment of this position. */
  addUse(position: number, { messages, bytes }: Use): void {
    const count = this.#at(position)
    count.messages += messages
    count.bytes += bytes
  }

  /** Where the segment of this position begins, as far as segments are told apart. */
  startOf(position: number): number {
    return this.#at(position).position
  }

  remove(position: number, bytes: number): void {
    const count = this.#at(position)
    count.messages--
    count.bytes -= bytes
  }

  /** Of all segments that begin before this position, where a segment begins. */
  before(position: number): Use {
    const use = { messages: 0, bytes: 0 }
    for (const count of this.#counts) {
      if (count.position >= position) break
      use.messages += count.messages
      use.bytes += count.bytes
    }
    return use
  }

  /** For each segment but the first where it begins, and what waits before it. */
  *boundaries(): IterableIterator<{ readonly position: number; readonly before: Use }> {
    let messages = 0
    let bytes = 0
    for (const [i, count] of this.#counts.entries()) {
      if (i > 0) yield { position: count.position, before: { messages, bytes } }
      messages += count.messages
      bytes += count.bytes
    }
  }

  /** Nothing lies before this position any more. */
  forgetBefore(position: number): void {
    const kept = this.#counts.findIndex((count) => count.position >= position)
    if (kept > 0) this.#counts.splice(0, kept)
  }

  get #last(): SegmentCount {
    return this.#counts[this.#counts.length - 1] as SegmentCount
  }

  #at(position: number): SegmentCount {
    const counts = this.#counts
    // What is stored lies in the last segment; what is consumed mostly there, or in the first.
    if (position >= this.#last.position) return this.#last
    let low = 0
    let high = counts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((counts[middle] as SegmentCount).position <= position) low = middle + 1
      else high = middle
    }
    return counts[Math.max(0, low - 1)] as SegmentCount
  }
}
