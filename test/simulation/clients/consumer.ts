import { create } from '@quorate/core/openwire/commands'
import type { ClientName, DestinationName } from '../../support/history/events.ts'
import type { ClientEnvironment } from './client-environment.ts'
import { FailoverConnection } from './failover-connection.ts'
import { OpenConsumer } from './open-consumer.ts'
import type { Delivery } from './open-consumer.ts'
import { Pauses } from './pauses.ts'
import type { Worker } from './worker.ts'

/**
 * How a consumer goes away for a while: it closes its consumer; its whole connection; it vanishes
 * without a word; it closes its consumer and gives up its durable subscription.
 */
export type Leave = 'consumer' | 'connection' | 'crash' | 'unsubscribe'

export interface ConsumerOptions {
  readonly name: ClientName
  readonly destination: DestinationName
  readonly prefetch: number
  /** Nobody else receives from there. */
  readonly isAlone?: boolean
  /** Name of the durable subscription; the client's name is its client id. */
  readonly subscription?: string
  readonly isExclusive?: boolean
  readonly isGentle?: boolean
  /** It takes messages one after the other; what it has not taken when it goes it has not had. */
  readonly takesOneByOne?: boolean
  readonly acknowledges: 'individually' | 'upTo' | 'either'
  /** Before each acknowledgement, on average. */
  readonly workMs: number
  /** Of leaving everything unacknowledged for a while, before each acknowledgement. */
  readonly holdChance: number
  readonly holdMs: number
  /** Of going away before an acknowledgement, so that messages go back. */
  readonly leaveChance: number
  readonly leaves: readonly Leave[]
  readonly awayMs: number
}

/** Of those who take messages one by one. */
const TAKEN_AT_ONCE_MAX = 3
/** Before a refused consumer is opened again. */
const OPEN_AGAIN_MS = 200

/**
 * Takes messages from a queue or a durable subscription, acknowledges them sooner or later, and
 * leaves and comes back as its options say. Every arrival is a receipt.
 */
export class Consumer implements Worker {
  readonly name: ClientName
  readonly #environment: ClientEnvironment
  readonly #options: ConsumerOptions
  readonly #pauses: Pauses
  #connections = 0
  #connection: FailoverConnection
  #consumer: OpenConsumer | null = null
  /** At hand, and not taken yet. */
  #prefetched: Delivery[] = []
  #unacknowledged: Delivery[] = []
  #acknowledging = 0
  #isOpen = false
  #isSettling = false
  #isOver = false
  #arrival: (() => void) | null = null

  constructor(environment: ClientEnvironment, options: ConsumerOptions) {
    this.name = options.name
    this.#environment = environment
    this.#options = options
    this.#pauses = new Pauses(environment.clock)
    this.#connection = this.#connect()
    void this.#run()
  }

  get isIdle(): boolean {
    const isListening = this.#isOpen && this.#connection.isUp
    const atHand = this.#prefetched.length + this.#unacknowledged.length
    return isListening && atHand === 0 && this.#acknowledging === 0
  }

  settle(): void {
    this.#isSettling = true
    this.#pauses.cut()
  }

  async close(): Promise<void> {
    this.#isOver = true
    this.#pauses.end()
    this.#arrival?.()
    await this.#connection.close()
  }

