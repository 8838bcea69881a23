import { BrokerError } from '@quorate/core/base/errors'
import { splitComposite } from '@quorate/core/model/destination-name'
import { encodeCanonical } from '@quorate/core/openwire/canonical-message'
import type { MessageCommand, ProducerInfo } from '@quorate/core/openwire/commands'
import { NO_RECEIPT } from '../../engine/client.ts'
import type { Receipt } from '../../engine/client.ts'
import type { Outcome } from './commands.ts'
import { InboundMessage, stampArrival } from './inbound-message.ts'
import type { OpenWireClient } from './openwire-client.ts'
import { destinationName } from './wire-destination.ts'
import { transactionText } from './wire-ids.ts'

export function acceptProducerInfo(client: OpenWireClient, info: ProducerInfo): Outcome {
  client.requireConnected()
  const id = info.producerId
  if (id === null) throw new BrokerError('PROTOCOL_VIOLATION', 'a producer has no id')
  // Again the same producer is the same producer: a failover client replays what it had.
  if (client.table.producer(id) !== undefined) return 'done'
  const destinations =
    info.destination === null ? [] : splitComposite(destinationName(info.destination))
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
  const destination = destinationName(command.destination)
  stampArrival(command, client.nowMs)
  // A sender that waits for its Response needs no ProducerAck.
  const wantsRoom = receipt === NO_RECEIPT && producer.info.windowSize > 0
  const message = new InboundMessage(command, {
    producer: producer.text,
    destination,
    body: encodeCanonical(command),
    paced: receipt !== NO_RECEIPT || wantsRoom,
    acknowledgeTo: wantsRoom ? producer : null,
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
