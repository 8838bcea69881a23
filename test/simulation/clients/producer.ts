import type { ClientName, DestinationName } from '../../support/history/events.ts'
import type { ClientEnvironment } from './client-environment.ts'
import { FailoverConnection } from './failover-connection.ts'
import { OutgoingMessages } from './outgoing-messages.ts'
import type { PayloadSizes } from './outgoing-messages.ts'
import { Pauses } from './pauses.ts'
import type { Worker } from './worker.ts'

export interface ProducerOptions {
  readonly name: ClientName
  readonly destination: DestinationName
  /** Sends that may be unanswered at a time. */
  readonly window: number
  /** Between two sends, on average. */
  readonly everyMs: number
  /** Of a longer silence before a send, 0 to 1. */
  readonly pauseChance: number
  readonly pauseMs: number
  readonly sizes: PayloadSizes
  /** After so many it rests. */
  readonly messagesMax: number
}

/** Sends persistent messages, one after the other or several at a time. */
export class Producer implements Worker {
  readonly name: ClientName
  readonly #environment: ClientEnvironment
  readonly #options: ProducerOptions
  readonly #connection: FailoverConnection
  readonly #messages: OutgoingMessages
  readonly #pauses: Pauses
  #inFlight = 0
  #isSettling = false
  #hasRoom: (() => void) | null = null

  constructor(environment: ClientEnvironment, options: ProducerOptions) {
    this.name = options.name
    this.#environment = environment
    this.#options = options
    this.#connection = new FailoverConnection(environment, { client: options.name })
    this.#pauses = new Pauses(environment.clock)
    this.#messages = new OutgoingMessages(options.name, {
      producerId: this.#connection.addProducer(),
      destination: options.destination,
      sizes: options.sizes,
      chance: environment.chance,
    })
    void this.#run()
  }

  get isIdle(): boolean {
    return this.#isSettling && this.#inFlight === 0
  }

  settle(): void {
    this.#isSettling = true
    this.#pauses.end()
  }

  async close(): Promise<void> {
    this.settle()
    await this.#connection.close()
  }

  async #run(): Promise<void> {
    const { everyMs, pauseChance, pauseMs, window, messagesMax } = this.#options
    const { chance } = this.#environment
    await this.#connection.whenUp()
    while (!this.#isSettling && this.#messages.count < messagesMax) {
      const mood = chance.chance(pauseChance) ? pauseMs : everyMs
      await this.#pauses.wait(chance.between(0, 2 * mood))
      while (this.#inFlight >= window) {
        await new Promise<void>((resolve) => void (this.#hasRoom = resolve))
      }
      if (!this.#isSettling) void this.#send()
    }
  }

  async #send(): Promise<void> {
    const { recorder } = this.#connection
    const { destination } = this.#options
    const { name, command } = this.#messages.next()
    const op = recorder.invoke({ type: 'send', message: name, destination })
    this.#inFlight++
    const answer = await this.#connection.request(command, 'resend')
    this.#inFlight--
    recorder.answered(op, answer)
    if (answer.kind === 'refused') this.#environment.surprised(`${name}: ${answer.text}`)
    this.#hasRoom?.()
  }
}