  async #run(): Promise<void> {
    const { chance } = this.#environment
    const { workMs, holdChance, holdMs, leaveChance } = this.#options
    await this.#open()
    while (!this.#isOver) {
      this.#takeSome()
      if (this.#unacknowledged.length === 0) {
        await new Promise<void>((resolve) => void (this.#arrival = resolve))
        continue
      }
      await this.#pauses.wait(chance.between(0, 2 * workMs))
      if (this.#moodFor(holdChance)) await this.#pauses.wait(chance.between(0, 2 * holdMs))
      if (this.#moodFor(leaveChance)) await this.#leave()
      this.#acknowledge()
    }
  }

  #takeSome(): void {
    if (this.#prefetched.length === 0) return
    const count = this.#environment.chance.integer(1, TAKEN_AT_ONCE_MAX)
    for (const delivery of this.#prefetched.splice(0, count)) this.#take(delivery)
  }

  #take(delivery: Delivery): void {
    this.#consumer?.recordReceipt(delivery)
    this.#unacknowledged.push(delivery)
  }

  #moodFor(probability: number): boolean {
    return !this.#isSettling && this.#environment.chance.chance(probability)
  }

  #acknowledge(): void {
    const { acknowledges } = this.#options
    const { chance } = this.#environment
    const count = this.#unacknowledged.length
    const consumer = this.#consumer
    if (count === 0 || consumer === null || this.#isOver) return
    const isIndividual =
      acknowledges === 'individually' || (acknowledges === 'either' && chance.chance(0.5))
    // Mostly the oldest, as applications do; but any is allowed.
    const at = chance.chance(0.7) ? 0 : chance.integer(0, count - 1)
    const answer = isIndividual
      ? consumer.acknowledge(this.#unacknowledged.splice(at, 1)[0] as Delivery)
      : consumer.acknowledgeUpTo(
          this.#unacknowledged.splice(0, chance.chance(0.3) ? count : at + 1),
        )
    this.#acknowledging++
    void answer.then(() => this.#acknowledging--)
  }

  #connect(): FailoverConnection {
    const { name, isGentle, subscription } = this.#options
    const serial = this.#connections++
    const connection = new FailoverConnection(this.#environment, {
      client: serial === 0 ? name : `${name}.${serial}`,
      isGentle: isGentle === true,
      ...(subscription === undefined ? {} : { clientId: name }),
    })
    connection.listen({
      interrupted: () => {
        if (connection === this.#connection) this.#forget()
      },
    })
    return connection
  }

  #newConsumer(): OpenConsumer {
    const { name, destination, prefetch, isAlone, isExclusive, subscription } = this.#options
    return new OpenConsumer(this.#environment, this.#connection, {
      destination,
      prefetch,
      isAlone: isAlone === true || subscription !== undefined,
      isExclusive: isExclusive === true,
      ...(subscription === undefined
        ? {}
        : { subscription: { clientId: name, name: subscription } }),
    })
  }

  /** Until the broker takes it. */
  async #open(): Promise<void> {
    while (!this.#isOver) {
      const consumer = this.#newConsumer()
      this.#consumer = consumer
      const answer = await consumer.open((delivery) => {
        if (this.#options.takesOneByOne === true) this.#prefetched.push(delivery)
        else this.#take(delivery)
        this.#arrival?.()
      })
      this.#isOpen = answer.kind === 'ok'
      if (this.#isOpen) return
      await this.#pauses.wait(OPEN_AGAIN_MS)
    }
  }

  async #leave(): Promise<void> {
    const { chance } = this.#environment
    const { leaves, awayMs } = this.#options
    this.#isOpen = false
    const how = leaves.length === 0 ? 'consumer' : chance.pick(leaves)
    const last = this.#unacknowledged.at(-1)
    this.#forget()
    if (how === 'crash') this.#connection.abort()
    else await this.#consumer?.close(last)
    if (how === 'unsubscribe') await this.#unsubscribe()
    if (how === 'connection') await this.#connection.close()
    await this.#pauses.wait(chance.between(0, 2 * awayMs))
    if (this.#isOver) return
    if (this.#connection.isClosed) this.#connection = this.#connect()
    await this.#open()
  }

  #forget(): void {
    this.#prefetched = []
    this.#unacknowledged = []
  }

  async #unsubscribe(): Promise<void> {
    const { name: clientId, subscription = '' } = this.#options
    const { recorder } = this.#connection
    const op = recorder.invoke({
      type: 'unsubscribe',
      subscription: `${clientId}/${subscription}`,
    })
    const answer = await this.#connection.request(
      create('RemoveSubscriptionInfo', { clientId, subcriptionName: subscription }),
      'resend',
    )
    // Asked for a second time, there is no such subscription any more.
    const isGone = answer.kind === 'refused' && answer.isRepeated && answer.text.includes(NO_SUCH)
    recorder.answered(op, isGone ? { kind: 'ok' } : answer)
    if (answer.kind === 'refused' && !isGone) this.#environment.surprised(answer.text)
  }
}

const NO_SUCH = 'InvalidDestinationException'
