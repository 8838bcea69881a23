import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/transport-node'
import { createInbox } from '@nats-io/transport-node'
import { fail } from './nats-fail.ts'

/** `{"stream":...` accepts, `{"error":...` refuses: the byte that tells, without parsing. */
const TELLING_BYTE = 2
const ACCEPTED = 's'.charCodeAt(0)

export interface PublisherOptions {
  readonly window: number
  /** A stream has the message that was sent so many milliseconds ago. */
  readonly confirmed: (tookMs: number) => void
}

/**
 * Publishes to streams and counts what they confirm. Leaner than the client's own `publish` of
 * JetStream, with its promise, timer and parsed answer for each message: all confirmations come to
 * one subscription, and the last token of their subject is the place in the window.
 */
export class Publisher {
  readonly #connection: NatsConnection
  readonly #options: PublisherOptions
  readonly #inbox = `${createInbox()}.`
  readonly #replies: readonly string[]
  readonly #sentMs: Float64Array
  readonly #free: number[]

  constructor(connection: NatsConnection, options: PublisherOptions) {
    this.#connection = connection
    this.#options = options
    const places = Array.from({ length: options.window }, (_, at) => at)
    this.#replies = places.map((at) => `${this.#inbox}${at}`)
    this.#sentMs = new Float64Array(options.window)
    this.#free = places
    connection.subscribe(`${this.#inbox}*`, { callback: (_, message) => this.#answered(message) })
  }

  get hasRoom(): boolean {
    return this.#free.length > 0
  }

  get unconfirmed(): number {
    return this.#options.window - this.#free.length
  }

  send(subject: string, body: Uint8Array, headers?: MsgHdrs): void {
    const place = this.#free.pop()
    const reply = place === undefined ? undefined : this.#replies[place]
    if (place === undefined || reply === undefined) throw new Error('the window is full')
    this.#sentMs[place] = performance.now()
    this.#connection.publish(subject, body, headers === undefined ? { reply } : { reply, headers })
  }

  #answered({ subject, data }: Msg): void {
    if (data[TELLING_BYTE] !== ACCEPTED) fail(`a send was refused: ${textOf(data)}`)
    const place = Number(subject.slice(this.#inbox.length))
    this.#free.push(place)
    this.#options.confirmed(performance.now() - (this.#sentMs[place] ?? Number.NaN))
  }
}

function textOf(data: Uint8Array): string {
  return data.length === 0 ? 'no stream took it' : new TextDecoder().decode(data)
}
