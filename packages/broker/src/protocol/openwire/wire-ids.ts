import { BrokerError } from '@quorate/core/base/errors'
import { TypeId } from '@quorate/core/openwire/commands'
import type {
  ConnectionId,
  ConsumerId,
  DataStructure,
  LocalTransactionId,
  ProducerId,
  SessionId,
  TransactionId,
} from '@quorate/core/openwire/commands'

/**
 * Ids as text, in the form in which ActiveMQ prints them. A peer with a marshal cache sends the
 * same object again and again, so the text is kept by object: no string is built per message.
 */
const texts = new WeakMap<object, string>()

/** Characters of an id; those of ActiveMQ's clients have less than a hundred. */
export const ID_TEXT_MAX = 4096

/** `<connection>:<session>:<value>`. */
export function consumerText(id: ConsumerId): string {
  return texts.get(id) ?? remember(id, [id.connectionId, id.sessionId, id.value])
}

/** `<connection>:<session>:<value>`. */
export function producerText(id: ProducerId): string {
  return texts.get(id) ?? remember(id, [id.connectionId, id.sessionId, id.value])
}

/** `<connection>:<value>`. */
export function sessionText(id: SessionId): string {
  return texts.get(id) ?? remember(id, [id.connectionId, id.value])
}

/** The session that a consumer or producer belongs to, as `sessionText` has it. */
export function sessionOf(id: ConsumerId | ProducerId): string {
  return `${id.connectionId}:${id.sessionId}`
}

export function connectionText(id: ConnectionId | null): string {
  if (id?.value == null || id.value === '') {
    throw new BrokerError('PROTOCOL_VIOLATION', 'a command lacks its connection id')
  }
  return bounded(id.value)
}

/** `TX:<connection>:<value>`. Throws UNSUPPORTED for an XA transaction. */
export function transactionText(id: TransactionId): string {
  const known = texts.get(id)
  if (known !== undefined) return known
  if (!isLocalTransaction(id)) {
    throw new BrokerError('UNSUPPORTED', 'XA transactions are not supported')
  }
  return remember(id, ['TX', connectionText(id.connectionId), id.value])
}

function isLocalTransaction(id: TransactionId): id is LocalTransactionId {
  return id.type === TypeId.LocalTransactionId
}

function remember(id: object, parts: readonly (string | number | bigint | null)[]): string {
  const text = bounded(parts.join(':'))
  texts.set(id, text)
  return text
}

/** The broker keeps ids and names in tables and in its log, whose fields are bounded. */
export function bounded(text: string): string {
  if (text.length <= ID_TEXT_MAX) return text
  throw new BrokerError('INVALID_ARGUMENT', `an id of ${text.length} characters is too long`)
}

export function isConsumerId(id: DataStructure | null): id is ConsumerId {
  return id?.type === TypeId.ConsumerId
}

export function isProducerId(id: DataStructure | null): id is ProducerId {
  return id?.type === TypeId.ProducerId
}

export function isSessionId(id: DataStructure | null): id is SessionId {
  return id?.type === TypeId.SessionId
}

export function isConnectionId(id: DataStructure | null): id is ConnectionId {
  return id?.type === TypeId.ConnectionId
}
