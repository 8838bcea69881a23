import { toBrokerError } from '@quorate/core/base/errors'
import type { BrokerError } from '@quorate/core/base/errors'
import { Deque } from '@quorate/core/base/deque'
import { decodeCanonical } from '@quorate/core/openwire/canonical-message'
import { create, isMessage } from '@quorate/core/openwire/commands'
import type {
  Command,
  DataStructure,
  Destination,
  MessageCommand,
} from '@quorate/core/openwire/commands'
import type { Delivery } from '../../engine/client.ts'
import { brokerSequence } from './dispatch-sequence.ts'
import { DISPATCH_BYTES_MAX } from './limits.ts'
import type { WireConsumer } from './session-table.ts'
import { isComposite, wireDestination } from './wire-destination.ts'

/** Where encoded commands go: the link to the peer. */
export interface CommandOutput {
  /** Bytes that wait for the peer. */
  readonly outboundBytes: number
  /** Encodes a command behind those before it. Throws when the peer's format cannot carry it. */
  encode(command: Command): void
  /** The same for commands that every format can carry. */
  send(command: Command): void
}

export interface DeliveryWriterOptions {
  readonly output: CommandOutput
  /** Wall-clock milliseconds. */
  readonly wallMs: () => number
  /** Told of a delivery that this peer cannot be sent; called while writing. */
  readonly undeliverable: (delivery: Delivery, error: BrokerError) => void
}

interface Held {
  readonly consumer: WireConsumer
  /** null: the end of a browse or of a pull. */
  readonly delivery: Delivery | null
}

/**
 * Turns deliveries into MessageDispatch commands. While the peer does not read, deliveries are held
 * back as they are: encoded they would be copies, and there may be a whole prefetch of them.
 */
export class DeliveryWriter {
  readonly #options: DeliveryWriterOptions
  readonly #held = new Deque<Held>()
  // One command for all: it is encoded before the next one needs it.
  readonly #dispatch = create('MessageDispatch')

  constructor(options: DeliveryWriterOptions) {
    this.#options = options
  }

  get heldCount(): number {
    return this.#held.length
  }

  write(consumer: WireConsumer, deliveries: readonly Delivery[]): void {
    const nowMs = this.#options.wallMs()
    for (const delivery of deliveries) {
      if (this.#mustHold()) this.#held.push({ consumer, delivery })
      else this.#encode(consumer, delivery, nowMs)
    }
  }

  /** The end of a browse, or of a pull that found nothing: a dispatch without a message. */
  writeEnd(consumer: WireConsumer): void {
    if (this.#mustHold()) this.#held.push({ consumer, delivery: null })
    else this.#encodeEnd(consumer)
  }

  /** Writes what was held back, as far as the peer takes it. */
  drain(): void {
    const nowMs = this.#options.wallMs()
    while (this.#held.length > 0 && this.#options.output.outboundBytes < DISPATCH_BYTES_MAX) {
      const { consumer, delivery } = this.#held.shift() as Held
      // The engine has taken back what was in flight to a consumer that is gone.
      if (consumer.closed) continue
      if (delivery === null) this.#encodeEnd(consumer)
      else this.#encode(consumer, delivery, nowMs)
    }
  }

  #mustHold(): boolean {
    return this.#held.length > 0 || this.#options.output.outboundBytes >= DISPATCH_BYTES_MAX
  }

  #encode(consumer: WireConsumer, delivery: Delivery, nowMs: number): void {
    const dispatch = this.#dispatch
    try {
      const message = decodedMessage(delivery)
      // A topic's message is shared with other connections; each stamps it right before encoding.
      if (message.messageId !== null) message.messageId.brokerSequenceId = brokerSequence(delivery)
      message.redeliveryCounter = delivery.redeliveries
      message.brokerOutTime = nowMs
      dispatch.consumerId = consumer.id
      dispatch.destination = wireDestination(delivery.destination)
      dispatch.message = isComposite(message.destination)
        ? addressed(message, dispatch.destination)
        : message
      dispatch.redeliveryCounter = delivery.redeliveries
      this.#options.output.encode(dispatch)
      delivery.key = message.messageId
      delivery.sent()
    } catch (error) {
      this.#options.undeliverable(delivery, toBrokerError(error))
    } finally {
      dispatch.message = null
    }
  }

  #encodeEnd(consumer: WireConsumer): void {
    const dispatch = this.#dispatch
    dispatch.consumerId = consumer.id
    dispatch.destination = null
    dispatch.message = null
    dispatch.redeliveryCounter = 0
    this.#options.output.send(dispatch)
  }
}

/** A message that was sent to several destinations comes to its consumer from one of them. */
function addressed(message: MessageCommand, destination: Destination): MessageCommand {
  return { ...message, destination, originalDestination: message.destination }
}

function decodedMessage(delivery: Delivery): MessageCommand {
  const { decoded } = delivery
  if (typeof decoded === 'object' && isMessage(decoded as DataStructure | null)) {
    return decoded as MessageCommand
  }
  return decodeCanonical(delivery.body)
}
