import type { Clock, Timer } from '@quorate/core/base/clock'
import type { MemoryBudget } from '../dispatch/memory-budget.ts'
import type { PendingRecords } from '../pending-records.ts'
import {
  RESUME_SHARE,
  UNCOMMITTED_BYTES_MAX,
  UNCOMMITTED_RECORDS_MAX,
  WAITING_BYTES_MAX,
  WAITING_LOOK_MS,
} from './limits.ts'
import { concerns } from './shortage.ts'
import type { SendNeeds, Shortage, SwitchedShortage } from './shortage.ts'
import type { WaitingSends } from './waiting-sends.ts'

/** What may be appended to the log and not committed yet; senders pause above it (R30). */
export interface UncommittedMax {
  readonly bytes: number
  readonly records: number
}

export const uncommittedMax: UncommittedMax = {
  bytes: UNCOMMITTED_BYTES_MAX,
  records: UNCOMMITTED_RECORDS_MAX,
}

/** A client that can be told to stop sending. */
export interface Sender {
  /** Its acknowledgements are needed: pausing it would keep memory full for ever. */
  readonly isConsuming: boolean
  readonly waiting: WaitingSends
  /** Tries the first waiting send of each producer again; how many are done. */
  retrySends(): number
  /** The same for those whose time is over: what finds no room now is refused. */
  expireSends(nowMs: number): number
  pauseReading(): void
  resumeReading(): void
}

export interface FlowCounts {
  /** Connections that are not read from. */
  readonly pausedSenders: number
  /** Sends that wait for room, by what they wait for. */
  readonly waitingSends: Readonly<Record<Shortage, number>>
  readonly waitingBytes: number
  /** What is short now, of what the whole broker shares. */
  readonly shortages: readonly Shortage[]
}

export interface FlowPort {
  readonly records: PendingRecords
  readonly memory: MemoryBudget
  readonly clock: Clock
  readonly uncommittedMax: UncommittedMax
}

/** Reasons that concern the whole broker and that sends wait for. */
const shared = ['memory', 'store', 'temp'] as const

/**
 * Back-pressure instead of buffering (R30): what to do with whoever sends while something is short.
 * The reasons are the table in shortage.ts.
 */
export class FlowControl {
  readonly #port: FlowPort
  /** Those that are not read from, and why. */
  readonly #paused = new Map<Sender, Shortage>()
  /** Those that have waiting sends. */
  readonly #waiting = new Set<Sender>()
  readonly #switched = new Set<SwitchedShortage>()
  /** What had been freed when the waiting were last tried. */
  #triedAt = 0
  /** Whether something else may have made room. */
  #isRetryDue = false
  #look: Timer | null = null

  constructor(port: FlowPort) {
    this.#port = port
  }

  get counts(): FlowCounts {
    const waitingSends = { uncommitted: 0, memory: 0, destination: 0, store: 0, temp: 0 }
    for (const { waiting } of this.#waiting) {
      for (const { lack } of waiting) waitingSends[lack.reason]++
    }
    return {
      pausedSenders: this.#paused.size,
      waitingSends,
      waitingBytes: this.#waitingBytes(),
      shortages: [
        ...(this.isUncommittedFull ? (['uncommitted'] as const) : []),
        ...shared.filter((reason) => this.isShort(reason)),
      ],
    }
  }

