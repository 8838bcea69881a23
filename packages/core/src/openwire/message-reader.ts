/**
 * The structures on the way of a message, decoded without the table: one object literal each, whose
 * order of evaluation is the order of the wire. What differs by version is said in the line.
 */
import type { DataStructure, MessageCommand } from './commands.ts'
import type { DestinationName, MessageName, TransactionName } from './commands.ts'
import { families } from './plan.ts'
import type { StructureReader } from './structure-reader.ts'

/** The fields of a structure that has code here, or null. */
export function readFields(r: StructureReader, type: number): DataStructure | null {
  switch (type) {
    case 21:
      return readMessageDispatch(r)
    case 22:
      return readMessageAck(r)
    case 23:
    case 24:
    case 25:
    case 26:
    case 27:
    case 28:
      return readMessage(r, type)
    case 100:
    case 101:
    case 102:
    case 103:
      return { type, physicalName: r.string() }
    case 110:
      return readMessageId(r)
    case 111:
      return {
        type: 111,
        value: r.long(),
        connectionId: r.cached<'ConnectionId'>(families.connectionId),
      }
    case 120:
      return { type: 120, value: r.string() }
    case 122:
      return { type: 122, connectionId: r.string(), sessionId: r.long(), value: r.long() }
    case 123:
      return { type: 123, connectionId: r.string(), value: r.long(), sessionId: r.long() }
    case 124:
      return { type: 124, value: r.string() }
    default:
      return null
  }
}

function readMessageDispatch(r: StructureReader): DataStructure {
  return {
    type: 21,
    commandId: r.int(),
    responseRequired: r.boolean(),
    consumerId: r.cached<'ConsumerId'>(families.consumerId),
    destination: r.cached<DestinationName>(families.destination),
    message: r.nested<MessageName>(families.message),
    redeliveryCounter: r.int(),
  }
}

function readMessageAck(r: StructureReader): DataStructure {
  return {
    type: 22,
    commandId: r.int(),
    responseRequired: r.boolean(),
    destination: r.cached<DestinationName>(families.destination),
    transactionId: r.cached<TransactionName>(families.transactionId),
    consumerId: r.cached<'ConsumerId'>(families.consumerId),
    ackType: r.byte(),
    firstMessageId: r.nested<'MessageId'>(families.messageId),
    lastMessageId: r.nested<'MessageId'>(families.messageId),
    messageCount: r.int(),
    poisonCause: r.version >= 7 ? r.throwable() : null,
  }
}

function readMessageId(r: StructureReader): DataStructure {
  return {
    type: 110,
    textView: r.version >= 10 ? r.string() : null,
    producerId: r.cached<'ProducerId'>(families.producerId),
    producerSequenceId: r.long(),
    brokerSequenceId: r.long(),
  }
}

/** All messages but the blob message, which has fields of its own. */
function readMessage(r: StructureReader, type: 23 | 24 | 25 | 26 | 27 | 28): MessageCommand {
  return {
    type,
    commandId: r.int(),
    responseRequired: r.boolean(),
    producerId: r.cached<'ProducerId'>(families.producerId),
    destination: r.cached<DestinationName>(families.destination),
    transactionId: r.cached<TransactionName>(families.transactionId),
    originalDestination: r.cached<DestinationName>(families.destination),
    messageId: r.nested<'MessageId'>(families.messageId),
    originalTransactionId: r.cached<TransactionName>(families.transactionId),
    groupID: r.string(),
    groupSequence: r.int(),
    correlationId: r.string(),
    persistent: r.boolean(),
    expiration: r.long(),
    priority: r.byte(),
    replyTo: r.nested<DestinationName>(families.destination),
    timestamp: r.long(),
    jmsType: r.string(),
    content: r.bytes(),
    marshalledProperties: r.bytes(),
    dataStructure: r.nested(families.any),
    targetConsumerId: r.cached<'ConsumerId'>(families.consumerId),
    compressed: r.boolean(),
    redeliveryCounter: r.int(),
    brokerPath: r.list<'BrokerId'>(families.brokerId),
    arrival: r.long(),
    userID: r.string(),
    recievedByDFBridge: r.boolean(),
    droppable: r.version >= 2 ? r.boolean() : false,
    cluster: r.version >= 3 ? r.list<'BrokerId'>(families.brokerId) : null,
    brokerInTime: r.version >= 3 ? r.long() : 0,
    brokerOutTime: r.version >= 3 ? r.long() : 0,
    JMSXGroupFirstForConsumer: r.version >= 10 ? r.boolean() : false,
  }
}
