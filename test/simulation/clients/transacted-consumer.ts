import type { ClientName, DestinationName } from '../../support/history/events.ts'
import type { ClientEnvironment } from './client-environment.ts'
import { ClientTransaction } from './client-transaction.ts'
import { FailoverConnection } from './failover-connection.ts'
import type { Answer } from './failover-connection.ts'
import { OpenConsumer } from './open-consumer.ts'
import type { Delivery } from './open-consumer.ts'
import { OutgoingMessages } from './outgoing-messages.ts'
import type { PayloadSizes } from './outgoing-messages.ts'
import { Pauses } from './pauses.ts'
import type { Worker } from './worker.ts'

export interface TransactedConsumerOptions {
  readonly name: ClientName
  readonly destination: DestinationName
  readonly prefetch: number
  /** Nobody else receives from there. */
  readonly isAlone?: boolean
  /** Messages of the largest transaction. */
  readonly sizeMax: number
  /** For each message, on average. */
  readonly workMs: number
  readonly rollbackChance: number
  /** Of closing the consumer after a rollback, so that the broker gives its messages again. */
  readonly reopenChance: number
  /**
   * What it had taken when its connection was lost it takes again out of its own memory, in its own
   * order, whether or not the next broker gives it: ActiveMQ's client does so.
   */
  readonly redeliversItself: boolean
  /** Where each message is answered, in the same transaction. */
  readonly forward?: { readonly destination: DestinationName; readonly sizes: PayloadSizes }
}

/** A message in the client's memory. */
interface Held {
  readonly delivery: Delivery
  /** It was taken before, and rolled back. */
  readonly isReturned: boolean
  /**
   * The connection that it came over, by its generation: of an earlier one, who knows whose it is.
   */
  readonly generation: number
  /** Ascending in the order of deliveries. */
  readonly place: number
}

const OPEN_AGAIN_MS = 200

/**
 * Takes messages in transactions: what it takes it acknowledges, and perhaps answers, and all of
 * that is committed or not. A receipt is when it takes a message, for only then it has a
 * transaction; what was rolled back it takes again, as applications of JMS do.
 */
export class TransactedConsumer implements Worker {
  readonly name: ClientName
  readonly #environment: ClientEnvironment
  readonly #options: TransactedConsumerOptions
  readonly #connection: FailoverConnection
  readonly #outgoing: OutgoingMessages | null
  readonly #pauses: Pauses
  #consumer: OpenConsumer
  #waiting: Held[] = []
  #current: ClientTransaction | null = null
  /** In that transaction. */
  #taken: Held[] = []
  #places = 0
  #isOpen = false
  #isBusy = false
  #isSettling = false
  #isOver = false
  #arrival: (() => void) | null = null

  constructor(environment: ClientEnvironment, options: TransactedConsumerOptions) {
    this.name = options.name
    this.#environment = environment
    this.#options = options
    this.#connection = new FailoverConnection(environment, { client: options.name })
    this.#connection.listen({ interrupted: () => this.#forget() })
    this.#pauses = new Pauses(environment.clock)
    this.#outgoing = this.#makeOutgoing()
    this.#consumer = this.#newConsumer()
    void this.#run()
  }

