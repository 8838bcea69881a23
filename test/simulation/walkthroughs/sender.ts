import type { ClientName, DestinationName } from '../../support/history/events.ts'
import type { ClientEnvironment } from '../clients/client-environment.ts'
import { FailoverConnection } from '../clients/failover-connection.ts'
import { OutgoingMessages } from '../clients/outgoing-messages.ts'
import { encodePayload } from '../clients/payload.ts'
import type { Worker } from '../clients/worker.ts'

/** A client that sends what it is told to, all at once, and knows what was confirmed. */
export class Sender implements Worker {
  readonly name: ClientName
  readonly #environment: ClientEnvironment
  readonly #destination: DestinationName
  readonly #connection: FailoverConnection
  readonly #messages = new Map<string, OutgoingMessages>()
  readonly #waiting = new Map<string, number>()

  constructor(
    environment: ClientEnvironment,
    options: { readonly name: ClientName; readonly destination: DestinationName },
  ) {
    this.name = options.name
    this.#environment = environment
    this.#destination = options.destination
    this.#connection = new FailoverConnection(environment, { client: options.name })
  }

  get isUp(): boolean {
    return this.#connection.isUp
  }

  get isIdle(): boolean {
    return this.#connection.pendingCount === 0
  }

  /** Messages of this label that are not confirmed. */
  waiting(label: string): number {
    return this.#waiting.get(label) ?? 0
  }

  /** Sends `label:1`, `label:2` ...; `onConfirmed` is told when nothing of it is waited for. */
  send(
    label: string,
    load: { readonly count: number; readonly bytes: number },
    onConfirmed: () => void,
  ): void {
    const messages = this.#messagesOf(label)
    this.#waiting.set(label, this.waiting(label) + load.count)
    for (let i = 0; i < load.count; i++) {
      void this.#send(messages, load.bytes).then(() => {
        const left = this.waiting(label) - 1
        this.#waiting.set(label, left)
        if (left === 0) onConfirmed()
      })
    }
  }

  settle(): void {
    // What it was told to send it has sent.
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  #messagesOf(label: string): OutgoingMessages {
    const known = this.#messages.get(label)
    if (known !== undefined) return known
    const messages = new OutgoingMessages(label, {
      producerId: this.#connection.addProducer(),
      destination: this.#destination,
      sizes: { smallBytes: 0, largeBytes: 0, largeChance: 0 },
      chance: this.#environment.chance,
    })
    this.#messages.set(label, messages)
    return messages
  }

  async #send(messages: OutgoingMessages, bytes: number): Promise<void> {
    const { recorder } = this.#connection
    const { name: message, command } = messages.next()
    command.content = encodePayload(message, bytes)
    const op = recorder.invoke({ type: 'send', message, destination: this.#destination })
    const answer = await this.#connection.request(command, 'resend')
    recorder.answered(op, answer)
    if (answer.kind !== 'ok') {
      const text = answer.kind === 'refused' ? answer.text : 'the connection was closed'
      this.#environment.surprised(`${message}: ${text}`)
    }
  }
}
