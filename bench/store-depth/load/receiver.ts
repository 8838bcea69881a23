import type {
  Command,
  ConsumerId,
  ConsumerInfo,
  Destination,
  MessageCommand,
  MessageId,
} from '@quorate/core/openwire/commands'
import { TypeId, create, longToNumber } from '@quorate/core/openwire/commands'
import { LoadConnection, destinationNamed } from './load-connection.ts'
import type { LoadRole } from './load-connection.ts'

export interface ReceiverOptions {
  readonly id: string
  readonly ports: readonly number[]
  /** `topic://NAME` is a topic. */
  readonly queue: string
  readonly prefetch: number
  /** Messages that one acknowledgement speaks of; Infinity: acknowledge only when told. */
  readonly acknowledgeEvery: number
  /** Told of each message that counts. */
  readonly onMessage?: (message: MessageCommand) => void
}

const STANDARD_ACK = 2
/** Of the acknowledgement that we wait for; other command ids stay below. */
const LAST_ACK_IDS_FROM = 1_000_000_000

/**
 * One consumer of a queue. Each producer's messages come in order, so that those redelivered after
 * a failover are known by their sequences, and count once.
 */
export class Receiver implements LoadRole {
  readonly #connection: LoadConnection
  readonly #options: ReceiverOptions
  readonly #consumerId: ConsumerId
  readonly #destination: Destination
  #received = 0
  #wanted = 0
  readonly #highestSequences = new Map<string, number>()
  #firstUnacknowledged: MessageId | null = null
  #lastUnacknowledged: MessageId | null = null
  #unacknowledged = 0
  #awaitedAcks = 0
  #lastAckId = LAST_ACK_IDS_FROM
  #arrived: (() => void) | null = null
  #confirmed: (() => void) | null = null

  constructor(options: ReceiverOptions) {
    this.#options = options
    this.#consumerId = create('ConsumerId', { connectionId: options.id, sessionId: 1, value: 1 })
    this.#destination = destinationNamed(options.queue)
    this.#connection = new LoadConnection({ id: options.id, ports: options.ports, role: this })
    this.#connection.open()
  }

  get received(): number {
    return this.#received
  }

  get failovers(): number {
    return this.#connection.failovers
  }

  /** Resolves when so many further messages came. Those that came too early count. */
  async receive(count: number): Promise<void> {
    this.expect(count)
    await new Promise<void>((resolve) => {
      this.#arrived = resolve
      this.#settle()
    })
  }

  /** So many further messages shall come; tells nobody when they are there. */
  expect(count: number): void {
    this.#wanted += count
  }

  /** Acknowledges what is not yet, and resolves when the broker has it. */
  async acknowledge(): Promise<void> {
    if (this.#unacknowledged === 0) return
    const confirmed = new Promise<void>((resolve) => void (this.#confirmed = resolve))
    this.#appendAck(true)
    this.#connection.flush()
    await confirmed
  }

  close(): void {
    this.#connection.close()
  }

  introduction(): readonly ConsumerInfo[] {
    return [
      create('ConsumerInfo', {
        consumerId: this.#consumerId,
        destination: this.#destination,
        prefetchSize: this.#options.prefetch,
      }),
    ]
  }

  onUp(): void {
    // What was acknowledged with the old connection may be lost; it comes again and counts once.
    if (this.#awaitedAcks > 0) this.#onLastAck()
  }

  onDown(): void {
    this.#firstUnacknowledged = this.#lastUnacknowledged = null
    this.#unacknowledged = 0
  }

  onCommand(command: Command): void {
    if (command.type === TypeId.MessageDispatch) {
      if (command.message !== null) this.#take(command.message)
    } else if (command.type === TypeId.Response && command.correlationId === this.#lastAckId) {
      this.#onLastAck()
    } else if (command.type === TypeId.ExceptionResponse) {
      throw new Error(`refused: ${command.exception?.message ?? 'no reason'}`)
    }
  }

  onBatchEnd(): void {
    this.#settle()
  }

  #take(message: MessageCommand): void {
    const id = message.messageId
    if (id === null) throw new Error('a message came without an id')
    const producer = id.producerId?.connectionId ?? ''
    const sequence = longToNumber(id.producerSequenceId)
    if (sequence > (this.#highestSequences.get(producer) ?? 0)) {
      this.#highestSequences.set(producer, sequence)
      this.#received++
      this.#options.onMessage?.(message)
    }
    this.#firstUnacknowledged ??= id
    this.#lastUnacknowledged = id
    this.#unacknowledged++
    // The last acknowledgement is left for acknowledge(), which waits for its answer.
    const isDue = this.#unacknowledged >= this.#options.acknowledgeEvery
    if (isDue && this.#received < this.#wanted) this.#appendAck(false)
  }

  #appendAck(isLast: boolean): void {
    if (isLast) {
      this.#awaitedAcks++
      this.#lastAckId++
    }
    this.#connection.append(
      create('MessageAck', {
        commandId: isLast ? this.#lastAckId : this.#connection.nextCommandId(),
        responseRequired: isLast,
        consumerId: this.#consumerId,
        destination: this.#destination,
        ackType: STANDARD_ACK,
        firstMessageId: this.#firstUnacknowledged,
        lastMessageId: this.#lastUnacknowledged,
        messageCount: this.#unacknowledged,
      }),
    )
    this.#firstUnacknowledged = this.#lastUnacknowledged = null
    this.#unacknowledged = 0
  }

  #onLastAck(): void {
    this.#awaitedAcks = 0
    this.#confirmed?.()
    this.#confirmed = null
  }

  #settle(): void {
    if (this.#received < this.#wanted) return
    this.#arrived?.()
    this.#arrived = null
  }
}
