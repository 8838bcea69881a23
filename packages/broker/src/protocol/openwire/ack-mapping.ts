import { BrokerError } from '@quorate/core/base/errors'
import type { MessageAck, MessageId } from '@quorate/core/openwire/commands'
import type { AcknowledgeMode, Delivery, InFlight } from '../../engine/client.ts'

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
 * The deliveries that a MessageAck speaks of, in order. Empty when they are not in flight (any
 * more): a client that has just failed over may acknowledge what it got before, and what it did not
 * acknowledge it will get again.
 */
export function acknowledgedDeliveries(ack: MessageAck, inFlight: InFlight): Delivery[] {
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

/**
 * Whether these are just the deliveries that the acknowledgement speaks of. Without a first one it
 * means everything up to the last, however many it says.
 */
export function isAllOf(ack: MessageAck, { length }: readonly Delivery[]): boolean {
  if (ack.lastMessageId === null) return true
  if (ack.ackType === AckType.individual) return length === 1
  const count = Math.max(ack.messageCount, 1)
  return ack.firstMessageId === null ? length >= count : length === count
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
  // Without a key it waits to be sent, so nobody can speak of it.
  const own = (delivery.key as MessageId | null | undefined) ?? null
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
