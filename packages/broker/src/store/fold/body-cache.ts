import { Deque } from '@quorate/core/base/deque'
import type { StoredEntry } from './stored-entry.ts'

/** Journal bytes whose bodies stay in memory, unless the owner says otherwise. */
export const BODY_CACHE_BYTES = 32 * 1024 * 1024

/** Bodies that came with one batch of the log and lie in its memory. */
export interface CachedGroup {
  /** Entries that still use the batch's memory. */
  alive: number
  /** Bytes of the whole batch, 0 once released. */
  bytes: number
  readonly entries: StoredEntry[]
}

/**
 * Keeps the bodies of the newest messages, so that a message that is consumed soon is never read
 * back. A body is a slice of its batch, and one slice keeps the whole batch in memory; so batches
 * are what is counted and dropped: in the order they came, or at once when their last message has
 * left.
 */
export class BodyCache {
  readonly #limitBytes: number
  readonly #dropped: (entry: StoredEntry) => void
  readonly #groups = new Deque<CachedGroup>()
  #open: CachedGroup = { alive: 0, bytes: 0, entries: [] }
  #bytes = 0

  /** `dropped` is told of messages that lose their bodies and go on waiting. */
  constructor(limitBytes: number, dropped: (entry: StoredEntry) => void) {
    this.#limitBytes = limitBytes
    this.#dropped = dropped
  }

  /** Bytes of the batches that are held. */
  get bytes(): number {
    return this.#bytes
  }

  hold(entry: StoredEntry, body: Buffer): void {
    entry.body = body
    entry.group = this.#open
    this.#open.alive++
    this.#open.entries.push(entry)
  }

  /** The entry needs its body no more. */
  release(entry: StoredEntry): void {
    const group = entry.group
    entry.body = null
    entry.group = null
    if (group === null) return
    group.alive--
    if (group.alive === 0 && group !== this.#open) this.#forget(group)
  }

  /** Ends the batch whose bodies were held since the last call; it takes `batchBytes` of memory. */
  endBatch(batchBytes: number): void {
    const group = this.#open
    if (group.entries.length === 0) return
    this.#open = { alive: 0, bytes: 0, entries: [] }
    if (group.alive === 0) return
    group.bytes = batchBytes
    this.#bytes += batchBytes
    this.#groups.push(group)
    while (this.#bytes > this.#limitBytes) this.#dropOldest()
  }

  #dropOldest(): void {
    const group = this.#groups.shift()
    if (group === undefined) return
    const waiting = group.entries.filter((entry) => entry.group === group)
    for (const entry of waiting) {
      entry.body = null
      entry.group = null
    }
    this.#forget(group)
    for (const entry of waiting) this.#dropped(entry)
  }

  #forget(group: CachedGroup): void {
    this.#bytes -= group.bytes
    group.bytes = 0
    group.alive = 0
    group.entries.length = 0
    // Released groups further back stay as empty shells until those before them go.
    while (this.#groups.peek()?.bytes === 0) this.#groups.shift()
  }
}
