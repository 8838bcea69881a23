/**
 * A first-in first-out queue on a ring that doubles when full.
 *
 *      head                tail
 *       v                   v
 *   [ . a  b  c  d  e  f  . . . ]     length = (tail - head) mod capacity
 */
export class Deque<T> {
  #ring: (T | undefined)[] = new Array<T | undefined>(16)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow()
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item
    this.#length++
  }

  /** Puts an item before all others: for work that is handed back. */
  unshift(item: T): void {
    if (this.#length === this.#ring.length) this.#grow()
    this.#head = (this.#head - 1) & (this.#ring.length - 1)
    this.#ring[this.#head] = item
    this.#length++
  }

  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#ring[this.#head]
  }

  /** Counted from the front. */
  at(position: number): T | undefined {
    if (position < 0 || position >= this.#length) return undefined
    return this.#ring[(this.#head + position) & (this.#ring.length - 1)]
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const item = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#ring.length - 1)
    this.#length--
    return item
  }

  /** Takes the last item. */
  pop(): T | undefined {
    if (this.#length === 0) return undefined
    const position = (this.#head + this.#length - 1) & (this.#ring.length - 1)
    const item = this.#ring[position]
    this.#ring[position] = undefined
    this.#length--
    return item
  }

  clear(): void {
    this.#ring = new Array<T | undefined>(16)
    this.#head = 0
    this.#length = 0
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.#length; i++) {
      yield this.#ring[(this.#head + i) & (this.#ring.length - 1)] as T
    }
  }

  #grow(): void {
    const capacity = this.#ring.length
    const ring = new Array<T | undefined>(capacity * 2)
    for (let i = 0; i < this.#length; i++) ring[i] = this.#ring[(this.#head + i) & (capacity - 1)]
    this.#ring = ring
    this.#head = 0
  }
}
