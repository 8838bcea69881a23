import { BrokerError } from '@quorate/core/base/errors'
import type { LogOp } from '../../store/log-op.ts'
import type { ClientConnection } from '../client-connection.ts'
import type { Receipt } from '../client.ts'
import type { Backlog } from '../dispatch/backlog.ts'
import type { EngineCore } from '../engine-core.ts'
import { ReceiptRecord } from '../pending-records.ts'
import { ADMINISTERED_PER_RECORD_MAX } from '../policy/limits.ts'
import type { Router, Shipment } from '../routing.ts'
import { CommitRecord } from '../transaction/transaction.ts'

/** An operation of an administrator: who waits for its answer. */
export interface Errand {
  readonly core: EngineCore
  readonly client: ClientConnection
  readonly router: Router
  readonly receipt: Receipt
}

export interface ErrandRecord {
  /** null: there is nothing to write. */
  readonly op: LogOp | null
  readonly shipments: readonly Shipment[]
  readonly from: Backlog
  /** Messages that leave `from` with it. */
  readonly places: readonly number[]
  /** Of messages that it adds to the log. */
  readonly bytes: number
}

/** Writes it all as one record, whose commit is the answer. */
export function commitErrand(errand: Errand, record: ErrandRecord): void {
  const { core, client, receipt } = errand
  const { op, shipments, from, places, bytes } = record
  if (op === null) {
    for (const shipment of shipments) shipment.deliver()
    core.records.behindLast(new ReceiptRecord(client, receipt))
    return
  }
  // What was acknowledged before is not to come after it in the log.
  core.acks.flush()
  const leaving = new Map(places.length === 0 ? [] : [[from, places]])
  const answer = { holder: client, receipt }
  const pending = new CommitRecord(shipments, leaving, answer, () => from.withdrawn(places))
  core.records.append(op, pending, bytes)
}

export function checkCount(sequences: readonly number[]): void {
  if (sequences.length <= ADMINISTERED_PER_RECORD_MAX) return
  throw new BrokerError('RESOURCE_LIMIT', 'These are too many messages for one operation.', {
    details: { messages: sequences.length, most: ADMINISTERED_PER_RECORD_MAX },
  })
}
