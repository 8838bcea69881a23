import type { MemoryBudget } from '../dispatch/memory-budget.ts'
import type { PendingRecords } from '../pending-records.ts'
import { RESUME_SHARE, UNCOMMITTED_BYTES_MAX, UNCOMMITTED_RECORDS_MAX } from './limits.ts'

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
  pauseReading(): void
  resumeReading(): void
}

/**
 * Back-pressure instead of buffering (R30): above a limit, whoever sends is not read from any more
 * until use has fallen well below it. What a client had already sent is still taken, so limits are
 * exceeded by at most what sockets hold.
 */
export class FlowControl {
  readonly #records: PendingRecords
  readonly #memory: MemoryBudget
  readonly #uncommittedMax: UncommittedMax
  readonly #paused = new Set<Sender>()

  constructor(records: PendingRecords, memory: MemoryBudget, most: UncommittedMax) {
    this.#records = records
    this.#memory = memory
    this.#uncommittedMax = most
  }

  get pausedSenders(): number {
    return this.#paused.size
  }

  get isMemoryFull(): boolean {
    return this.#memory.usedBytes >= this.#memory.limitBytes
  }

  /** Called after each send; `usesMemory` when something of it waits in memory only. */
  sent(sender: Sender, usesMemory: boolean): void {
    const isForMemory = usesMemory && this.isMemoryFull && !sender.isConsuming
    if (!isForMemory && !this.#isUncommittedFull(1)) return
    if (this.#paused.has(sender)) return
    this.#paused.add(sender)
    sender.pauseReading()
  }

  /** Called when something was freed. */
  relax(): void {
    if (this.#paused.size === 0 || this.#isUncommittedFull(RESUME_SHARE)) return
    const isMemoryFree = this.#memory.usedBytes <= this.#memory.limitBytes * RESUME_SHARE
    for (const sender of [...this.#paused]) {
      if (!isMemoryFree && !sender.isConsuming) continue
      this.#paused.delete(sender)
      sender.resumeReading()
    }
  }

  forget(sender: Sender): void {
    this.#paused.delete(sender)
  }

  #isUncommittedFull(share: number): boolean {
    const { bytes, records } = this.#uncommittedMax
    return this.#records.bytes > bytes * share || this.#records.length > records * share
  }
}
