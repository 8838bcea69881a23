import type { ClientName, DestinationName } from '../../support/history/events.ts'
import type { ClientEnvironment } from './client-environment.ts'
import { FailoverConnection } from './failover-connection.ts'
import { OutgoingMessages } from './outgoing-messages.ts'
import type { PayloadSizes } from './outgoing-messages.ts'
import { Pauses } from './pauses.ts'
import type { Worker } from './worker.ts'

export interface Burst {
  /** Before a send, 0 to 1. */
  readonly chance: number
  readonly messages: number
  /** Between two of them, on average. */
  readonly everyMs: number
}

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
  /** Now and then it sends so many at once. */
  readonly burst?: Burst
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
  #burstLeft = 0
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
    const { window, messagesMax } = this.#options
    const { chance } = this.#environment
    await this.#connection.whenUp()
    while (!this.#isSettling && this.#messages.count < messagesMax) {
      await this.#pauses.wait(chance.between(0, 2 * this.#nextInMs()))
      while (this.#inFlight >= window) {
        await new Promise<void>((resolve) => void (this.#hasRoom = resolve))
      }
      if (!this.#isSettling) void this.#send()
    }
  }

  /** On average. */
  #nextInMs(): number {
    const { everyMs, pauseChance, pauseMs, burst } = this.#options
    const { chance } = this.#environment
    if (burst !== undefined && this.#burstLeft === 0 && chance.chance(burst.chance)) {
      this.#burstLeft = burst.messages
    }
    if (burst !== undefined && this.#burstLeft > 0) {
      this.#burstLeft--
      return burst.everyMs
    }
    return chance.chance(pauseChance) ? pauseMs : everyMs
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
