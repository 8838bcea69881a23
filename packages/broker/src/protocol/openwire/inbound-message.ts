import { BrokerError } from '@quorate/core/base/errors'
import type { DestinationName } from '@quorate/core/model/destination'
import { longToNumber } from '@quorate/core/openwire/commands'
import type { MessageCommand } from '@quorate/core/openwire/commands'
import type { Message } from '../../engine/client.ts'
import type { Claim } from './large-frame-budget.ts'
import type { WireProducer } from './session-table.ts'

/** Highest JMS priority; what is above counts as this. */
const PRIORITY_MAX = 9

/** What an ActiveMQ client counts for every message beside its content and properties, in bytes. */
const MESSAGE_OVERHEAD_BYTES = 1024

/** A message from a client, as the engine takes it. */
export class InboundMessage implements Message {
  readonly producer: string
  readonly producerSequence: number
  readonly destination: DestinationName
  readonly persistent: boolean
  readonly priority: number
  readonly expirationMs: number
  body: Buffer
  readonly paced: boolean
  decoded: unknown
  /** Whoever waits for a ProducerAck; null when nobody does. */
  readonly acknowledgeTo: WireProducer | null
  /** The size that the ProducerAck gives back; 0 when there will be none. */
  readonly windowBytes: number
  /** The room of the large frame that it came in, until it is answered. */
  room: Claim | null = null

  constructor(command: MessageCommand, envelope: Envelope) {
    this.producer = envelope.producer
    this.producerSequence = Math.max(0, longToNumber(command.messageId?.producerSequenceId ?? 0))
    this.destination = envelope.destination
    this.persistent = command.persistent
    this.priority = Math.min(Math.max(command.priority, 0), PRIORITY_MAX)
    this.expirationMs = Math.max(0, longToNumber(command.expiration))
    this.body = envelope.body
    this.paced = envelope.paced
    this.decoded = command
    this.acknowledgeTo = envelope.acknowledgeTo
    this.windowBytes = envelope.acknowledgeTo === null ? 0 : windowBytes(command)
  }
}

export interface Envelope {
  readonly producer: string
  readonly destination: DestinationName
  readonly body: Buffer
  /** Its sender waits for a Response or for a ProducerAck. */
  readonly paced: boolean
  readonly acknowledgeTo: WireProducer | null
}

/** The size that the sender counts against its producer window, and gets back by ProducerAck. */
export function windowBytes(command: MessageCommand): number {
  const { content, marshalledProperties } = command
  return MESSAGE_OVERHEAD_BYTES + (content?.length ?? 0) + (marshalledProperties?.length ?? 0)
}

/**
 * Makes a message that has just arrived ours: what described its way here goes, what the broker
 * stamps comes. Must be done before it is encoded for the store.
 */
export function stampArrival(command: MessageCommand, nowMs: number): void {
  if (command.messageId === null) {
    throw new BrokerError('PROTOCOL_VIOLATION', 'a message lacks its message id')
  }
  command.commandId = 0
  command.responseRequired = false
  command.targetConsumerId = null
  command.redeliveryCounter = 0
  command.arrival = nowMs
  command.brokerInTime = nowMs
  command.brokerOutTime = 0
}
