import { Deque } from '@quorate/core/base/deque'
import type { StoredList, StoredMessage } from '../../store/message-store.ts'
import type { Message } from '../client.ts'
import {
  FETCH_BYTES_MAX,
  FETCH_ENTRIES_MAX,
  PAGE_ENTRIES,
  SHORT_ENTRIES_MAX,
  WINDOW_ENTRIES_MAX,
} from '../policy/limits.ts'
import { hasBody } from './bodies.ts'
import { compareEntries, Entry } from './entry.ts'
import type { MemoryLine } from './memory-line.ts'
import type { SpilledRun } from './spilled-run.ts'
import type { WindowSpace } from './window-space.ts'

export interface CursorPort {
  /** The committed list; undefined for lists that are not stored, or not yet. */
  list(): StoredList | undefined
  readonly space: WindowSpace
  /** Messages below it were stored before this leader took over. */
  readonly takeoverSequence: number
  /** How many of those may have been handed out by the leader before. */
  readonly takeoverDoubtMax: number
  /** The messages that are not stored. */
  readonly memory: MemoryLine
}

/**
 * What comes next in one list. Memory holds a window of references; the rest stays in the store.
 *
 *   store   . . x . x x | 41 42 44 45 | 46 47 ...   dots: handed out or gone
 *                         window        not read yet
 *                       ^ position is the last one read: 45
 *   memory                42'    45' 45''           not stored, each behind a stored one; some of
 *                                                   them may be spilled, and not known here
 *   returned    x   x x                             handed out once, given back
 *
 * The next message is the smallest of the three heads.
 */
export class PendingCursor {
  readonly #port: CursorPort
  /** Descending, so that the next one is at the end. */
  #returned: Entry[] = []
  readonly #memory: MemoryLine
  readonly #window = new Deque<Entry>()
  /** Everything stored up to here has been in the window. */
  #position = 0
  /** Nothing committed lies behind the window. */
  #caughtUp: boolean
  /** Entries of window and returned whose body only the journal has. */
  #bodiless = 0
  #doubtLeft: number
  #doubtUpTo = 0
  /**
   * Stored messages that an administrator has; they are still in the list, and not read from it.
   */
  readonly #withdrawn = new Set<number>()
  /** Changes when entries leave the window by other ways than the front. */
  #generation = 0

  constructor(port: CursorPort) {
    this.#port = port
    this.#memory = port.memory
    this.#doubtLeft = port.takeoverDoubtMax
    this.#caughtUp = port.list() === undefined
  }

