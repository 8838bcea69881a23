/** The structures on the way of a message, encoded without the table: see message-reader.ts. */
import type { CommandOf, DataStructure, MessageCommand } from './commands.ts'
import type { StructureWriter } from './structure-writer.ts'

/** The cached fields below, each with its own guess where its value is in the cache. */
const place = {
  other: 0,
  messageProducerId: 1,
  messageDestination: 2,
  messageTransactionId: 3,
  messageOriginalDestination: 4,
  messageOriginalTransactionId: 5,
  messageTargetConsumerId: 6,
  idProducerId: 7,
  dispatchConsumerId: 8,
  dispatchDestination: 9,
  ackDestination: 10,
  ackTransactionId: 11,
  ackConsumerId: 12,
  transactionConnectionId: 13,
} as const

export const placeCount = Object.keys(place).length
export const otherPlace = place.other

/** Writes the fields of a structure that has code here; false for any other. */
export function writeFields(w: StructureWriter, value: DataStructure): boolean {
  switch (value.type) {
    case 21:
      writeMessageDispatch(w, value)
      return true
    case 22:
      writeMessageAck(w, value)
      return true
    case 23:
    case 24:
    case 25:
    case 26:
    case 27:
    case 28:
      writeMessage(w, value)
      return true
    case 100:
    case 101:
    case 102:
    case 103:
      w.string(value.physicalName)
      return true
    case 110:
      writeMessageId(w, value)
      return true
    case 111:
      w.long(value.value)
      w.cached(value.connectionId, place.transactionConnectionId)
      return true
    case 122:
      w.string(value.connectionId)
      w.long(value.sessionId)
      w.long(value.value)
      return true
    case 123:
      w.string(value.connectionId)
      w.long(value.value)
      w.long(value.sessionId)
      return true
    default:
      return false
  }
}

function writeMessageDispatch(w: StructureWriter, value: CommandOf<'MessageDispatch'>): void {
  w.int(value.commandId)
  w.boolean(value.responseRequired)
  w.cached(value.consumerId, place.dispatchConsumerId)
  w.cached(value.destination, place.dispatchDestination)
  w.nested(value.message)
  w.int(value.redeliveryCounter)
}

function writeMessageAck(w: StructureWriter, value: CommandOf<'MessageAck'>): void {
  w.int(value.commandId)
  w.boolean(value.responseRequired)
  w.cached(value.destination, place.ackDestination)
  w.cached(value.transactionId, place.ackTransactionId)
  w.cached(value.consumerId, place.ackConsumerId)
  w.byte(value.ackType)
  w.nested(value.firstMessageId)
  w.nested(value.lastMessageId)
  w.int(value.messageCount)
  if (w.version >= 7) w.throwable(value.poisonCause)
}

function writeMessageId(w: StructureWriter, value: CommandOf<'MessageId'>): void {
  if (w.version >= 10) w.string(value.textView)
  w.cached(value.producerId, place.idProducerId)
  w.long(value.producerSequenceId)
  w.long(value.brokerSequenceId)
}

function writeMessage(w: StructureWriter, value: MessageCommand): void {
  w.int(value.commandId)
  w.boolean(value.responseRequired)
  w.cached(value.producerId, place.messageProducerId)
  w.cached(value.destination, place.messageDestination)
  w.cached(value.transactionId, place.messageTransactionId)
  w.cached(value.originalDestination, place.messageOriginalDestination)
  w.nested(value.messageId)
  w.cached(value.originalTransactionId, place.messageOriginalTransactionId)
  w.string(value.groupID)
  w.int(value.groupSequence)
  w.string(value.correlationId)
  w.boolean(value.persistent)
  w.long(value.expiration)
  w.byte(value.priority)
  w.nested(value.replyTo)
  w.long(value.timestamp)
  w.string(value.jmsType)
  w.bytes(value.content)
  w.bytes(value.marshalledProperties)
  w.nested(value.dataStructure)
  w.cached(value.targetConsumerId, place.messageTargetConsumerId)
  w.boolean(value.compressed)
  w.int(value.redeliveryCounter)
  w.list(value.brokerPath)
  w.long(value.arrival)
  w.string(value.userID)
  w.boolean(value.recievedByDFBridge)
  if (w.version >= 2) w.boolean(value.droppable)
  if (w.version >= 3) {
    w.list(value.cluster)
    w.long(value.brokerInTime)
    w.long(value.brokerOutTime)
  }
  if (w.version >= 10) w.boolean(value.JMSXGroupFirstForConsumer)
}
