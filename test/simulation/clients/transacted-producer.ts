import type { MessageCommand } from '@quorate/core/openwire/commands'
import type { ClientName, DestinationName } from '../../support/history/events.ts'
import type { ClientEnvironment } from './client-environment.ts'
import { ClientTransaction } from './client-transaction.ts'
import { FailoverConnection } from './failover-connection.ts'
import { OutgoingMessages } from './outgoing-messages.ts'
import type { PayloadSizes } from './outgoing-messages.ts'
import { Pauses } from './pauses.ts'
import type { Worker } from './worker.ts'

export interface TransactedProducerOptions {
  readonly name: ClientName
  /** Each message of a transaction goes to one of these. */
  readonly destinations: readonly DestinationName[]
  /** Messages of the largest transaction. */
  readonly sizeMax: number
  /** Between two sends, on average. */
  readonly everyMs: number
  readonly rollbackChance: number
  /**
   * Begins an open transaction again after a loss, with all its messages, as Java's client does.
   */
  readonly isReplaying: boolean
  readonly sizes: PayloadSizes
  /** After so many messages it begins no transaction any more. */
  readonly messagesMax: number
}

interface Open {
  readonly transaction: ClientTransaction
  readonly sent: MessageCommand[]
}

/** Sends in transactions, without waiting for answers, and commits them or rolls them back. */
export class TransactedProducer implements Worker {
  readonly name: ClientName
  readonly #environment: ClientEnvironment
  readonly #options: TransactedProducerOptions
  readonly #connection: FailoverConnection
  readonly #lanes: readonly (readonly [DestinationName, OutgoingMessages])[]
  readonly #pauses: Pauses
  /** What a new connection must be told. */
  #open: Open | null = null
  #isBusy = false
  #isSettling = false

  constructor(environment: ClientEnvironment, options: TransactedProducerOptions) {
    this.name = options.name
    this.#environment = environment
    this.#options = options
    this.#connection = new FailoverConnection(environment, { client: options.name })
    this.#connection.listen({ replay: () => this.#replay() })
    this.#pauses = new Pauses(environment.clock)
    const { sizes } = options
    const { chance } = environment
    this.#lanes = options.destinations.map((destination, lane) => {
      const producerId = this.#connection.addProducer()
      const around = { producerId, destination, sizes, chance }
      return [destination, new OutgoingMessages(`${options.name}-${lane}`, around)] as const
    })
    void this.#run()
  }

  get isIdle(): boolean {
    return this.#isSettling && !this.#isBusy
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
    const { everyMs, messagesMax } = this.#options
    while (!this.#isSettling) {
      await this.#connection.whenUp()
      await this.#pauses.wait(this.#environment.chance.between(0, 2 * everyMs))
      const sent = this.#lanes.reduce((sum, [, messages]) => sum + messages.count, 0)
      if (this.#isSettling || sent >= messagesMax) continue
      this.#isBusy = true
      await this.#transaction()
      this.#isBusy = false
    }
  }

  async #transaction(): Promise<void> {
    const { sizeMax, everyMs, rollbackChance } = this.#options
    const { chance } = this.#environment
    const open: Open = { transaction: new ClientTransaction(this.#connection), sent: [] }
    this.#open = open
    for (let left = chance.integer(1, sizeMax); left > 0; left--) {
      this.#send(open)
      await this.#pauses.wait(chance.between(0, 2 * everyMs))
      await this.#connection.whenUp()
      if (this.#connection.isClosed) return
    }
    // From here on only its end is sent again: its messages may be committed.
    this.#open = null
    const { transaction } = open
    const isUnbroken = transaction.isUnbroken
    if (chance.chance(rollbackChance)) {
      await transaction.rollback()
      return
    }
    const answer = await transaction.commit()
    const isExplained = answer.kind !== 'refused' || !isUnbroken || answer.isRepeated
    if (!isExplained) this.#environment.surprised(`${transaction.name}: ${answer.text}`)
  }

  /** Nobody waits for an answer: what is wrong with it shows in the commit. */
  #send({ transaction, sent }: Open): void {
    const { recorder } = this.#connection
    const [destination, messages] = this.#environment.chance.pick(this.#lanes)
    const { name: message, command } = messages.next(transaction.id)
    const tx = transaction.name
    const op = recorder.invoke({ type: 'send', message, destination, tx })
    sent.push(command)
    this.#connection.post(command)
    recorder.end(op, 'ok')
  }

  #replay(): void {
    if (this.#open === null || !this.#options.isReplaying) return
    this.#open.transaction.begin()
    for (const command of this.#open.sent) this.#connection.post(command)
  }
}
