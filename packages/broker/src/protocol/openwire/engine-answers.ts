import type { BrokerError } from '@quorate/core/base/errors'
import { create } from '@quorate/core/openwire/commands'
import { NO_RECEIPT } from '../../engine/client.ts'
import type { ClientSink, Consumer, Delivery, Receipt } from '../../engine/client.ts'
import type { OpenWireClient } from './openwire-client.ts'
import { isSilent } from './receipt-book.ts'
import type { WireConsumer } from './session-table.ts'

/** The engine's way to one client: each call becomes the command that says it in OpenWire. */
export class EngineAnswers implements ClientSink {
  readonly #client: OpenWireClient

  constructor(client: OpenWireClient) {
    this.#client = client
  }

  dispatch(consumer: Consumer, deliveries: readonly Delivery[]): void {
    const { deliveries: writer } = this.#client
    writer.write(wireConsumerOf(consumer), deliveries)
    if (writer.heldCount > 0) this.#client.setWritable(false)
  }

  confirm(receipt: Receipt): void {
    if (receipt === NO_RECEIPT) return
    const client = this.#client
    const message = client.receipts.take(receipt)
    if (message === undefined) return
    client.acknowledgeSend(message)
    if (!isSilent(receipt)) client.respond(receipt)
    client.relax()
  }

  reject(receipt: Receipt, error: BrokerError): void {
    const client = this.#client
    if (receipt !== NO_RECEIPT) {
      const message = client.receipts.take(receipt)
      if (message === undefined) return
      // A refused message occupies the window no more: with enough of them the sender would stall.
      client.acknowledgeSend(message)
    }
    client.fail(isSilent(receipt) ? NO_RECEIPT : receipt, error)
    client.relax()
  }

  endOfMessages(consumer: Consumer): void {
    this.#client.deliveries.writeEnd(wireConsumerOf(consumer))
  }

  consumerEnded(consumer: Consumer, reason: BrokerError): void {
    const wire = wireConsumerOf(consumer)
    if (wire.closed) return
    this.#client.table.removeConsumer(wire)
    this.#client.send(create('ConsumerControl', { consumerId: wire.id, close: true }))
    this.#client.fail(NO_RECEIPT, reason)
  }

  close(reason: BrokerError): void {
    this.#client.link.destroy(reason)
  }

  pause(): void {
    this.#client.link.brake('engine', true)
  }

  resume(): void {
    this.#client.link.brake('engine', false)
  }

  flush(): void {
    this.#client.link.flush()
  }
}

/** The adapter names its consumer in the options of each subscription. */
function wireConsumerOf(consumer: Consumer): WireConsumer {
  return consumer.options.info as WireConsumer
}
