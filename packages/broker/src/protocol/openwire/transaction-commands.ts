import { BrokerError } from '@quorate/core/base/errors'
import type { TransactionInfo } from '@quorate/core/openwire/commands'
import type { Receipt } from '../../engine/client.ts'
import type { Outcome } from './commands.ts'
import type { OpenWireClient } from './openwire-client.ts'
import { dataArrayResponse } from './responses.ts'
import { transactionText } from './wire-ids.ts'

/** `TransactionInfo.type`. */
const TransactionOperation = {
  begin: 0,
  prepare: 1,
  commitOnePhase: 2,
  commitTwoPhase: 3,
  rollback: 4,
  recover: 5,
  forget: 6,
  end: 7,
} as const

export function acceptTransactionInfo(
  client: OpenWireClient,
  info: TransactionInfo,
  receipt: Receipt,
): Outcome {
  const engineClient = client.requireConnected()
  if (info.transactionType === TransactionOperation.recover) {
    // Asked by every XA-aware client at its start: there are no prepared transactions.
    if (info.responseRequired) client.send(dataArrayResponse(info.commandId, []))
    return 'pending'
  }
  const transaction = transactionOf(info)
  switch (info.transactionType) {
    case TransactionOperation.begin:
      engineClient.begin(transaction)
      return 'done'
    case TransactionOperation.commitOnePhase:
      client.expect(receipt)
      engineClient.commit(transaction, receipt)
      return 'pending'
    case TransactionOperation.rollback:
      client.expect(receipt)
      engineClient.rollback(transaction, receipt)
      return 'pending'
    default:
      throw new BrokerError('UNSUPPORTED', 'two-phase transactions are not supported')
  }
}

function transactionOf(info: TransactionInfo): string {
  if (info.transactionId === null) {
    throw new BrokerError('PROTOCOL_VIOLATION', 'a transaction has no id')
  }
  return transactionText(info.transactionId)
}
