import { BrokerError } from '@quorate/core/base/errors'
import { longToNumber } from '@quorate/core/openwire/commands'
import type {
  ConsumerControl,
  ConsumerInfo,
  MessageAck,
  MessagePull,
} from '@quorate/core/openwire/commands'
import { isQueueLike } from '@quorate/core/model/destination'
import type { DestinationName } from '@quorate/core/model/destination'
import type { AcknowledgeMode, ConsumerOptions, Receipt } from '../../engine/client.ts'
import { acknowledgeMode, acknowledgedDeliveries, isAllOf } from './ack-mapping.ts'
import type { Outcome } from './commands.ts'
import { PREFETCH_MAX } from './limits.ts'
import type { OpenWireClient } from './openwire-client.ts'
import { removeConsumer } from './remove-commands.ts'
import { throwableText } from './responses.ts'
import type { WireConsumer } from './session-table.ts'
import { destinationName, isComposite } from './wire-destination.ts'
import { bounded, consumerText, transactionText } from './wire-ids.ts'

/** RemoveInfo's way to say that nothing was delivered; see dispatch-sequence.ts. */
const NOTHING_DELIVERED = -1

export function acceptConsumerInfo(
  client: OpenWireClient,
  info: ConsumerInfo,
  receipt: Receipt,
): Outcome {
  const engineClient = client.requireConnected()
  const id = info.consumerId
  if (id === null) throw new BrokerError('PROTOCOL_VIOLATION', 'a consumer has no id')
  if (info.networkSubscription) {
    throw new BrokerError('UNSUPPORTED', 'networks of brokers are not supported')
  }
  // A failover client replays what it had; the same consumer again is no other one.
  if (client.table.consumer(id) !== undefined) return 'done'
  const destination = destinationName(info.destination)
  const consumer = client.table.addConsumer(id, info)
  client.expect(receipt)
  try {
    const options = consumerOptions(consumer, destination)
    consumer.subscription = engineClient.openConsumer(options, receipt)
  } catch (error) {
    client.table.removeConsumer(consumer)
    throw error
  }
  return 'pending'
}

function consumerOptions(consumer: WireConsumer, destination: DestinationName): ConsumerOptions {
  const { info } = consumer
  return {
    consumerId: consumerText(consumer.id),
    destination,
    prefetch: boundedPrefetch(info.prefetchSize),
    browser: info.browser,
    durableName: bounded(info.subscriptionName ?? ''),
    noLocal: info.noLocal,
    exclusive: info.exclusive,
    priority: info.priority,
    selector: info.selector ?? '',
    pendingLimit: info.maximumPendingMessageLimit,
    info: consumer,
  }
}

function boundedPrefetch(prefetch: number): number {
  return Math.min(Math.max(prefetch, 0), PREFETCH_MAX)
}

/**
 * Sent after a failover, when the client is ready for what its consumers had as prefetch before.
 */
export function acceptConsumerControl(client: OpenWireClient, control: ConsumerControl): Outcome {
  client.requireConnected()
  const consumer =
    control.consumerId === null ? undefined : client.table.consumer(control.consumerId)
  if (consumer === undefined) return 'done'
  if (control.close) {
    removeConsumer(client, consumer, NOTHING_DELIVERED)
    return 'done'
  }
  // Flags without a meaning here come with a prefetch of zero, which is none to be set.
  if (control.flush || control.start || control.stop) return 'done'
  consumer.subscription?.setPrefetch(boundedPrefetch(control.prefetch))
  return 'done'
}

export function acceptMessagePull(client: OpenWireClient, pull: MessagePull): Outcome {
  client.requireConnected()
  const consumer = pull.consumerId === null ? undefined : client.table.consumer(pull.consumerId)
  if (consumer === undefined) {
    throw new BrokerError('ILLEGAL_STATE', 'a pull for a consumer that has not been registered')
  }
  consumer.subscription?.pull(longToNumber(pull.timeout))
  return 'done'
}

export function acceptMessageAck(
  client: OpenWireClient,
  ack: MessageAck,
  receipt: Receipt,
): Outcome {
  const engineClient = client.requireConnected()
  const mode = acknowledgeMode(ack.ackType)
  const transaction = ack.transactionId === null ? '' : transactionText(ack.transactionId)
  const consumer = ack.consumerId === null ? undefined : client.table.consumer(ack.consumerId)
  // A consumer that is gone has given its messages back.
  const inFlight = consumer?.subscription?.inFlight
  const deliveries = inFlight === undefined ? [] : acknowledgedDeliveries(ack, inFlight)
  const isWhole = isAllOf(ack, deliveries) || !hasToConsume(consumer, mode, transaction)
  // A transaction promises nothing before its commit, and this adds nothing to it.
  const isNothing = deliveries.length === 0 && isWhole && mode === 'consumed'
  if (isNothing && transaction !== '') return 'done'
  // Otherwise an acknowledgement of nothing may be a repetition, and only the engine knows whether
  // what was acknowledged before is committed.
  const cause = ack.poisonCause === null ? '' : throwableText(ack.poisonCause)
  client.expect(receipt)
  engineClient.acknowledge({ mode, deliveries, isWhole, transaction, cause }, receipt)
  return 'pending'
}

/**
 * Whether what is acknowledged has to be consumed, or comes again: not what a browser shows or a
 * topic tells to whoever listens.
 */
function hasToConsume(
  consumer: WireConsumer | undefined,
  mode: AcknowledgeMode,
  transaction: string,
): boolean {
  if (transaction === '' || mode !== 'consumed') return false
  if (consumer === undefined) return true
  const { browser, destination, subscriptionName } = consumer.info
  if (browser) return false
  if (subscriptionName !== null || isComposite(destination)) return true
  return isQueueLike(destinationName(destination).kind)
}
