import { createInbox } from '@nats-io/transport-node'
import { fail } from './nats-fail.ts'
import type { ConsumerPlace } from './nats-jetstream.ts'
import type { WireMessage } from './nats-parser.ts'
import type { WireConnection } from './nats-wire.ts'

const ACKNOWLEDGEMENT = Buffer.from('+ACK')

export interface ReceiverOptions extends ConsumerPlace {
  /** Messages that one request asks for. */
  readonly prefetch: number
  readonly arrived: (message: WireMessage) => void
}

/**
 * Pulls from a consumer: two requests are under way, and the next one is made when the first is
 * served, so that the server never waits for one. How many may be unacknowledged is the consumer's
 * own setting.
 */
export class Receiver {
  readonly #connection: WireConnection
  readonly #options: ReceiverOptions
  readonly #inbox = createInbox()
  readonly #request: Buffer
  #arrived = 0

  constructor(connection: WireConnection, options: ReceiverOptions) {
    this.#connection = connection
    this.#options = options
    this.#request = Buffer.from(JSON.stringify({ batch: options.prefetch }))
    connection.subscribe(this.#inbox, (message) => this.#onMessage(message))
    this.#pull()
    this.#pull()
  }

  acknowledge(message: WireMessage): void {
    this.#connection.publish({ subject: replyOf(message), body: ACKNOWLEDGEMENT })
  }

  /** Answers when the consumer's replicas have the acknowledgement. */
  async acknowledgeConfirmed(message: WireMessage): Promise<void> {
    const reply = createInbox()
    await new Promise<void>((resolve) => {
      this.#connection.subscribe(reply, ({ headers }) => {
        if (headers !== null) fail(`nobody took an acknowledgement: ${headers}`)
        resolve()
      })
      this.#connection.publish({ subject: replyOf(message), body: ACKNOWLEDGEMENT, reply })
    })
  }

  #onMessage(message: WireMessage): void {
    // A message is on its own subject and has where to acknowledge it; anything else is a status.
    if (message.reply === null) fail(`nothing more is sent: ${message.headers ?? ''}`)
    if (++this.#arrived % this.#options.prefetch === 0) this.#pull()
    this.#options.arrived(message)
  }

  #pull(): void {
    const { stream, consumer } = this.#options
    this.#connection.publish({
      subject: `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
      body: this.#request,
      reply: this.#inbox,
    })
  }
}

function replyOf({ reply, subject }: WireMessage): string {
  if (reply === null) throw new Error(`nothing to acknowledge: ${subject}`)
  return reply
}
