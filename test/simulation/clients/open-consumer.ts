import { create } from '@quorate/core/openwire/commands'
import type {
  ConsumerId,
  ConsumerInfo,
  LocalTransactionId,
  MessageDispatch,
  MessageId,
} from '@quorate/core/openwire/commands'
import { longToNumber } from '@quorate/core/openwire/commands'
import type {
  Call,
  ConsumerName,
  DestinationName,
  MessageName,
} from '../../support/history/events.ts'
import type { ClientEnvironment } from './client-environment.ts'
import type { Answer, FailoverConnection } from './failover-connection.ts'
import { wireDestination } from './outgoing-messages.ts'
import { decodePayload } from './payload.ts'

const emptyAck = create('MessageAck')

/** `MessageAck.ackType`. */
const AckType = { standard: 2, individual: 4 } as const

/** RemoveInfo.lastDeliveredSequenceId: nothing was delivered; all that is under way counts. */
const NOTHING = -1
const UNKNOWN = -2

/** A message that was given to a consumer and that nobody acknowledged yet. */
export interface Delivery {
  readonly name: MessageName
  readonly id: MessageId
  /** Broker sequence: how a consumer that closes says how far it got. */
  readonly sequence: number
  readonly isRedelivered: boolean
}

export interface ConsumerSource {
  readonly destination: DestinationName
  /** Name of a durable subscription of the connection's client id. */
  readonly subscription?: { readonly clientId: string; readonly name: string }
  readonly isExclusive?: boolean
  readonly prefetch: number
  /**
   * Nobody else receives from there. Only then a consumer that closes says how far it got: what it
   * has not seen goes back without a flag, and another consumer, which is further already, would
   * rightly get it out of order.
   */
  readonly isAlone?: boolean
}

/** One consumer from its opening to its end, through all reconnections of its connection. */
export class OpenConsumer {
  readonly name: ConsumerName
  /** Queue or durable subscription, as histories name it. */
  readonly source: string
  readonly #environment: ClientEnvironment
  readonly #connection: FailoverConnection
  readonly #from: ConsumerSource
  readonly #id: ConsumerId
  readonly #info: ConsumerInfo
  #isClosed = false

  constructor(
    environment: ClientEnvironment,
    connection: FailoverConnection,
    from: ConsumerSource,
  ) {
    const { subscription, destination, prefetch, isExclusive } = from
    this.#environment = environment
    this.#connection = connection
    this.#from = from
    this.#id = connection.nextConsumerId()
    this.name = `${connection.recorder.client}/${longToNumber(this.#id.value)}`
    this.source = subscriptionText(from) ?? destination
    this.#info = create('ConsumerInfo', {
      consumerId: this.#id,
      destination: wireDestination(destination),
      prefetchSize: prefetch,
      exclusive: isExclusive === true,
      subscriptionName: subscription?.name ?? null,
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** `delivered` is called in the order of dispatch, and must record the receipt. */
  async open(delivered: (delivery: Delivery) => void): Promise<Answer> {
    const call = this.#openingCall()
    const { recorder } = this.#connection
    const op = call === null ? null : recorder.invoke(call)
    const answer = await this.#connection.openConsumer(this.#info, (dispatch) => {
      const delivery = this.#deliveryOf(dispatch)
      if (delivery !== null) delivered(delivery)
    })
    if (op !== null) recorder.answered(op, answer)
    if (answer.kind === 'refused') this.#environment.surprised(`${this.name}: ${answer.text}`)
    return answer
  }

  recordReceipt(delivery: Delivery, tx?: string): void {
    const subscription = subscriptionText(this.#from)
    this.#connection.recorder.received({
      consumer: this.name,
      message: delivery.name,
      destination: this.#from.destination,
      redelivered: delivery.isRedelivered,
      ...(subscription === undefined ? {} : { subscription }),
      ...(tx === undefined ? {} : { tx }),
    })
  }

  /** `lastReceived`: the newest of those received and not acknowledged. */
  async close(lastReceived: Delivery | undefined): Promise<void> {
    this.#isClosed = true
    const { recorder } = this.#connection
    const op = recorder.invoke({ type: 'close', consumer: this.name })
    const last = this.#from.isAlone === true ? (lastReceived?.sequence ?? NOTHING) : UNKNOWN
    const answer = await this.#connection.closeConsumer(this.#id, last)
    recorder.answered(op, answer)
  }

  acknowledge(delivery: Delivery): Promise<Answer> {
    return this.#acknowledge('individual', [delivery])
  }

  /** All of them, oldest first: everything that is with the consumer up to the last of them. */
  acknowledgeUpTo(deliveries: readonly Delivery[]): Promise<Answer> {
    return this.#acknowledge('upTo', deliveries)
  }

  /** As acknowledgeUpTo, as a part of a transaction. */
  async acknowledgeIn(
    transaction: { readonly id: LocalTransactionId; readonly name: string },
    deliveries: readonly Delivery[],
  ): Promise<Answer> {
    const op = this.#connection.recorder.invoke({
      type: 'ack',
      mode: 'transacted',
      consumer: this.name,
      source: this.source,
      messages: deliveries.map(({ name }) => name),
      tx: transaction.name,
    })
    const answer = await this.#request(AckType.standard, deliveries, transaction.id)
    this.#connection.recorder.answered(op, answer)
    return answer
  }

  async #acknowledge(
    mode: 'individual' | 'upTo',
    deliveries: readonly Delivery[],
  ): Promise<Answer> {
    const last = deliveries.at(-1)
    const { recorder } = this.#connection
    const { name: consumer, source } = this
    const messages = last === undefined ? [] : [last.name]
    const op = recorder.invoke({ type: 'ack', mode, consumer, source, messages })
    const type = mode === 'upTo' ? AckType.standard : AckType.individual
    const answer = await this.#request(type, deliveries, null)
    recorder.answered(op, answer)
    if (answer.kind === 'refused') this.#environment.surprised(`${consumer}: ${answer.text}`)
    return answer
  }

  #request(
    ackType: number,
    deliveries: readonly Delivery[],
    transactionId: LocalTransactionId | null,
  ): Promise<Answer> {
    const command = {
      ...emptyAck,
      consumerId: this.#id,
      destination: this.#info.destination,
      transactionId,
      ackType,
      firstMessageId: deliveries[0]?.id ?? null,
      lastMessageId: deliveries.at(-1)?.id ?? null,
      messageCount: deliveries.length,
    }
    // Of no use on another connection: the messages come again there.
    return this.#connection.request(command, 'forget')
  }

  /** Not every opening matters to a history. */
  #openingCall(): Call | null {
    const { name: consumer, source } = this
    const { destination, isExclusive, subscription } = this.#from
    if (subscription !== undefined) return { type: 'subscribe', subscription: source, destination }
    return isExclusive === true ? { type: 'open', consumer, source, exclusive: true } : null
  }

  #deliveryOf({ message, redeliveryCounter }: MessageDispatch): Delivery | null {
    const id = message?.messageId
    const name = message == null ? null : decodePayload(message.content)
    if (id == null || name === null) {
      this.#environment.surprised(`${this.name} was given a damaged message`)
      return null
    }
    const sequence = longToNumber(id.brokerSequenceId)
    return { name, id, sequence, isRedelivered: redeliveryCounter > 0 }
  }
}

function subscriptionText({ subscription }: ConsumerSource): string | undefined {
  return subscription === undefined ? undefined : `${subscription.clientId}/${subscription.name}`
}
