import type { TemporaryMessage, TemporaryPlace } from '../../store/temporary-store.ts'
import {
  ENTRY_MEMORY_BYTES,
  RUN_BYTES_MAX,
  RUN_BYTES_SMALL,
  RUN_LEAST_BYTES,
  RUN_MEMORY_BYTES,
  RUN_SHARE,
  SPILL_HARD_SHARE,
  SPILL_SHARE,
} from '../policy/limits.ts'
import { Entry } from './entry.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { MemoryLine } from './memory-line.ts'
import type { RunSize } from './memory-line.ts'
import { SpilledRun } from './spilled-run.ts'
import { needOf } from './spiller.ts'
import type { Need, Spillable, Spiller } from './spiller.ts'

export interface MemoryMessagesPort {
  readonly memory: MemoryBudget
  /** null where nothing is spilled. */
  readonly spiller: Spiller | null
  wallMs(): number
  /** Whether somebody wants to see such messages when they have expired. */
  keepsExpired(persistent: boolean): boolean
}

/** The backlog that the messages wait in. */
export interface MemoryOwner {
  /** Its own memory limit; 0 = none. */
  readonly limitBytes: number
  hasReceivers(): boolean
  /** Messages have come back, or gone. */
  changed(): void
}

/** A run keeps so many runs' bytes from being spilled while somebody consumes... */
const KEPT_RUNS = 2
/** ...and where memory is about to run out, this share of one. */
const KEPT_HARD_SHARE = 1 / 16
/** Less than this share of a run is spilled only where memory is about to run out. */
const LEAST_SHARE = 1 / 8
/**
 * Runs are not smaller than `RUN_BYTES_SMALL`, unless that were more than this share of a limit.
 */
const SMALL_SHARE = 1 / 4

/**
 * The messages of one backlog that are not stored: those that wait, in memory or spilled, and those
 * that are handed out. Counts them in the broker's memory and in its own.
 */
export class MemoryMessages implements Spillable {
  readonly line = new MemoryLine()
  listed: Need | null = null
  readonly #port: MemoryMessagesPort
  readonly #owner: MemoryOwner
  readonly #runBytes: number
  #count = 0
  #memoryBytes = 0
  #spilled = 0
  #spilledBytes = 0
  #isReading = false
  /** Numbers the messages of one place. */
  #turn = 0

  constructor(port: MemoryMessagesPort, owner: MemoryOwner) {
    this.#port = port
    this.#owner = owner
    const { limitBytes } = port.memory
    const own = owner.limitBytes === 0 ? limitBytes : Math.min(limitBytes, owner.limitBytes)
    const small = Math.min(RUN_BYTES_SMALL, own * SMALL_SHARE)
    this.#runBytes = Math.max(1, small, Math.min(RUN_BYTES_MAX, own * RUN_SHARE))
  }

  /** Waiting and handed out, spilled ones included. */
  get count(): number {
    return this.#count
  }

  /** Of the messages themselves, wherever they are. */
  get bytes(): number {
    const inMemory = this.#count - this.#spilled
    return this.#memoryBytes - inMemory * ENTRY_MEMORY_BYTES + this.#spilledBytes
  }

  /** What those in memory count, handed out ones included. */
  get memoryBytes(): number {
    return this.#memoryBytes
  }

  /** Messages that only the temporary store holds. */
  get spilled(): number {
    return this.#spilled
  }

  get spilledBytes(): number {
    return this.#spilledBytes
  }

  get excessBytes(): number {
    return this.#owner.limitBytes === 0
      ? 0
      : this.#memoryBytes - this.#owner.limitBytes * SPILL_SHARE
  }

