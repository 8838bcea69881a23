import { createInbox } from '@nats-io/transport-node'
import { fail } from './nats-fail.ts'
import type { WireMessage } from './nats-parser.ts'
import type { WireConnection } from './nats-wire.ts'

/** `{"stream":...` accepts, `{"error":...` refuses: the byte that tells, without parsing. */
const TELLING_BYTE = 2
const ACCEPTED = 's'.charCodeAt(0)

export interface PublisherOptions {
  readonly window: number
  /** A stream has the message that was sent so many milliseconds ago. */
  readonly confirmed: (tookMs: number) => void
}

/**
 * Publishes to streams and counts what they confirm. All confirmations come to one subscription,
 * and the last token of their subject is the place in the window.
 */
export class Publisher {
  readonly #connection: WireConnection
  readonly #options: PublisherOptions
  readonly #inbox = `${createInbox()}.`
  readonly #replies: readonly string[]
  readonly #sentMs: Float64Array
  readonly #free: number[]

  constructor(connection: WireConnection, options: PublisherOptions) {
    this.#connection = connection
    this.#options = options
    const places = Array.from({ length: options.window }, (_, at) => at)
    this.#replies = places.map((at) => `${this.#inbox}${at}`)
    this.#sentMs = new Float64Array(options.window)
    this.#free = places
    connection.subscribe(`${this.#inbox}*`, (message) => this.#answered(message))
  }

  get hasRoom(): boolean {
    return this.#free.length > 0
  }

  /** `headers`: lines of them. */
  send(subject: string, body: Uint8Array, headers?: string): void {
    const place = this.#free.pop()
    const reply = place === undefined ? undefined : this.#replies[place]
    if (place === undefined || reply === undefined) throw new Error('the window is full')
    this.#sentMs[place] = performance.now()
    this.#connection.publish({
      subject,
      body,
      reply,
      ...(headers === undefined ? {} : { headers }),
    })
  }

  #answered({ subject, data, headers }: WireMessage): void {
    if (data[TELLING_BYTE] !== ACCEPTED) {
      fail(`a send was refused: ${headers ?? ''}${data.toString()}`)
    }
    const place = Number(subject.slice(this.#inbox.length))
    this.#free.push(place)
    this.#options.confirmed(performance.now() - (this.#sentMs[place] ?? Number.NaN))
  }
}
