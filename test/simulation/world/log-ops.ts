import { forEachRecord } from '@quorate/broker/store/journal/log-batch'
import type { LogBatch } from '@quorate/broker/store/journal/log-batch'
import type { LogOp, TransactionOp } from '@quorate/broker/store/log-op'
import { FIRST_OP_TYPE, decodeOp } from '@quorate/broker/store/op-codec'

export type SingleOp = Exclude<LogOp, TransactionOp>

/** Nothing in it is the replicas' own. */
export function isOfClients(batch: LogBatch): boolean {
  let isAll = true
  forEachRecord(batch, ({ type }) => (isAll &&= type >= FIRST_OP_TYPE))
  return isAll
}

/** The operations in the records of a batch, those of transactions one by one. */
export function opsOf(batch: LogBatch): SingleOp[] {
  const ops: SingleOp[] = []
  forEachRecord(batch, ({ type, payload }) => {
    if (type < FIRST_OP_TYPE) return
    const op = decodeOp(type, payload)
    if (op.kind === 'transaction') ops.push(...op.ops)
    else ops.push(op)
  })
  return ops
}
