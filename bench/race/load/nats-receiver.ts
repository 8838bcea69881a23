import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { createInbox } from '@nats-io/transport-node'
import { fail } from './nats-fail.ts'
import type { ConsumerPlace } from './nats-jetstream.ts'

const ACKNOWLEDGEMENT = new TextEncoder().encode('+ACK')

export interface ReceiverOptions extends ConsumerPlace {
  /** Messages that are asked for and not here yet, at most. */
  readonly prefetch: number
  readonly arrived: (message: Msg) => void
}

/**
 * Pulls from a consumer: two requests are under way, and the next one is made when the first is
 * served, so that the server never waits for one.
 */
export class Receiver {
  readonly #connection: NatsConnection
  readonly #options: ReceiverOptions
  readonly #inbox = createInbox()
  readonly #batch: number
  readonly #request: string
  #arrived = 0

  constructor(connection: NatsConnection, options: ReceiverOptions) {
    this.#connection = connection
    this.#options = options
    this.#batch = Math.max(1, Math.floor(options.prefetch / 2))
    this.#request = JSON.stringify({ batch: this.#batch })
    connection.subscribe(this.#inbox, { callback: (_, message) => this.#onMessage(message) })
    this.#pull()
    if (options.prefetch > 1) this.#pull()
  }

  acknowledge(message: Msg): void {
    this.#connection.publish(replyOf(message), ACKNOWLEDGEMENT)
  }

  /** Answers when the consumer's replicas have the acknowledgement. */
  async acknowledgeConfirmed(message: Msg): Promise<void> {
    await this.#connection.request(replyOf(message), ACKNOWLEDGEMENT)
  }

  #onMessage(message: Msg): void {
    if (message.headers !== undefined && message.headers.code !== 0) {
      const { code, description } = message.headers
      fail(`the consumer sends nothing more: ${code} ${description}`)
    }
    if (++this.#arrived % this.#batch === 0) this.#pull()
    this.#options.arrived(message)
  }

  #pull(): void {
    const { stream, consumer } = this.#options
    this.#connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, this.#request, {
      reply: this.#inbox,
    })
  }
}

function replyOf(message: Msg): string {
  if (message.reply === undefined) throw new Error(`nothing to acknowledge: ${message.subject}`)
  return message.reply
}