  /** A message has been committed. `keep`: somebody is there who will want it soon. */
  committed(stored: StoredMessage, message: Message | null, keep: boolean): void {
    if (stored.sequence <= this.#position) return
    if (!this.#caughtUp) return
    if (!keep || this.#window.length >= this.#mostAtHand) {
      this.#caughtUp = false
      return
    }
    const entry = Entry.ofStored(stored)
    if (message !== null) {
      entry.body = message.body
      entry.decoded = message.decoded
    }
    this.#pushToWindow(entry)
  }

  /** Entries that were taken come back; they stand before whatever they stood before. */
  giveBack(entries: readonly Entry[]): void {
    for (const entry of entries) {
      // It was not reached yet, and will be.
      if (this.#unwithdraw(entry) && entry.place > this.#position) continue
      if (entry.body === null) this.#bodiless++
      else if (entry.stored !== null) this.#budget(entry)
      this.#returned.push(entry)
    }
    this.#returned.sort((one, other) => compareEntries(other, one))
  }

  /**
   * Those of the returned that are not stored wait like all others, so that they can be spilled.
   * Whatever was taken precedes what never was; only where others were given back before, and
   * spilled since, it may not.
   */
  rejoin(): void {
    // From the last one to the first.
    this.#returned = this.#returned.filter((entry) => {
      return entry.stored !== null || !this.#memory.unshift(entry)
    })
  }

  /** The next one; undefined when there is none, or it has been spilled and is not back. */
  peek(): Entry | undefined {
    if (!this.#caughtUp && this.#window.length <= this.#mostAtHand / 2) {
      this.#fill(Math.min(PAGE_ENTRIES, this.#mostAtHand))
    }
    let first = this.#window.peek()
    const memory = this.#memory.peek()
    if (memory !== undefined && (first === undefined || compareEntries(memory, first) < 0)) {
      first = memory
    }
    const returned = this.#returned.at(-1)
    if (returned !== undefined && (first === undefined || compareEntries(returned, first) < 0)) {
      first = returned
    }
    if (memory === undefined && first !== undefined && this.#isBehindRun(first)) return undefined
    return first
  }

  /** Nothing is at hand of what is not stored; a run that was spilled may come before `entry`. */
  #isBehindRun(entry: Entry): boolean {
    const run = this.#memory.firstRun
    return run !== undefined && compareEntries(run, entry) < 0
  }

  /**
   * Whether the body of this entry, which `peek` shows, is at hand: here or in the store's cache.
   */
  hasBody(entry: Entry): boolean {
    if (entry.body !== null) return true
    if (!hasBody(entry)) return false
    this.#bodiless--
    return true
  }

  /** Removes what `peek` shows. */
  take(): Entry | undefined {
    const entry = this.peek()
    if (entry === undefined) return undefined
    if (entry === this.#returned.at(-1)) this.#returned.pop()
    else if (entry === this.#memory.peek()) this.#memory.shift()
    else {
      this.#window.shift()
      this.#port.space.entries--
    }
    entry.awaited = false
    if (entry.body === null) this.#bodiless--
    this.#unbudget(entry)
    return entry
  }

  /**
   * Takes these stored messages out, wherever they wait. Those that a consumer has, or that are
   * gone, are left out. They leave for good with `left`, or are given back.
   */
  withdraw(sequences: readonly number[]): Entry[] {
    const list = this.#port.list()
    const wanted = new Set(sequences)
    const taken: Entry[] = []
    const isKept = (entry: Entry): boolean => {
      if (entry.stored === null || !wanted.delete(entry.place)) return true
      if (entry.body === null) this.#bodiless--
      this.#unbudget(entry)
      taken.push(entry)
      return false
    }
    this.#returned = this.#returned.filter(isKept)
    this.#keep(isKept)
    for (const sequence of wanted) {
      if (sequence <= this.#position || this.#withdrawn.has(sequence)) continue
      const stored = list?.get(sequence)
      if (stored === undefined) continue
      const entry = Entry.ofStored(stored)
      entry.doubtful = this.#isOfEarlierLeader(stored)
      taken.push(entry)
    }
    for (const { place } of taken) this.#withdrawn.add(place)
    // What is being loaded for one of them is not counted any more.
    if (taken.length > 0) this.#generation++
    return taken.sort(compareEntries)
  }

  /** Withdrawn messages that are not in the list any more. */
  left(sequences: readonly number[]): void {
    for (const sequence of sequences) this.#withdrawn.delete(sequence)
  }

  /** References to what is loaded next, where the window holds fewer; it is this list's turn. */
  readAhead(entriesMax: number): void {
    if (this.#caughtUp || this.#window.length === 0 || this.#window.length >= entriesMax) return
    this.#fill(this.#port.space.isCrowded ? SHORT_ENTRIES_MAX : PAGE_ENTRIES)
  }

  lacksBodies(nowMs: number): boolean {
    return this.#missing(nowMs, 1).length > 0
  }

  /** The next entries that lack their bodies, which are loaded from now on. */
  missing(nowMs: number, entriesMax = FETCH_ENTRIES_MAX): Entry[] {
    const missing = this.#missing(nowMs, entriesMax)
    for (const entry of missing) entry.awaited = true
    return missing
  }

  /**
   * As many as are loaded in one batch, or fewer: with those at hand before them no more than that.
   * Those that have expired need none.
   */
  #missing(nowMs: number, entriesMax: number): Entry[] {
    const missing: Entry[] = []
    if (this.#bodiless === 0) return missing
    let looked = 0
    let bytes = 0
    const look = (entry: Entry | undefined): boolean => {
      if (entry === undefined || missing.length >= entriesMax) return false
      if (looked++ >= FETCH_ENTRIES_MAX || bytes >= FETCH_BYTES_MAX) return false
      if (entry.isExpired(nowMs)) return true
      bytes += entry.length
      if (entry.body === null && entry.stored?.body == null) missing.push(entry)
      return true
    }
    for (let i = this.#returned.length - 1; i >= 0; i--) if (!look(this.#returned[i])) break
    for (let i = 0; i < this.#window.length; i++) if (!look(this.#window.at(i))) break
    return missing
  }

  /** There is something in memory that can be read again. */
  get isHolding(): boolean {
    return this.#window.length > 0 || this.#returned.length > 0
  }

  get generation(): number {
    return this.#generation
  }

  /** The bodies of `entries` have been loaded; null where a message has left the list meanwhile. */
  loaded(entries: readonly Entry[], bodies: readonly (Buffer | null)[], generation: number): void {
    if (generation !== this.#generation) return
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Entry
      const body = bodies[i] ?? null
      // It expired, and was taken as it is.
      if (!entry.awaited) continue
      entry.awaited = false
      if (body === null) {
        this.#forget(entry)
        continue
      }
      if (entry.body !== null) continue
      this.#bodiless--
      entry.body = body
      this.#budget(entry)
    }
  }

  /** Nobody is there to take messages: the window and all bodies that can be loaded again go. */
  park(): void {
    this.#generation++
    const first = this.#window.peek()
    if (first !== undefined) this.#readAgainFrom(first.place)
    for (const entry of this.#window) this.#unbudget(entry)
    this.#keep(() => false)
    this.#bodiless = 0
    for (const entry of this.#returned) {
      this.#unbudget(entry)
      if (entry.stored === null) continue
      entry.body = null
      entry.decoded = undefined
      this.#bodiless++
    }
  }

  /** The waiting messages that are not stored, in order; runs of those that are spilled. */
  memoryEntries(): (Entry | SpilledRun)[] {
    return [...this.returnedMemory(), ...this.#memory].sort(compareEntries)
  }

  /** Of these, those that were handed out before. */
  returnedMemory(): Entry[] {
    return this.#returned.filter((entry) => entry.stored === null).reverse()
  }

  /** Withdrawn messages may have come back to stand behind others that wait: they are read, too. */
  #readAgainFrom(place: number): void {
    this.#position = place - 1
    this.#caughtUp = false
    this.#returned = this.#returned.filter((entry) => {
      if (entry.stored === null || entry.place < place) return true
      this.#unbudget(entry)
      return false
    })
  }

  /** References that this list keeps, less while those of all lists are many. */
  get #mostAtHand(): number {
    return this.#port.space.isCrowded ? 1 : WINDOW_ENTRIES_MAX
  }

  #fill(most: number): void {
    const list = this.#port.list()
    if (list === undefined) {
      // A list that is not stored has nothing to read; one that is not yet will be announced.
      this.#caughtUp = true
      return
    }
    // A whole page may have been withdrawn.
    do {
      const page = list.next(this.#position, most)
      for (const stored of page) {
        if (this.#withdrawn.has(stored.sequence)) this.#position = stored.sequence
        else this.#pushToWindow(this.#read(stored))
      }
      if (page.length < most) this.#caughtUp = true
    } while (this.#window.length === 0 && !this.#caughtUp)
  }

  /** Whether it had been withdrawn. */
  #unwithdraw({ stored, place }: Entry): boolean {
    return stored !== null && this.#withdrawn.delete(place)
  }

  #read(stored: StoredMessage): Entry {
    const entry = Entry.ofStored(stored)
    if (!this.#isOfEarlierLeader(stored)) return entry
    if (stored.sequence > this.#doubtUpTo) {
      if (this.#doubtLeft === 0) return entry
      this.#doubtLeft--
      this.#doubtUpTo = stored.sequence
    }
    entry.doubtful = true
    return entry
  }

  #isOfEarlierLeader({ sequence }: StoredMessage): boolean {
    return sequence < this.#port.takeoverSequence
  }

  #pushToWindow(entry: Entry): void {
    this.#position = entry.place
    if (entry.body !== null) {
      entry.budgeted = this.#port.space.bodies.tryReserve(entry.length)
      if (!entry.budgeted) {
        entry.body = null
        entry.decoded = undefined
      }
    }
    if (entry.body === null) this.#bodiless++
    this.#window.push(entry)
    this.#port.space.entries++
  }

  #budget(entry: Entry): void {
    this.#port.space.bodies.reserve(entry.length)
    entry.budgeted = true
  }

  #unbudget(entry: Entry): void {
    if (!entry.budgeted) return
    entry.budgeted = false
    this.#port.space.bodies.release(entry.length)
  }

  /** An entry whose message has left the list by another way than through here. */
  #forget(entry: Entry): void {
    if (entry.body === null) this.#bodiless--
    this.#returned = this.#returned.filter((other) => other !== entry)
    this.#keep((other) => other !== entry)
  }

  /** Of the window, in its order. */
  #keep(isKept: (entry: Entry) => boolean): void {
    const kept = [...this.#window].filter(isKept)
    this.#port.space.entries -= this.#window.length - kept.length
    this.#window.clear()
    for (const entry of kept) this.#window.push(entry)
  }
}
