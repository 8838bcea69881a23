import { create } from '@quorate/core/openwire/commands'
import type { LocalTransactionId, TransactionInfo } from '@quorate/core/openwire/commands'
import type { BrokerConnection } from './broker-connection.ts'

/** `TransactionInfo.type`. */
const Operation = { begin: 0, commitOnePhase: 2 } as const

function operation(id: LocalTransactionId, transactionType: number): TransactionInfo {
  const { connectionId } = id
  return create('TransactionInfo', { connectionId, transactionId: id, transactionType })
}

/**
 * Does some work in one transaction and commits it. Rejects with CONNECTION_LOST when the
 * connection went before the commit was asked for, and with TRANSACTION_ROLLED_BACK when it went
 * meanwhile and nothing of it happened: the commit is asked again over the next connection, where
 * the broker knows what was committed.
 */
export async function inTransaction(
  connection: BrokerConnection,
  work: (id: LocalTransactionId) => readonly Promise<void>[],
): Promise<void> {
  const id = connection.nextTransactionId()
  const begun = connection.request(operation(id, Operation.begin), 'forget')
  // All are waited for, so that none is left whose failure nobody hears of.
  const outcomes = await Promise.allSettled([begun, ...work(id)])
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  await connection.request(operation(id, Operation.commitOnePhase), 'resend')
}
