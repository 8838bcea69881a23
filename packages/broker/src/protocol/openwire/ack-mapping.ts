import { BrokerError } from '@quorate/core/base/errors'
import type { MessageAck, MessageCommand, MessageId } from '@quorate/core/openwire/commands'
import type { AcknowledgeMode, Consumer, Delivery, InFlight } from '../../engine/client.ts'

/** `MessageAck.ackType` as OpenWire numbers it. */
export const AckType = {
  delivered: 0,
  poison: 1,
  standard: 2,
  redelivered: 3,
  individual: 4,
  unmatched: 5,
  expired: 6,
} as const

const modes: readonly AcknowledgeMode[] = [
  'delivered',
  'poisoned',
  'consumed',
  'redelivered',
  'consumed',
  'consumed',
  'expired',
]

export function acknowledgeMode(ackType: number): AcknowledgeMode {
  const mode = modes[ackType]
  if (mode === undefined) {
    throw new BrokerError('INVALID_ARGUMENT', `acknowledgement type ${ackType} is unknown`)
  }
  return mode
}

/**
 * The deliveries that a MessageAck speaks of, one array for each part of the consumer's destination
 * that has any. Empty when they are not in flight (any more): a client that has just failed over may
 * acknowledge what it got before, and what it did not acknowledge it will get again.
 */
export function acknowledgedDeliveries(ack: MessageAck, parts: readonly Consumer[]): Delivery[][] {
  for (const part of parts) {
    const range = findRange(ack, part.inFlight)
    if (range.length === 0) continue
    return parts.length === 1 ? [range] : [range, ...countedElsewhere(ack, parts, range)]
  }
  return []
}

function findRange(ack: MessageAck, inFlight: InFlight): Delivery[] {
  const { lastMessageId, firstMessageId, ackType } = ack
  if (lastMessageId === null) return []
  if (ackType === AckType.individual) {
    const at = findFrom(inFlight, lastMessageId, 0)
    return at < 0 ? [] : slice(inFlight, at, at)
  }
  const first = firstMessageId === null ? 0 : findFrom(inFlight, firstMessageId, 0)
  if (first < 0) return []
  // Nearly always the range is whole, and its end where the count says.
  const guess = first + Math.max(ack.messageCount, 1) - 1
  const last = findFrom(inFlight, lastMessageId, guess)
  return last < first ? [] : slice(inFlight, first, last)
}

/** Position of a message in flight: `guess` is looked at first, then all from the oldest. */
function findFrom(inFlight: InFlight, id: MessageId, guess: number): number {
  const guessed = inFlight.at(guess)
  if (guessed !== undefined && isOf(guessed, id)) return guess
  let position = 0
  for (const delivery of inFlight) {
    if (isOf(delivery, id)) return position
    position++
  }
  return -1
}

function isOf(delivery: Delivery, id: MessageId): boolean {
  // Not decoded yet: it waits to be sent, so nobody can speak of it.
  const own = (delivery.decoded as MessageCommand | null | undefined)?.messageId ?? null
  if (own === null || own.producerSequenceId !== id.producerSequenceId) return false
  const producer = own.producerId
  const other = id.producerId
  if (producer === null || other === null || producer === other) return producer === other
  return (
    producer.value === other.value &&
    producer.sessionId === other.sessionId &&
    producer.connectionId === other.connectionId
  )
}

function slice(inFlight: InFlight, first: number, last: number): Delivery[] {
  const deliveries: Delivery[] = []
  for (let position = first; position <= last; position++) {
    const delivery = inFlight.at(position)
    if (delivery !== undefined) deliveries.push(delivery)
  }
  return deliveries
}

/**
 * A consumer of several destinations (as every Java client's own for advisories) counts what it got
 * from all of them, and names only the last: the rest of the count is the oldest of the others.
 */
function countedElsewhere(
  ack: MessageAck,
  parts: readonly Consumer[],
  range: readonly Delivery[],
): Delivery[][] {
  const found: Delivery[][] = []
  let missing = ack.ackType === AckType.individual ? 0 : ack.messageCount - range.length
  for (const part of parts) {
    if (missing <= 0 || part === range[0]?.consumer) continue
    const count = Math.min(missing, part.inFlight.length)
    if (count > 0) found.push(slice(part.inFlight, 0, count - 1))
    missing -= count
  }
  return found
}
