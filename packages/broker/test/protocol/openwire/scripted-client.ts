import assert from 'node:assert/strict'
import { OpenWireCodec, initialCodecOptions } from '@quorate/core/openwire/codec'
import { CommandReader } from '@quorate/core/openwire/command-reader'
import { TypeId, create } from '@quorate/core/openwire/commands'
import type { Command, CommandOf, StructureName } from '@quorate/core/openwire/commands'
import {
  decodeOffer,
  defaultOffer,
  encodeOffer,
  negotiate,
} from '@quorate/core/openwire/wire-format'
import type { WireFormatOffer } from '@quorate/core/openwire/wire-format'
import type { ByteStream } from '@quorate/core/transport/byte-stream'

/** Lets everything happen that happens without time passing. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

type Named<N extends StructureName> = Extract<Command, CommandOf<N>>

/** The client's end of an OpenWire connection, moved by hand. */
export class ScriptedClient {
  /** Everything that came, the WireFormatInfo excepted. */
  readonly received: Command[] = []
  closed = false
  readonly #stream: ByteStream
  readonly #offer: WireFormatOffer
  readonly #greeting = new OpenWireCodec(initialCodecOptions)
  readonly #reader = new CommandReader(this.#greeting)
  #codec: OpenWireCodec | null = null
  #lastCommandId = 0

  constructor(stream: ByteStream, offer: Partial<WireFormatOffer> = {}) {
    this.#stream = stream
    this.#offer = { ...defaultOffer, ...offer }
    stream.attach({
      received: (bytes) => this.#receive(bytes),
      drained: () => {},
      closed: () => (this.closed = true),
    })
  }

  /** Sends our WireFormatInfo and waits for what follows it. */
  async greet(): Promise<this> {
    this.write(this.#greeting.encode(encodeOffer(this.#offer)))
    await settle()
    return this
  }

  write(bytes: Buffer): void {
    this.#stream.write([bytes])
  }

  /** Sends a command, with a command id of its own, and waits until it is carried out. */
  async send(command: Command): Promise<void> {
    this.queue(command)
    await settle()
  }

  /** Sends without waiting. */
  queue(command: Command): void {
    this.write(this.#encode(command))
  }

  /** The same for several that arrive as one piece. */
  queueTogether(...commands: readonly Command[]): void {
    this.write(Buffer.concat(commands.map((command) => Buffer.from(this.#encode(command)))))
  }

  /** Sends a command that wants an answer and returns the answers it got: one, if all is well. */
  async request(command: Extract<Command, { responseRequired: boolean }>): Promise<Command[]> {
    command.responseRequired = true
    await this.send(command)
    return this.answersTo(command.commandId)
  }

  /** As `request`, for a command that must succeed. */
  async succeed(command: Extract<Command, { responseRequired: boolean }>): Promise<void> {
    const answers = await this.request(command)
    assert.deepEqual(
      answers.map((answer) => answer.type),
      [TypeId.Response],
      JSON.stringify(answers),
    )
  }

  /** As `request`, for a command that must fail; gives the class of its exception. */
  async fail(command: Extract<Command, { responseRequired: boolean }>): Promise<string> {
    const answers = await this.request(command)
    assert.equal(answers.length, 1)
    const [answer] = answers
    assert.equal(answer?.type, TypeId.ExceptionResponse)
    return answer.exception?.className ?? ''
  }

  answersTo(commandId: number): Command[] {
    return this.received.filter(
      (command) => 'correlationId' in command && command.correlationId === commandId,
    )
  }

  /** All commands of one kind that came so far. */
  all<N extends StructureName>(name: N): Named<N>[] {
    return this.received.filter((command): command is Named<N> => command.type === TypeId[name])
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  end(): void {
    this.#stream.end()
  }

  /** The bytes of a command, to be written by hand. */
  encode(command: Command): Buffer {
    return Buffer.from(this.#encode(command))
  }

  #encode(command: Command): Buffer {
    assert.ok(this.#codec !== null, 'greet first')
    if ('commandId' in command && command.commandId === 0) command.commandId = ++this.#lastCommandId
    return this.#codec.encode(command)
  }

  #receive(bytes: Buffer): void {
    this.#reader.push(bytes)
    for (;;) {
      const command = this.#reader.next()
      if (command === undefined) return
      if (command === null) continue
      if (command.type === TypeId.WireFormatInfo) {
        const { codec } = negotiate(this.#offer, decodeOffer(command))
        this.#codec = new OpenWireCodec(codec)
        this.#reader.use(this.#codec)
      } else this.received.push(command)
    }
  }
}

export const connectionId = create('ConnectionId', { value: 'ID:test-1' })

export function producerIdOf(value: number) {
  return create('ProducerId', { connectionId: 'ID:test-1', sessionId: 1, value })
}

export function consumerIdOf(value: number) {
  return create('ConsumerId', { connectionId: 'ID:test-1', sessionId: 1, value })
}

export function queueNamed(physicalName: string) {
  return create('ActiveMQQueue', { physicalName })
}

export function topicNamed(physicalName: string) {
  return create('ActiveMQTopic', { physicalName })
}

export function connectionInfo() {
  return create('ConnectionInfo', { connectionId, clientId: 'client-1', userName: 'user' })
}

export function sessionInfo() {
  const sessionId = create('SessionId', { connectionId: 'ID:test-1', value: 1 })
  return create('SessionInfo', { sessionId })
}

export function producerInfo(value = 1) {
  return create('ProducerInfo', { producerId: producerIdOf(value) })
}

export function consumerInfo(value: number, destination = queueNamed('Q')) {
  return create('ConsumerInfo', {
    consumerId: consumerIdOf(value),
    destination,
    prefetchSize: 1000,
  })
}

export function textMessage(sequence: number, destination = queueNamed('Q')) {
  const producerId = producerIdOf(1)
  return create('ActiveMQTextMessage', {
    producerId,
    messageId: create('MessageId', { producerId, producerSequenceId: sequence }),
    destination,
    persistent: true,
    priority: 4,
    content: Buffer.from([0, 0, 0, 2, 0x68, 0x69]),
  })
}

export function transactionIdOf(value: number) {
  return create('LocalTransactionId', { value, connectionId })
}
