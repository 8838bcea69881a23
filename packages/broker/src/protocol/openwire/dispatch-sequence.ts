import { longToNumber } from '@quorate/core/openwire/commands'
import type { Long } from '@quorate/core/openwire/commands'
import type { Consumer, Delivery } from '../../engine/client.ts'

/**
 * The broker sequence that a client sees in a message id, and gives back when it closes a consumer
 * to say how far it got (RemoveInfo.lastDeliveredSequenceId). A stored message has its store
 * sequence; one that is not stored has none, and gets its delivery's number beyond all of these.
 */
export function brokerSequence(delivery: Delivery): number {
  return delivery.sequence === 0 ? TRANSIENT_BASE + delivery.id : delivery.sequence
}

/** Store sequences stay below: at a million a second they would take nine years to get here. */
const TRANSIENT_BASE = 2 ** 48

/** RemoveInfo.lastDeliveredSequenceId: the client cannot say, so all count as seen. */
const UNKNOWN = -2

/**
 * The last delivery that the client's application saw, for Consumer.close: deliveries are in the
 * order of dispatch, which after redeliveries is not that of sequences, hence the search. -1 =
 * none.
 */
export function lastDeliveredId(consumer: Consumer, lastSequence: Long): number {
  const wanted = longToNumber(lastSequence)
  const { inFlight } = consumer
  if (wanted === UNKNOWN) return inFlight.at(inFlight.length - 1)?.id ?? NONE
  if (wanted < 0) return NONE
  for (const delivery of inFlight) if (brokerSequence(delivery) === wanted) return delivery.id
  return NONE
}

/** Below every delivery's number. */
const NONE = -1