  get isIdle(): boolean {
    const isListening = this.#isOpen && this.#connection.isUp
    return isListening && this.#waiting.length === 0 && !this.#isBusy
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
    await this.#open()
    while (!this.#isOver) {
      if (this.#waiting.length === 0) {
        await new Promise<void>((resolve) => void (this.#arrival = resolve))
        continue
      }
      this.#isBusy = true
      await this.#transaction()
      this.#isBusy = false
    }
  }

  async #transaction(): Promise<void> {
    const { rollbackChance, redeliversItself } = this.#options
    const { chance } = this.#environment
    const transaction = new ClientTransaction(this.#connection)
    this.#current = transaction
    const isInDoubt = await this.#takeSome(transaction)
    // Its messages are with somebody else now; that its end changes nothing is to be seen.
    const wasBroken = !transaction.isUnbroken
    const wantsRollback = !this.#isSettling && chance.chance(rollbackChance)
    const answer = await (wantsRollback ? transaction.rollback() : transaction.commit())
    if (!wantsRollback) this.#checkCommit(transaction, answer, { wasBroken, isInDoubt })
    const isCommitted = !wantsRollback && answer.kind === 'ok'
    const taken = this.#taken
    this.#taken = []
    if (isCommitted || this.#isOver) return
    if (!transaction.isUnbroken && !redeliversItself) return
    // Tried once, it does not insist on what may be with somebody else.
    const kept = wasBroken ? taken : taken.filter((held) => this.#isCurrent(held))
    this.#waiting = [...kept.map(returned), ...this.#waiting]
    // Nor on an order that is not the broker's.
    if (!wasBroken && isInDoubt) this.#waiting.sort((one, other) => one.place - other.place)
    if (!transaction.isUnbroken || this.#isSettling) return
    if (chance.chance(this.#options.reopenChance)) await this.#reopen()
  }

  #isCurrent({ generation }: Held): boolean {
    return generation === this.#connection.generation
  }

  /** The connection is lost: what waits comes again, from the next broker or for somebody else. */
  #forget(): void {
    const { redeliversItself } = this.#options
    this.#waiting = redeliversItself ? this.#waiting.filter(({ isReturned }) => isReturned) : []
  }

  #checkCommit(
    transaction: ClientTransaction,
    answer: Answer,
    { wasBroken, isInDoubt }: { readonly wasBroken: boolean; readonly isInDoubt: boolean },
  ): void {
    if (answer.kind === 'lost') return
    const isOk = answer.kind === 'ok'
    // A broken one cannot be committed: its acknowledgements went with its connection.
    const isExplained = isOk ? !wasBroken : wasBroken || isInDoubt || answer.isRepeated
    if (!isExplained) {
      const what = isOk ? 'committed though it was lost' : answer.text
      this.#environment.surprised(`${transaction.name}: ${what}`)
    }
    // What a broker commits it has given before, over the same connection: the answer is behind it.
    const strange = this.#taken.find((held) => !this.#isCurrent(held))
    if (!isOk || !transaction.isUnbroken || strange === undefined) return
    this.#environment.surprised(
      `${transaction.name}: committed with ${strange.delivery.name}, which is not with this consumer`,
    )
  }

  /**
   * Takes and acknowledges; ends early when the connection is lost. Tells whether some of it may
   * not be with this consumer any more, or in another order.
   */
  async #takeSome(transaction: ClientTransaction): Promise<boolean> {
    const { sizeMax, workMs } = this.#options
    const { chance } = this.#environment
    const isOneByOne = chance.chance(0.5)
    let isInDoubt = false
    for (let left = chance.integer(1, sizeMax); left > 0; left--) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      this.#taken.push(next)
      // Out of its own memory it receives nothing.
      if (this.#isCurrent(next)) this.#consumer.recordReceipt(next.delivery, transaction.name)
      else isInDoubt = true
      if (isOneByOne) this.#acknowledge(transaction, [next])
      this.#forward(transaction)
      await this.#pauses.wait(chance.between(0, 2 * workMs))
      if (!transaction.isUnbroken) return isInDoubt
    }
    if (isOneByOne) return isInDoubt
    this.#acknowledge(transaction, this.#taken)
    return isInDoubt || !isInOrder(this.#taken)
  }

  /** What is in its memory from before keeps its place there. */
  #delivered(delivery: Delivery): void {
    const place = ++this.#places
    const held = { delivery, isReturned: false, generation: this.#connection.generation, place }
    const kept = this.#options.redeliversItself ? [this.#taken, this.#waiting] : []
    const isIt = (other: Held) => other.delivery.name === delivery.name && !this.#isCurrent(other)
    const memory = kept.find((part) => part.some(isIt))
    if (memory === undefined) this.#waiting.push(held)
    else memory[memory.findIndex(isIt)] = held
    // It was taken out of memory, and is received now.
    const transaction = memory === this.#taken ? this.#current : null
    if (transaction?.isUnbroken) this.#consumer.recordReceipt(delivery, transaction.name)
    this.#arrival?.()
  }

  /** Nobody waits for the answer: what is wrong with it shows in the commit. */
  #acknowledge(transaction: ClientTransaction, taken: readonly Held[]): void {
    const deliveries = taken.map(({ delivery }) => delivery)
    void this.#consumer.acknowledgeIn(transaction, deliveries).then((answer) => {
      if (answer.kind === 'refused') this.#environment.surprised(answer.text)
    })
  }

  #forward({ id, name: tx }: ClientTransaction): void {
    const { forward } = this.#options
    if (this.#outgoing === null || forward === undefined) return
    const { recorder } = this.#connection
    const { name: message, command } = this.#outgoing.next(id)
    const { destination } = forward
    const op = recorder.invoke({ type: 'send', message, destination, tx })
    this.#connection.post(command)
    recorder.end(op, 'ok')
  }

  /** What was taken before and waits again counts as delivered, and nothing behind it. */
  async #reopen(): Promise<void> {
    const last = this.#waiting.filter(({ isReturned }) => isReturned).at(-1)
    this.#waiting = []
    this.#isOpen = false
    await this.#consumer.close(last?.delivery)
    this.#consumer = this.#newConsumer()
    await this.#open()
  }

  async #open(): Promise<void> {
    while (!this.#isOver) {
      const answer = await this.#consumer.open((delivery) => this.#delivered(delivery))
      this.#isOpen = answer.kind === 'ok'
      if (this.#isOpen) return
      await this.#pauses.wait(OPEN_AGAIN_MS)
      this.#consumer = this.#newConsumer()
    }
  }

  #newConsumer(): OpenConsumer {
    const { destination, prefetch, isAlone } = this.#options
    const source = { destination, prefetch, isAlone: isAlone === true }
    return new OpenConsumer(this.#environment, this.#connection, source)
  }

  #makeOutgoing(): OutgoingMessages | null {
    const { forward, name } = this.#options
    if (forward === undefined) return null
    return new OutgoingMessages(name, {
      ...forward,
      producerId: this.#connection.addProducer(),
      chance: this.#environment.chance,
    })
  }
}

function returned(held: Held): Held {
  return { ...held, delivery: { ...held.delivery, isRedelivered: true }, isReturned: true }
}

function isInOrder(taken: readonly Held[]): boolean {
  return taken.every(({ place }, i) => i === 0 || place > (taken[i - 1]?.place ?? 0))
}
