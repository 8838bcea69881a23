import { BrokerError } from '@quorate/core/base/errors'
import type { Long, RemoveInfo } from '@quorate/core/openwire/commands'
import type { Outcome } from './commands.ts'
import { lastDeliveredId } from './dispatch-sequence.ts'
import type { OpenWireClient } from './openwire-client.ts'
import type { WireConsumer, WireProducer } from './session-table.ts'
import { isConnectionId, isConsumerId, isProducerId, isSessionId, sessionText } from './wire-ids.ts'

/**
 * Ends a consumer, producer, session or the connection. What is not there is not an error: after a
 * failover the client may remove what it had not replayed.
 */
export function acceptRemoveInfo(client: OpenWireClient, info: RemoveInfo): Outcome {
  client.requireConnected()
  const { objectId, lastDeliveredSequenceId } = info
  if (isConsumerId(objectId)) {
    const consumer = client.table.consumer(objectId)
    if (consumer !== undefined) removeConsumer(client, consumer, lastDeliveredSequenceId)
  } else if (isProducerId(objectId)) {
    const producer = client.table.producer(objectId)
    if (producer !== undefined) removeProducer(client, producer)
  } else if (isSessionId(objectId)) {
    removeSession(client, sessionText(objectId), lastDeliveredSequenceId)
  } else if (isConnectionId(objectId)) {
    removeEverything(client, lastDeliveredSequenceId)
    client.disconnect()
  } else {
    throw new BrokerError('INVALID_ARGUMENT', 'this is nothing that can be removed')
  }
  return 'done'
}

export function removeConsumer(
  client: OpenWireClient,
  consumer: WireConsumer,
  lastDeliveredSequence: Long,
): void {
  client.table.removeConsumer(consumer)
  const { subscription } = consumer
  subscription?.close(lastDeliveredId(subscription, lastDeliveredSequence))
}

export function removeProducer(client: OpenWireClient, producer: WireProducer): void {
  client.table.removeProducer(producer)
  client.services.advisories.producerRemoved(producer)
}

function removeSession(client: OpenWireClient, session: string, lastSequence: Long): void {
  for (const consumer of [...client.table.consumers]) {
    if (consumer.session === session) removeConsumer(client, consumer, lastSequence)
  }
  for (const producer of [...client.table.producers]) {
    if (producer.session === session) removeProducer(client, producer)
  }
  client.table.removeSession(session)
}

function removeEverything(client: OpenWireClient, lastSequence: Long): void {
  for (const consumer of [...client.table.consumers]) {
    removeConsumer(client, consumer, lastSequence)
  }
  for (const producer of [...client.table.producers]) removeProducer(client, producer)
}
