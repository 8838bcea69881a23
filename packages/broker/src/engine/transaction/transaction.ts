import { BrokerError } from '@quorate/core/base/errors'
import type { AcknowledgeOp, FlatOp, TransactionOp } from '../../store/log-op.ts'
import type { Stored } from '../../store/message-store.ts'
import { TransactionSize } from '../../store/transaction-size.ts'
import type { Message, Receipt } from '../client.ts'
import type { Backlog } from '../dispatch/backlog.ts'
import type { MemoryBudget } from '../dispatch/memory-budget.ts'
import { stay } from '../dispatch/own-memory.ts'
import { PendingRecord } from '../pending-records.ts'
import type { ReceiptHolder } from '../pending-records.ts'
import {
  ACKNOWLEDGED_PER_RECORD_MAX,
  ENTRY_MEMORY_BYTES,
  HELD_FRESH_BYTES_MAX,
  TRANSACTION_BYTES_MAX,
  TRANSACTION_OPERATIONS_MAX,
} from '../policy/limits.ts'
import type { Producer } from '../producer-table.ts'
import type { Shipment } from '../routing.ts'
import type { DispatchedMessage } from '../subscription/dispatched-message.ts'

/**
 * A message sent in a transaction, its destination known, its lists not: those of the commit count.
 */
export interface HeldSend {
  readonly message: Message
  readonly producer: Producer | null
}

/**
 * A local transaction: what it sends and acknowledges is held until its end. Nothing of it is in
 * the log before the commit, which is one record (R43).
 *
 *   open --- commit ---> gone (one record)
 *     | \--- rollback -> gone (nothing)
 *     |
 *   over a limit, or something in it failed
 *     v
 *   doomed - commit ---> refused with TRANSACTION_ROLLED_BACK
 */
export class Transaction {
  readonly id: string
  readonly sends: HeldSend[] = []
  readonly acknowledged: DispatchedMessage[] = []
  /** For the messages, which only memory holds. */
  readonly #memory: MemoryBudget
  readonly #size: TransactionSize
  #bytes = 0
  #reserved = 0
  #doom: BrokerError | null = null

  constructor(id: string, memory: MemoryBudget) {
    this.id = id
    this.#memory = memory
    this.#size = new TransactionSize(id)
  }

  /** Why it can only be rolled back; null while it can be committed. */
  get doom(): BrokerError | null {
    return this.#doom
  }

  /** Of the messages sent in it. */
  get bytes(): number {
    return this.#bytes
  }

  /** What it takes in the log at most, when its messages go to so many lists. */
  recordBytes(lists: number): number {
    return this.#size.bytesWithLists(lists)
  }

  /** Whether its commit adds messages to the log. */
  get storesMessages(): boolean {
    return this.sends.some(({ message }) => message.persistent)
  }

  addSend(send: HeldSend): void {
    const { length } = send.message.body
    this.#checkRoom(1, length, 0)
    this.#reserve(length + ENTRY_MEMORY_BYTES)
    // Most transactions are over before it would pay.
    if (this.#memory.usedBytes > HELD_FRESH_BYTES_MAX) stay(send.message)
    this.#size.add(1, length, 0)
    this.#bytes += length
    this.sends.push(send)
  }

  /** Its messages need no memory any more, or somebody else accounts for it. */
  release(): void {
    this.#memory.release(this.#reserved)
    this.#reserved = 0
  }

  addAcknowledged(deliveries: readonly DispatchedMessage[]): void {
    this.#checkRoom(0, 0, deliveries.length)
    this.#size.add(0, 0, deliveries.length)
    for (const delivery of deliveries) {
      delivery.state = 'held'
      this.acknowledged.push(delivery)
    }
  }

  /** Something in it failed that nobody may have been waiting for: the commit must not succeed. */
  fail(reason: BrokerError): void {
    this.#doom ??= reason
  }

  /**
   * Its client cannot be paused instead: what frees the memory is the end of the transaction. One
   * message has room wherever nothing else is held: it would be taken outside of a transaction.
   */
  #reserve(bytes: number): void {
    const { usedBytes, limitBytes } = this.#memory
    if (usedBytes === 0 || usedBytes + bytes <= limitBytes) {
      this.#memory.reserve(bytes)
      this.#reserved += bytes
      return
    }
    const reason = new BrokerError('RESOURCE_LIMIT', 'No memory is left for the transaction.', {
      details: { bytes, usedBytes, limitBytes },
    })
    this.fail(reason)
    throw reason
  }