  /** A reason appears, or disappears: what waits for it is tried again at the end of the turn. */
  setShort(reason: SwitchedShortage, short: boolean): void {
    if (short) this.#switched.add(reason)
    else if (this.#switched.delete(reason)) this.#isRetryDue = true
  }

  isShort(reason: (typeof shared)[number]): boolean {
    if (reason !== 'memory') return this.#switched.has(reason)
    return this.#port.memory.usedBytes >= this.#port.memory.limitBytes
  }

  /** Something other than bytes may have made room. */
  eased(): void {
    this.#isRetryDue = true
  }

  /** What the whole broker lacks for such a send; null when it may go. */
  lacks(needs: SendNeeds): (typeof shared)[number] | null {
    for (const reason of shared) {
      if (this.isShort(reason) && concerns(reason, needs)) return reason
    }
    return null
  }

  /** R30: as much as there may be is written and not committed yet. */
  get isUncommittedFull(): boolean {
    return this.#isUncommittedAbove(1)
  }

  /** Called after each send that became a record, and after each commit. */
  sent(sender: Sender): void {
    if (this.isUncommittedFull) this.pause(sender, 'uncommitted')
  }

  /** A commit may exceed the memory: what it acknowledges may be what frees it. */
  committed(sender: Sender, usesMemory: boolean): void {
    const isForMemory = usesMemory && this.isShort('memory') && !sender.isConsuming
    if (isForMemory) this.pause(sender, 'memory')
    this.sent(sender)
  }

  pause(sender: Sender, reason: Shortage): void {
    if (this.#paused.has(sender)) return
    this.#paused.set(sender, reason)
    sender.pauseReading()
  }

  /** Whether all that waits is as much as may wait. */
  get isWaitingFull(): boolean {
    let bytes = 0
    for (const { waiting } of this.#waiting) bytes += waiting.memoryBytes
    return bytes >= WAITING_BYTES_MAX
  }

  /** Something of this sender waits. */
  waits(sender: Sender, deadlineMs: number): void {
    this.#waiting.add(sender)
    if (deadlineMs === Infinity) return
    this.#look ??= this.#port.clock.every(WAITING_LOOK_MS, () => this.#expire())
  }

  /** Called when something may have been freed. */
  relax(): void {
    if (this.#waiting.size > 0) this.#retry()
    if (this.#paused.size === 0 || this.#isUncommittedAbove(RESUME_SHARE)) return
    const { usedBytes, limitBytes } = this.#port.memory
    const isMemoryFree = usedBytes <= limitBytes * RESUME_SHARE
    for (const [sender, reason] of [...this.#paused]) {
      const mustWait = sender.waiting.length > 0 || (reason === 'memory' && !isMemoryFree)
      if (mustWait && !sender.isConsuming) continue
      this.#paused.delete(sender)
      sender.resumeReading()
    }
  }

  forget(sender: Sender): void {
    this.#paused.delete(sender)
    this.#waiting.delete(sender)
    if (this.#waiting.size === 0) this.close()
  }

  close(): void {
    this.#look?.cancel()
    this.#look = null
  }

  /** One send of each producer in turn, as long as there is room: nobody takes all of it. */
  #retry(): void {
    const { releasedBytes } = this.#port.memory
    if (releasedBytes === this.#triedAt && !this.#isRetryDue) return
    this.#triedAt = releasedBytes
    this.#isRetryDue = false
    for (let progress = true; progress;) {
      progress = false
      for (const sender of [...this.#waiting]) if (sender.retrySends() > 0) progress = true
    }
    this.#dropDone()
  }

  #expire(): void {
    const nowMs = this.#port.clock.monotonicMs()
    for (const sender of [...this.#waiting]) {
      // Those behind it asked for something else, perhaps.
      if (sender.expireSends(nowMs) > 0) this.#isRetryDue = true
    }
    this.#dropDone()
    this.relax()
  }

  #dropDone(): void {
    for (const sender of [...this.#waiting]) {
      if (sender.waiting.length === 0) this.#waiting.delete(sender)
    }
    if (this.#waiting.size === 0) this.close()
  }

  #waitingBytes(): number {
    let bytes = 0
    for (const { waiting } of this.#waiting) bytes += waiting.bytes
    return bytes
  }

  #isUncommittedAbove(share: number): boolean {
    const { records } = this.#port
    const { bytes, records: count } = this.#port.uncommittedMax
    return records.bytes > bytes * share || records.length > count * share
  }
}