  get need(): Need {
    return needOf(this.#memoryBytes, this.#owner.limitBytes)
  }

  get worth(): Need | null {
    if (this.#isWorth(0)) return 0
    if (this.#isWorth(1)) return 1
    return this.#isWorth(2) ? 2 : null
  }

  /** What comes next is being read back. */
  get isReading(): boolean {
    return this.#isReading
  }

  nextTurn(): number {
    return ++this.#turn
  }

  add(entry: Entry): void {
    this.#count++
    this.#reserve(entry.memoryBytes)
    this.line.push(entry)
    this.#port.spiller?.grown(this)
  }

  /** It is done, or dropped. */
  forget(entry: Entry): void {
    this.#count--
    this.#release(entry.memoryBytes)
  }

  /** Drops the oldest that waits: one message, or a whole run of them. */
  dropOldest(): void {
    const entry = this.line.shift()
    if (entry !== undefined) this.forget(entry)
    else this.#dropRun()
  }

  /** Drops the oldest that waits in memory; false when there is none. */
  dropOldestInMemory(): boolean {
    const entry = this.line.shiftInMemory()
    if (entry !== undefined) this.forget(entry)
    return entry !== undefined
  }

  /** All that waits here is dropped. */
  discard(): void {
    for (const one of this.line) {
      if (one instanceof SpilledRun) this.#forgetRun(one)
      else this.forget(one)
    }
    this.line.clear()
    this.#port.spiller?.forget(this)
  }

  cut(need: Need): SpilledRun | null {
    return this.line.cut(this.#sizeOf(need), (entries) => this.#runOf(entries))
  }

  /** More of it can be spilled than before, without there being more of it. */
  eased(): void {
    this.#port.spiller?.grown(this)
  }

  written(run: SpilledRun, place: TemporaryPlace): void {
    run.written(place)
    if (run.isGone) {
      run.unpin()
      this.eased()
      return
    }
    run.entries = null
    this.#release(run.memoryBytes)
    this.#port.memory.reserve(RUN_MEMORY_BYTES)
    this.#spilled += run.count
    this.#spilledBytes += run.bytes
    this.#owner.changed()
  }

  /**
   * Begins to read back what comes next, when it is needed now or will be soon. Runs of which
   * nothing is alive are dropped unread; returns how many messages that were.
   */
  load(isNeeded: boolean): number {
    const expired = isNeeded ? this.#dropExpired() : 0
    const isEmpty = this.line.peek() === undefined
    // What was needed before it was written is not a run any more.
    const run = this.line.firstRun
    if (this.#isReading || run === undefined || run.stored === null) return expired
    if ((isEmpty && isNeeded) || this.#hasRoomAhead(run)) this.#read(run, run.stored)
    return expired
  }

  /** For whoever only looks. `run` has to be pinned. */
  look(run: SpilledRun, done: (entries: readonly Entry[]) => void): void {
    const { spiller } = this.#port
    if (spiller === null || run.stored === null) return
    spiller.store.fetch(run.stored, (messages) => done(entriesOf(messages)))
  }

  #hasRoomAhead({ memoryBytes }: SpilledRun): boolean {
    const { usedBytes, limitBytes } = this.#port.memory
    const own = this.#owner.limitBytes === 0 ? Infinity : this.#owner.limitBytes
    const isLow = this.line.headBytes < this.#runBytes
    // Above that the spiller would write it again at once.
    const most = limitBytes * SPILL_HARD_SHARE
    return isLow && usedBytes + memoryBytes <= most && this.#memoryBytes + memoryBytes <= own
  }

  #read(run: SpilledRun, stored: TemporaryPlace): void {
    this.#isReading = true
    run.pin()
    this.#port.spiller?.store.fetch(stored, (messages) => {
      this.#isReading = false
      if (!run.isGone) this.#readBack(run, entriesOf(messages))
      run.unpin()
      this.#owner.changed()
    })
  }

  #readBack(run: SpilledRun, entries: readonly Entry[]): void {
    this.#forgetRun(run)
    run.entries = entries
    this.#count += entries.length
    // Fewer than there were, where some could not be read.
    for (const { memoryBytes } of entries) this.#reserve(memoryBytes)
    this.#port.spiller?.grown(this)
  }

  #dropExpired(): number {
    const nowMs = this.#port.wallMs()
    let expired = 0
    for (;;) {
      if (this.line.peek() !== undefined) return expired
      const run = this.line.firstRun
      if (run === undefined || run.stored === null || run.expiredMs > nowMs) return expired
      expired += run.count
      this.#dropRun()
    }
  }

  #dropRun(): void {
    const run = this.line.shiftRun()
    if (run !== undefined) this.#forgetRun(run)
  }

  /** The run is not in the temporary store any more, as far as this backlog is concerned. */
  #forgetRun(run: SpilledRun): void {
    run.isGone = true
    this.#count -= run.count
    this.#spilled -= run.count
    this.#spilledBytes -= run.bytes
    this.#port.memory.release(RUN_MEMORY_BYTES)
    run.unpin()
  }

  /** Asked for each message that comes. */
  #isWorth(need: Need): boolean {
    return this.line.isWorth(this.#leastBytes(need), this.#keepBytes(need))
  }

  #sizeOf(need: Need): RunSize {
    return {
      leastBytes: this.#leastBytes(need),
      mostBytes: this.#runBytes,
      keepBytes: this.#keepBytes(need),
    }
  }

  /**
   * Each run costs memory itself, so that where there are some the next one is to be a full one.
   */
  #leastBytes(need: Need): number {
    if (need === 2) return RUN_LEAST_BYTES
    const share = this.#spilled > 0 ? 1 : LEAST_SHARE
    const bytes = need === 1 ? Math.min(this.#runBytes, RUN_BYTES_SMALL) : this.#runBytes * share
    return Math.max(RUN_LEAST_BYTES, bytes)
  }

  #keepBytes(need: Need): number {
    if (!this.#owner.hasReceivers()) return 0
    return this.#runBytes * (need === 0 ? KEPT_RUNS : KEPT_HARD_SHARE)
  }

  #runOf(entries: readonly Entry[]): SpilledRun {
    let expiredMs = 0
    for (const { expirationMs, persistent } of entries) {
      const isRead = expirationMs === 0 || this.#port.keepsExpired(persistent)
      expiredMs = Math.max(expiredMs, isRead ? Infinity : expirationMs)
    }
    return new SpilledRun(entries, expiredMs, (place) => this.#port.spiller?.store.release(place))
  }

  #reserve(bytes: number): void {
    this.#port.memory.reserve(bytes)
    this.#memoryBytes += bytes
  }

  #release(bytes: number): void {
    this.#port.memory.release(bytes)
    this.#memoryBytes -= bytes
  }
}

function entriesOf(messages: readonly (TemporaryMessage | null)[]): Entry[] {
  const entries: Entry[] = []
  for (const message of messages) if (message !== null) entries.push(Entry.ofTemporary(message))
  return entries
}