  #checkRoom(sends: number, bytes: number, acknowledged: number): void {
    const all = this.sends.length + this.acknowledged.length + sends + acknowledged
    const allBytes = this.#size.bytesWith(sends, bytes, acknowledged)
    if (all <= TRANSACTION_OPERATIONS_MAX && allBytes <= TRANSACTION_BYTES_MAX) return
    const reason = new BrokerError('RESOURCE_LIMIT', 'The transaction is too large.', {
      details: {
        operations: all,
        mostOperations: TRANSACTION_OPERATIONS_MAX,
        bytes: allBytes,
        mostBytes: TRANSACTION_BYTES_MAX,
      },
    })
    this.fail(reason)
    throw reason
  }
}

/** What the commit of a transaction writes. null when nothing of it has to be stored. */
export function transactionOp(
  id: string,
  shipments: readonly { readonly shipment: Shipment; readonly producer: Producer | null }[],
  acknowledged: ReadonlyMap<Backlog, readonly number[]>,
): TransactionOp | null {
  const ops: FlatOp[] = []
  for (const { shipment, producer } of shipments) {
    if (shipment.lists.length > 0) ops.push(shipment.op(producer))
  }
  for (const [{ listId }, sequences] of acknowledged) ops.push(...acknowledgeOps(listId, sequences))
  return ops.length === 0 ? null : { kind: 'transaction', id, ops }
}

function acknowledgeOps(list: number, sequences: readonly number[]): AcknowledgeOp[] {
  const sorted = [...sequences].sort((one, other) => one - other)
  const ops: AcknowledgeOp[] = []
  for (let from = 0; from < sorted.length; from += ACKNOWLEDGED_PER_RECORD_MAX) {
    const part = sorted.slice(from, from + ACKNOWLEDGED_PER_RECORD_MAX)
    ops.push({ kind: 'acknowledge', list, sequences: part })
  }
  return ops
}

/** The commit of a transaction on its way into the store. */
export class CommitRecord extends PendingRecord {
  readonly #shipments: readonly Shipment[]
  readonly #stored: readonly Shipment[]
  readonly #acknowledged: ReadonlyMap<Backlog, readonly number[]>
  readonly #committed: () => void
  readonly #answer: { readonly holder: ReceiptHolder; readonly receipt: Receipt }
  #answered = false

  constructor(
    shipments: readonly Shipment[],
    acknowledged: ReadonlyMap<Backlog, readonly number[]>,
    answer: { readonly holder: ReceiptHolder; readonly receipt: Receipt },
    committed: () => void,
  ) {
    super()
    this.#shipments = shipments
    this.#stored = shipments.filter(({ lists }) => lists.length > 0)
    this.#acknowledged = acknowledged
    this.#answer = answer
    this.#committed = committed
    for (const [backlog, sequences] of acknowledged) backlog.acknowledging(sequences.length)
  }

  override message(position: number): Message | null {
    return this.#stored[position]?.message ?? null
  }

  override applied(stored: Stored | null): void {
    for (const [backlog, sequences] of this.#acknowledged) backlog.acknowledged(sequences.length)
    for (const shipment of this.#shipments) shipment.deliver()
    this.#committed()
    this.#confirm(stored)
  }

  override confirmEarly(): void {
    this.#confirm(null)
  }

  #confirm(stored: Stored | null): void {
    if (!this.#answered) this.#answer.holder.confirm(this.#answer.receipt, stored)
    this.#answered = true
  }
}
