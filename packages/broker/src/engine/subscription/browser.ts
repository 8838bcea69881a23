import { Deque } from '@quorate/core/base/deque'
import type { Backlog } from '../dispatch/backlog.ts'
import { compareEntries, Entry } from '../dispatch/entry.ts'
import { SpilledRun } from '../dispatch/spilled-run.ts'
import type { MessageStore } from '../../store/message-store.ts'
import { BROWSE_PAGE_ENTRIES, FETCH_BYTES_MAX } from '../policy/limits.ts'

interface Walk {
  readonly backlog: Backlog
  /** What joins from here on is not shown. */
  readonly end: number
  /** Last store sequence read. */
  position: number
  /** Messages that are not stored and not shown yet, in order; runs of those that are spilled. */
  readonly memory: Deque<Entry | SpilledRun>
  /** Stored messages above it come behind the first run. */
  stop: number
}

export interface BrowsedEntry {
  readonly entry: Entry
  readonly backlog: Backlog
}

/**
 * Shows a queue as it was when the browser came: in order, handed-out messages included, nothing
 * taken. Reads a page at a time, so it holds little however long the queue is; messages that leave
 * meanwhile are not shown.
 */
export class Browser {
  readonly #store: MessageStore
  readonly #walks: Walk[] = []
  #page: BrowsedEntry[] = []
  #next = 0
  #loading = false

  constructor(store: MessageStore) {
    this.#store = store
  }

  /** `handedOut`: messages that are not stored and with a consumer at present. */
  add(backlog: Backlog, handedOut: readonly Entry[]): void {
    const memory = new Deque<Entry | SpilledRun>()
    for (const one of [...backlog.memoryEntries(), ...handedOut].sort(compareEntries)) {
      memory.push(one)
      // What a consumer takes meanwhile stays on the disk for us: it costs no memory there.
      if (one instanceof SpilledRun) one.pin()
    }
    const stop = stopOf(memory)
    this.#walks.push({ backlog, end: this.#store.nextSequence, position: 0, memory, stop })
  }

  /** Nobody looks any more. */
  close(): void {
    for (const { memory } of this.#walks) {
      for (const one of memory) if (one instanceof SpilledRun) one.unpin()
    }
    this.#walks.length = 0
  }

  /** Everything has been shown. */
  get isDone(): boolean {
    return !this.#loading && this.#next === this.#page.length && this.#walks.length === 0
  }

  /**
   * Up to `count` messages; fewer while bodies are being loaded, after which `loaded` is called.
   */
  take(count: number, loaded: () => void): BrowsedEntry[] {
    const taken: BrowsedEntry[] = []
    while (taken.length < count && !this.#loading) {
      if (this.#next === this.#page.length && !this.#turnPage(loaded)) break
      const next = this.#page[this.#next]
      if (this.#loading || next === undefined) break
      this.#next++
      if (next.entry.body !== null) taken.push(next)
    }
    return taken
  }

  /** Reads the next page; false at the end. */
  #turnPage(loaded: () => void): boolean {
    this.#page = []
    this.#next = 0
    while (this.#page.length === 0) {
      const walk = this.#walks[0]
      if (walk === undefined) return false
      const next = walk.memory.peek()
      if (next instanceof SpilledRun) {
        this.#look(walk, next, loaded)
        return true
      }
      this.#page = this.#read(walk)
      if (this.#page.length === 0) this.#walks.shift()
    }
    this.#load(loaded)
    return true
  }

  #read(walk: Walk): BrowsedEntry[] {
    const list = walk.backlog.storedList()
    const stored = (list?.next(walk.position, BROWSE_PAGE_ENTRIES) ?? []).filter(
      ({ sequence }) => sequence < walk.end && sequence <= walk.stop,
    )
    const page: Entry[] = []
    let bytes = 0
    for (const one of stored) {
      if (page.length > 0 && bytes > FETCH_BYTES_MAX) break
      page.push(Entry.ofStored(one))
      bytes += one.length
      walk.position = one.sequence
    }
    const isLast = stored.length === 0
    while (walk.memory.length > 0) {
      const next = walk.memory.peek()
      if (!(next instanceof Entry) || (!isLast && next.place > walk.position)) break
      page.push(next)
      walk.memory.shift()
    }
    return page.sort(compareEntries).map((entry) => ({ entry, backlog: walk.backlog }))
  }

  /** What has been spilled takes its place in the walk. */
  #look(walk: Walk, run: SpilledRun, loaded: () => void): void {
    this.#loading = true
    run.pin()
    walk.backlog.look(run, (entries) => {
      this.#loading = false
      run.unpin()
      // Closed meanwhile.
      if (walk.memory.peek() !== run || this.#walks[0] !== walk) return
      walk.memory.shift()
      run.unpin()
      for (let i = entries.length - 1; i >= 0; i--) walk.memory.unshift(entries[i] as Entry)
      walk.stop = stopOf(walk.memory)
      loaded()
    })
  }

  #load(loaded: () => void): void {
    const missing = this.#page.map(({ entry }) => entry).filter((entry) => entry.body === null)
    const stored = missing.map((entry) => entry.stored).filter((one) => one !== null)
    if (stored.length === 0) return
    this.#loading = true
    this.#store.fetch(stored, (bodies) => {
      this.#loading = false
      missing.forEach((entry, i) => (entry.body = bodies[i] ?? null))
      loaded()
    })
  }
}

function stopOf(memory: Deque<Entry | SpilledRun>): number {
  for (const one of memory) if (one instanceof SpilledRun) return one.place
  return Infinity
}
