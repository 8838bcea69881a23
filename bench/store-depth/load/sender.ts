import type {
  Command,
  Destination,
  ProducerId,
  ProducerInfo,
} from '@quorate/core/openwire/commands'
import { TypeId, create } from '@quorate/core/openwire/commands'
import type { Bodies } from './bodies.ts'
import { LoadConnection, destinationNamed } from './load-connection.ts'
import type { LoadRole } from './load-connection.ts'

export interface SenderOptions {
  readonly id: string
  readonly ports: readonly number[]
  /** In turn, one message each; `topic://NAME` is a topic. */
  readonly queues: readonly string[]
  readonly bodies: Pick<Bodies, 'body'>
  /** Unconfirmed sends under way. */
  readonly window: number
  /** Told of each confirmation when its message was sent first, on the clock of `performance`. */
  readonly onConfirmed?: (sentMs: number) => void
}

/** Command ids of sends are their sequences above this; introductions stay below. */
const SEND_IDS_FROM = 1_000_000

/**
 * One producer of persistent messages. After a failover it sends what is unconfirmed again, under
 * its old sequences, and the broker drops what it has already.
 */
export class Sender implements LoadRole {
  readonly #connection: LoadConnection
  readonly #options: SenderOptions
  readonly #producerId: ProducerId
  readonly #destinations: readonly Destination[]
  /** When they were sent first, by their sequence. */
  readonly #unconfirmed = new Map<number, number>()
  #sent = 0
  #wanted = 0
  #confirmed = 0
  #finished: (() => void) | null = null
  #failed: ((error: Error) => void) | null = null

  constructor(options: SenderOptions) {
    this.#options = options
    this.#producerId = create('ProducerId', { connectionId: options.id, sessionId: 1, value: 1 })
    this.#destinations = options.queues.map(destinationNamed)
    this.#connection = new LoadConnection({ id: options.id, ports: options.ports, role: this })
    this.#connection.open()
  }

  get confirmed(): number {
    return this.#confirmed
  }

  get failovers(): number {
    return this.#connection.failovers
  }

  /** Resolves when so many further sends are confirmed; one call at a time. */
  async send(count: number): Promise<void> {
    this.allow(count)
    await this.#allConfirmed()
  }

  /** Sends nothing further. Resolves when everything that was sent is confirmed. */
  async halt(): Promise<void> {
    this.#wanted = this.#sent
    await this.#allConfirmed()
  }

  /** Sends so many more as the window lets through, and tells nobody. */
  allow(count: number): void {
    this.#wanted += count
    this.#pump()
    this.#connection.flush()
  }

  close(): void {
    this.#connection.close()
  }

  introduction(): readonly ProducerInfo[] {
    return [create('ProducerInfo', { producerId: this.#producerId })]
  }

  onUp(): void {
    for (const sequence of this.#unconfirmed.keys()) this.#append(sequence)
    this.#pump()
  }

  onDown(): void {
    // What is unconfirmed waits for the next broker.
  }

  onCommand(command: Command): void {
    if (command.type === TypeId.Response) {
      this.#onConfirmed(command.correlationId - SEND_IDS_FROM)
    } else if (command.type === TypeId.ExceptionResponse) {
      const error = new Error(`a send was refused: ${command.exception?.message ?? 'no reason'}`)
      if (this.#failed === null) throw error
      this.#failed(error)
    }
  }

  onBatchEnd(): void {
    this.#settle()
    this.#pump()
  }

  async #allConfirmed(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#finished = resolve
      this.#failed = reject
      this.#settle()
    })
  }

  #onConfirmed(sequence: number): void {
    const sentMs = this.#unconfirmed.get(sequence)
    if (sentMs === undefined) return
    this.#unconfirmed.delete(sequence)
    this.#confirmed++
    this.#options.onConfirmed?.(sentMs)
  }

  #settle(): void {
    if (this.#confirmed < this.#wanted) return
    this.#finished?.()
    this.#finished = null
  }

  #pump(): void {
    if (!this.#connection.isUp) return
    while (this.#sent < this.#wanted && this.#unconfirmed.size < this.#options.window) {
      const sequence = ++this.#sent
      this.#unconfirmed.set(sequence, performance.now())
      this.#append(sequence)
    }
  }

  #append(sequence: number): void {
    const destination = this.#destinations[(sequence - 1) % this.#destinations.length] ?? null
    this.#connection.append(
      create('ActiveMQBytesMessage', {
        commandId: SEND_IDS_FROM + sequence,
        responseRequired: true,
        producerId: this.#producerId,
        destination,
        messageId: create('MessageId', {
          producerId: this.#producerId,
          producerSequenceId: sequence,
        }),
        persistent: true,
        priority: 4,
        timestamp: Date.now(),
        content: this.#options.bodies.body(sequence),
      }),
    )
  }
}
