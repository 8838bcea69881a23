/**
 * Counts bytes against a limit. It counts only; what happens above the limit is up to its owner.
 */
export class MemoryBudget {
  readonly limitBytes: number
  #usedBytes = 0
  #releasedBytes = 0

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** All that was ever released: tells cheaply whether there can be more room than before. */
  get releasedBytes(): number {
    return this.#releasedBytes
  }

  /** Takes the bytes if they fit. */
  tryReserve(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.limitBytes) return false
    this.#usedBytes += bytes
    return true
  }

  /** Takes the bytes whether they fit or not. */
  reserve(bytes: number): void {
    this.#usedBytes += bytes
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes
    this.#releasedBytes += bytes
  }
}
