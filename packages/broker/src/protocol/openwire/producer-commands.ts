import { BrokerError } from '@quorate/core/base/errors'
import type { DestinationName } from '@quorate/core/model/destination'
import { encodeCanonical } from '@quorate/core/openwire/canonical-message'
import type { MessageCommand, ProducerInfo } from '@quorate/core/openwire/commands'
import { NO_RECEIPT } from '../../engine/client.ts'
import type { Receipt } from '../../engine/client.ts'
import type { Outcome } from './commands.ts'
import { InboundMessage, stampArrival, windowBytes } from './inbound-message.ts'
import type { OpenWireClient } from './openwire-client.ts'
import type { WireProducer } from './session-table.ts'
import { destinationNames, wireDestination } from './wire-destination.ts'
import { transactionText } from './wire-ids.ts'

export function acceptProducerInfo(client: OpenWireClient, info: ProducerInfo): Outcome {
  client.requireConnected()
  const id = info.producerId
  if (id === null) throw new BrokerError('PROTOCOL_VIOLATION', 'a producer has no id')
  // Again the same producer is the same producer: a failover client replays what it had.
  if (client.table.producer(id) !== undefined) return 'done'
  const destinations = info.destination === null ? [] : destinationNames(info.destination)
  const producer = client.table.addProducer(id, info, destinations)
  client.services.advisories.producerAdded(producer)
  return 'done'
}

/** A message of any type. */
export function acceptMessage(
  client: OpenWireClient,
  command: MessageCommand,
  receipt: Receipt,
): Outcome {
  const engineClient = client.requireConnected()
  const producer =
    command.producerId === null ? undefined : client.table.producer(command.producerId)
  if (producer === undefined) {
    throw new BrokerError('ILLEGAL_STATE', 'a message from a producer that has not been registered')
  }
  const transaction = command.transactionId === null ? '' : transactionText(command.transactionId)
  const destinations = destinationNames(command.destination)
  stampArrival(command, client.nowMs)
  const [destination] = destinations
  if (destinations.length > 1 || destination === undefined) {
    return sendToAll(client, { producer, command, transaction, destinations }, receipt)
  }
  // A sender that waits for its Response needs no ProducerAck.
  const isAnswered = receipt !== NO_RECEIPT
  const message = new InboundMessage(command, {
    producer: producer.text,
    destination,
    body: encodeCanonical(command),
    acknowledgeTo: !isAnswered && producer.info.windowSize > 0 ? producer : null,
  })
  const counted = client.expectStored(message, transaction, receipt)
  try {
    engineClient.send(message, transaction, counted)
  } catch (error) {
    client.receipts.take(counted)
    throw error
  }
  return 'pending'
}

interface CompositeSend {
  readonly producer: WireProducer
  readonly command: MessageCommand
  readonly transaction: string
  readonly destinations: readonly DestinationName[]
}

/**
 * One message for several destinations: a copy for each, all of them or none. Each copy counts as
 * sent by a producer of its own, because the second is no repetition of the first (R42).
 */
function sendToAll(client: OpenWireClient, send: CompositeSend, receipt: Receipt): Outcome {
  const engineClient = client.requireConnected()
  const { producer, command, destinations } = send
  const isOurs = send.transaction === ''
  const transaction = isOurs ? client.nextCompositeTransaction() : send.transaction
  if (isOurs) engineClient.begin(transaction)
  destinations.forEach((destination, at) => {
    const copy = copyFor(command, destination)
    const message = new InboundMessage(copy, {
      producer: partText(producer, at),
      destination,
      body: encodeCanonical(copy),
      acknowledgeTo: null,
    })
    const isLast = at === destinations.length - 1
    if (isLast && !isOurs) client.expect(receipt)
    engineClient.send(message, transaction, isLast && !isOurs ? receipt : NO_RECEIPT)
  })
  if (isOurs) {
    client.expect(receipt)
    engineClient.commit(transaction, receipt)
  }
  if (producer.info.windowSize > 0 && receipt === NO_RECEIPT) {
    client.acknowledgeSend(producer, windowBytes(command))
  }
  return 'pending'
}

function partText(producer: WireProducer, at: number): string {
  return (producer.partTexts[at] ??= `${producer.text}/${at}`)
}

function copyFor(command: MessageCommand, destination: DestinationName): MessageCommand {
  return {
    ...command,
    messageId: command.messageId === null ? null : { ...command.messageId },
    originalDestination: command.destination,
    destination: wireDestination(destination),
  }
}
