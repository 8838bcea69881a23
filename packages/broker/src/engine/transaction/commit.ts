import { BrokerError } from '@quorate/core/base/errors'
import type { Client, Receipt } from '../client.ts'
import type { Backlog } from '../dispatch/backlog.ts'
import type { EngineCore } from '../engine-core.ts'
import { ReceiptRecord } from '../pending-records.ts'
import type { ReceiptHolder } from '../pending-records.ts'
import { TRANSACTION_BYTES_MAX } from '../policy/limits.ts'
import { Shipment } from '../routing.ts'
import type { Router } from '../routing.ts'
import type { DispatchedMessage } from '../subscription/dispatched-message.ts'
import { ALL_SEEN, Subscription } from '../subscription/subscription.ts'
import { CommitRecord, transactionOp } from './transaction.ts'
import type { Transaction } from './transaction.ts'

export interface CommitAnswer {
  readonly holder: ReceiptHolder
  readonly receipt: Receipt
}

/**
 * Writes the whole transaction as one record (R43). Says whether it leaves something that only
 * memory has. Throws TRANSACTION_ROLLED_BACK, after rolling it back, when it cannot be committed.
 */
export function commitTransaction(
  core: EngineCore,
  transaction: Transaction,
  sender: { readonly client: Client; readonly router: Router },
  answer: CommitAnswer,
): boolean {
  // From here on it counts as uncommitted.
  transaction.release()
  const shipments = prepare(transaction, sender)
  const acknowledged = takeAcknowledged(transaction.acknowledged)
  // Acknowledgements made before, outside of the transaction, are not to come after it in the log.
  core.acks.flush()
  for (const { producer } of transaction.sends)
    if (producer !== null) core.producers.refresh(producer)
  const held = shipments.map((shipment, i) => {
    return { shipment, producer: transaction.sends[i]?.producer ?? null }
  })
  const op = transactionOp(transaction.id, held, acknowledged)
  const usesMemory = shipments.some((shipment) => shipment.usesMemory)
  if (op === null) {
    for (const shipment of shipments) shipment.deliver()
    // Its messages may be resends, whose first copies are on their way (R42).
    core.records.behindLast(new ReceiptRecord(answer.holder, answer.receipt))
    return usesMemory
  }
  const { commits } = core
  commits.add(transaction.id)
  const record = new CommitRecord(shipments, acknowledged, answer, () => {
    commits.delete(transaction.id)
  })
  core.records.append(op, record, transaction.bytes)
  for (const { message, producer } of transaction.sends) {
    if (producer !== null) core.producers.appended(producer, message.producerSequence)
  }
  return usesMemory
}

/**
 * Forgets the transaction. What it acknowledged is with its consumers as before: clients redeliver
 * it themselves. Only what belonged to a consumer that has ended meanwhile goes back to its list.
 */
export function rollbackTransaction(transaction: Transaction): void {
  transaction.release()
  for (const delivery of transaction.acknowledged) {
    if (delivery.state !== 'held') continue
    delivery.state = 'out'
    const { consumer } = delivery
    if (!(consumer instanceof Subscription) || !consumer.isClosed) continue
    delivery.state = 'settled'
    consumer.takeBack([delivery], ALL_SEEN)
  }
}

function prepare(
  transaction: Transaction,
  sender: { readonly client: Client; readonly router: Router },
): Shipment[] {
  try {
    if (transaction.doom !== null) throw transaction.doom
    const shipments = transaction.sends.map(({ message }) => {
      return new Shipment(message, sender.router.route(message.destination), sender.client)
    })
    checkRecord(transaction, shipments)
    return shipments
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    rollbackTransaction(transaction)
    throw rolledBack(error)
  }
}

/** What the client is told whose commit failed on this. */
export function rolledBack(error: BrokerError): BrokerError {
  const why = `Rolled back: ${error.message}`
  return new BrokerError('TRANSACTION_ROLLED_BACK', why, { cause: error })
}

/** How many lists a message goes to, and so how large the record is, is known only now. */
function checkRecord(transaction: Transaction, shipments: readonly Shipment[]): void {
  const lists = shipments.reduce((sum, shipment) => sum + shipment.lists.length, 0)
  const bytes = transaction.recordBytes(lists)
  if (bytes <= TRANSACTION_BYTES_MAX) return
  throw new BrokerError('RESOURCE_LIMIT', 'The transaction goes to too many subscriptions.', {
    details: { bytes, mostBytes: TRANSACTION_BYTES_MAX },
  })
}

/** The deliveries are done; tells which stored messages leave which lists with the commit. */
function takeAcknowledged(deliveries: readonly DispatchedMessage[]): Map<Backlog, number[]> {
  const sequences = new Map<Backlog, number[]>()
  for (const delivery of deliveries) {
    const { consumer, source, entry } = delivery
    if (delivery.state !== 'held' || !(consumer instanceof Subscription)) continue
    consumer.settle(delivery)
    delivery.state = 'settled'
    if (source === null) continue
    source.leave(entry)
    if (entry.stored === null) continue
    const group = sequences.get(source)
    if (group === undefined) sequences.set(source, [entry.place])
    else group.push(entry.place)
  }
  return sequences
}
