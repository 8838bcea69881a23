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
  /** Where each message is answered, in the same transaction. */
  readonly forward?: { readonly destination: DestinationName; readonly sizes: PayloadSizes }
}

/** A message that waits to be taken; one that was taken before and rolled back is `isReturned`. */
interface Waiting {
  readonly delivery: Delivery
  readonly isReturned: boolean
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
  #waiting: Waiting[] = []
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
    // What waits comes again, from the next broker or for somebody else.
    this.#connection.listen({ interrupted: () => (this.#waiting = []) })
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
    const { rollbackChance } = this.#options
    const { chance } = this.#environment
    const transaction = new ClientTransaction(this.#connection)
    const taken = await this.#takeSome(transaction)
    // Its messages are with somebody else now; that its end changes nothing is to be seen.
    const wasBroken = !transaction.isUnbroken
    const wantsRollback = !this.#isSettling && chance.chance(rollbackChance)
    const answer = await (wantsRollback ? transaction.rollback() : transaction.commit())
    if (!wantsRollback) this.#checkCommit(transaction, answer, wasBroken)
    const isCommitted = !wantsRollback && answer.kind === 'ok'
    if (isCommitted || !transaction.isUnbroken || this.#isOver) return
    this.#waiting = [...taken.map(returned), ...this.#waiting]
    if (!this.#isSettling && chance.chance(this.#options.reopenChance)) await this.#reopen()
  }

  #checkCommit(transaction: ClientTransaction, answer: Answer, wasBroken: boolean): void {
    if (answer.kind === 'lost') return
    const isOk = answer.kind === 'ok'
    // A broken one cannot be committed: its acknowledgements went with its connection.
    const isExplained = isOk ? !wasBroken : wasBroken || answer.isRepeated
    if (isExplained) return
    const what = isOk ? 'committed though it was lost' : answer.text
    this.#environment.surprised(`${transaction.name}: ${what}`)
  }

  /** Takes and acknowledges; ends early when the connection is lost. */
  async #takeSome(transaction: ClientTransaction): Promise<Delivery[]> {
    const { sizeMax, workMs } = this.#options
    const { chance } = this.#environment
    const taken: Delivery[] = []
    const isOneByOne = chance.chance(0.5)
    for (let left = chance.integer(1, sizeMax); left > 0; left--) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      const { delivery } = next
      taken.push(delivery)
      this.#consumer.recordReceipt(delivery, transaction.name)
      if (isOneByOne) this.#acknowledge(transaction, [delivery])
      this.#forward(transaction)
      await this.#pauses.wait(chance.between(0, 2 * workMs))
      if (!transaction.isUnbroken) return taken
    }
    if (!isOneByOne) this.#acknowledge(transaction, taken)
    return taken
  }

  /** Nobody waits for the answer: what is wrong with it shows in the commit. */
  #acknowledge(transaction: ClientTransaction, deliveries: readonly Delivery[]): void {
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
      const answer = await this.#consumer.open((delivery) => {
        this.#waiting.push({ delivery, isReturned: false })
        this.#arrival?.()
      })
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

function returned(delivery: Delivery): Waiting {
  return { delivery: { ...delivery, isRedelivered: true }, isReturned: true }
}
