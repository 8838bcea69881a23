import { Deque } from '@quorate/core/base/deque'
import { BrokerError } from '@quorate/core/base/errors'
import type { LogOp } from '../store/log-op.ts'
import type { AppliedRecord, LogWriter, Stored } from '../store/message-store.ts'
import type { Message, Receipt } from './client.ts'

/** What is to happen when a record of the log is committed. One object per record, no closure. */
export abstract class PendingRecord {
  /** Set when it is appended. */
  index = 0
  bytes = 0

  /** In-memory form of the record's nth message, if it is at hand. */
  message(_position: number): Message | null {
    return null
  }

  /** null: nothing was being waited for. */
  abstract applied(stored: Stored | null): void

  /** The sender may be answered although the record is not committed (`local_*` sync words). */
  confirmEarly(): void {}
}

/** Somebody who waits for an answer. */
export interface ReceiptHolder {
  confirm(receipt: Receipt, stored: Stored | null): void
}

/** Somebody who waits for an answer, which is a refusal. */
export interface RefusalHolder {
  reject(receipt: Receipt, error: BrokerError): void
}

/** A record of which nothing but the receipt has to be remembered. */
export class ReceiptRecord extends PendingRecord {
  readonly #holder: ReceiptHolder
  readonly #receipt: Receipt
  #answered = false

  constructor(holder: ReceiptHolder, receipt: Receipt) {
    super()
    this.#holder = holder
    this.#receipt = receipt
  }

  override applied(stored: Stored | null): void {
    if (!this.#answered) this.#holder.confirm(this.#receipt, stored)
    this.#answered = true
  }

  override confirmEarly(): void {
    this.applied(null)
  }
}

/**
 * A refusal that goes by what is appended. Told before that is committed it would be taken for the
 * answer to a request whose first answer was lost, and another leader may know nothing of either.
 */
export class RefusalRecord extends PendingRecord {
  readonly #holder: RefusalHolder
  readonly #receipt: Receipt
  readonly #error: BrokerError
  #answered = false

  constructor(holder: RefusalHolder, receipt: Receipt, error: BrokerError) {
    super()
    this.#holder = holder
    this.#receipt = receipt
    this.#error = error
  }

  override applied(): void {
    if (!this.#answered) this.#holder.reject(this.#receipt, this.#error)
    this.#answered = true
  }

  override confirmEarly(): void {
    this.applied()
  }
}

/** A record that nobody waits for. */
export class SilentRecord extends PendingRecord {
  override applied(): void {}
}

/**
 * What has been appended to the log and is not applied yet, in log order. Also holds those who
 * wait for somebody else's record: they stand behind it with the same index.
 *
 *   applied | 8  9  9' 10  11 | appended      9' waits for 9
 *             ^     ^ early                   early: confirmed before the commit
 */
export class PendingRecords {
  readonly #log: LogWriter
  readonly #onLost: (reason: BrokerError) => void
  readonly #records = new Deque<PendingRecord>()
  #lastIndex = 0
  #bytes = 0
  /** How many of the first records have been confirmed early. */
  #early = 0
  #open = true

  constructor(log: LogWriter, onLost: (reason: BrokerError) => void) {
    this.#log = log
    this.#onLost = onLost
  }

  get length(): number {
    return this.#records.length
  }

  /** Bytes appended and not applied. */
  get bytes(): number {
    return this.#bytes
  }

  get lastIndex(): number {
    return this.#lastIndex
  }

  /** Whether records can be appended at all; false for ever once leadership is lost. */
  get isOpen(): boolean {
    return this.#open
  }

  /**
   * Appends the operation. When this broker does not lead any more nothing is appended, nobody is
   * answered (R29), and the engine is told to stop.
   */
  append(op: LogOp, record: PendingRecord, bytes = 0): void {
    if (!this.#open) return
    try {
      record.index = this.#log.append(op)
    } catch (error) {
      if (!(error instanceof BrokerError) || error.code !== 'LEADERSHIP_LOST') throw error
      this.#open = false
      this.#onLost(error)
      return
    }
    record.bytes = bytes
    this.#lastIndex = record.index
    this.#bytes += bytes
    this.#records.push(record)
  }

  /** Calls `record.applied` when everything appended so far is applied; at once if it is. */
  behindLast(record: PendingRecord): void {
    if (!this.#open) return
    if (this.#records.length === 0) {
      record.applied(null)
      return
    }
    record.index = this.#lastIndex
    this.#records.push(record)
  }

  /** The record appended for this index, if it is one of ours and the next to be applied. */
  at(index: number): PendingRecord | null {
    const first = this.#records.peek()
    return first !== undefined && first.index === index ? first : null
  }

  applied(record: AppliedRecord): void {
    for (;;) {
      const first = this.#records.peek()
      if (first === undefined || first.index > record.stored.index) return
      this.#records.shift()
      if (this.#early > 0) this.#early--
      this.#bytes -= first.bytes
      first.applied(record.stored)
    }
  }

  /** Answers the senders of everything up to this index, committed or not. */
  confirmable(index: number): void {
    for (;;) {
      const next = this.#records.at(this.#early)
      if (next === undefined || next.index > index) return
      this.#early++
      next.confirmEarly()
    }
  }

  close(): void {
    this.#open = false
    this.#records.clear()
    this.#bytes = 0
    this.#early = 0
  }
}
