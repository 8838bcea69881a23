import type { InFlight } from '../client.ts'
import type { DispatchedMessage } from './dispatched-message.ts'

const COMPACT_AT = 1024

/**
 * A consumer's unacknowledged deliveries in order of dispatch. Most leave at the front, which
 * costs nothing; one from the middle moves at most a prefetch window of references.
 */
export class InFlightList implements InFlight {
  #items: (DispatchedMessage | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  at(position: number): DispatchedMessage | undefined {
    return position < 0 ? undefined : this.#items[this.#head + position]
  }

  push(delivery: DispatchedMessage): void {
    this.#items.push(delivery)
  }

  /** false when it is not here (any more). */
  remove(delivery: DispatchedMessage): boolean {
    if (this.#items[this.#head] === delivery) {
      this.#items[this.#head++] = undefined
      this.#compact()
      return true
    }
    const position = this.#find(delivery.id)
    if (this.#items[position] !== delivery) return false
    this.#items.splice(position, 1)
    return true
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }

  *[Symbol.iterator](): IterableIterator<DispatchedMessage> {
    for (let i = this.#head; i < this.#items.length; i++) yield this.#items[i] as DispatchedMessage
  }

  /** Ids ascend: where this one is, or would be. */
  #find(id: number): number {
    let low = this.#head
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#items[middle] as DispatchedMessage).id < id) low = middle + 1
      else high = middle
    }
    return low
  }

  #compact(): void {
    if (this.#head === this.#items.length) this.clear()
    else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
  }
}
