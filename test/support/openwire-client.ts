import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { OpenWireCodec, initialCodecOptions } from '@quorate/core/openwire/codec'
import { CommandReader } from '@quorate/core/openwire/command-reader'
import type {
  Command,
  ConnectionInfo,
  ConsumerInfo,
  Destination,
  ExceptionResponse,
  MessageCommand,
  MessageDispatch,
  ProducerInfo,
  SessionInfo,
} from '@quorate/core/openwire/commands'
import { TypeId, create } from '@quorate/core/openwire/commands'
import { encodeText, textOf } from '@quorate/core/openwire/message-body'
import {
  decodeOffer,
  defaultOffer,
  encodeOffer,
  negotiate,
} from '@quorate/core/openwire/wire-format'
import { waitUntil } from './wait-until.ts'

const STANDARD_ACK = 2
const PREFETCH = 100
const RETRY_MS = 50
const CONNECT_WITHIN_MS = 2000
const ANSWER_WITHIN_MS = 20_000

type Request = ConnectionInfo | SessionInfo | ProducerInfo | ConsumerInfo | MessageCommand

interface Pending {
  readonly command: Request
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

export interface ClientOptions {
  /** A connection is given up when nothing came for so long; 0 = never. */
  readonly maxInactivityMs?: number
  /** What comes next was sent over the next connection. */
  readonly onInterrupted?: () => void
  readonly onResumed?: () => void
}

/** One socket of the client, past negotiation. */
interface Wire {
  readonly socket: Socket
  readonly codec: OpenWireCodec
}

/** A message as the application sees it. */
export interface ReceivedText {
  readonly text: string
  readonly redelivered: boolean
}

/**
 * A small OpenWire client that fails over: one connection, one session, one producer. Sends that
 * were not answered are sent again, under their old sequence, to whichever broker serves next.
 * Only for tests that must not need Java.
 */
export class OpenWireClient {
  readonly #brokers: readonly BrokerAddress[]
  readonly #options: ClientOptions
  readonly #connectionId = `ID:openwire-test-${randomUUID()}`
  readonly #pending = new Map<number, Pending>()
  readonly #consumers: ConsumerInfo[] = []
  readonly #arrived: MessageDispatch[] = []
  #wire: Wire | null = null
  #nextCommandId = 1
  #nextSequence = 1
  #nextBroker = 0
  #closed = false

  /** A port alone is one of this machine. */
  constructor(brokers: readonly (BrokerAddress | number)[], options: ClientOptions = {}) {
    this.#brokers = brokers.map((broker) =>
      typeof broker === 'number' ? { host: '127.0.0.1', port: broker } : broker,
    )
    this.#options = options
  }

  /** Connects, and keeps connecting until closed. */
  async open(): Promise<void> {
    void this.#run()
    await waitUntil(() => this.#wire !== null, {
      what: 'an OpenWire broker',
      timeoutMs: ANSWER_WITHIN_MS,
      pollMs: 10,
    })
  }

  /** Resolves when a broker confirmed the persistent message. */
  async send(queue: string, text: string): Promise<void> {
    const sequence = this.#nextSequence++
    await this.#request(
      create('ActiveMQTextMessage', {
        producerId: this.#producerId,
        destination: queueOf(queue),
        messageId: create('MessageId', {
          producerId: this.#producerId,
          producerSequenceId: sequence,
        }),
        persistent: true,
        priority: 4,
        timestamp: Date.now(),
        content: encodeText(text),
      }),
    )
  }

  async consume(queue: string): Promise<void> {
    await this.#consume({ destination: queueOf(queue) })
  }

  /** A durable subscription, which stays when the client goes. */
  async subscribe(topic: string, subscriptionName: string): Promise<void> {
    const destination = create('ActiveMQTopic', { physicalName: topic })
    await this.#consume({ destination, subscriptionName })
  }

  async #consume(what: Pick<ConsumerInfo, 'destination'> & Partial<ConsumerInfo>): Promise<void> {
    const info = create('ConsumerInfo', {
      consumerId: create('ConsumerId', {
        connectionId: this.#connectionId,
        sessionId: 1,
        value: this.#consumers.length + 1,
      }),
      prefetchSize: PREFETCH,
      ...what,
    })
    this.#consumers.push(info)
    await this.#request(info)
  }

  /** The next message, acknowledged; null when none comes in time. */
  async receive(withinMs = 5000): Promise<ReceivedText | null> {
    const deadline = performance.now() + withinMs
    while (this.#arrived.length === 0) {
      if (performance.now() >= deadline) return null
      await delay(5)
    }
    const dispatch = this.#arrived.shift()
    if (dispatch?.message == null) return null
    this.#write(
      create('MessageAck', {
        commandId: this.#nextCommandId++,
        consumerId: dispatch.consumerId,
        destination: dispatch.destination,
        ackType: STANDARD_ACK,
        firstMessageId: dispatch.message.messageId,
        lastMessageId: dispatch.message.messageId,
        messageCount: 1,
      }),
    )
    return { text: textOf(dispatch.message) ?? '', redelivered: dispatch.redeliveryCounter > 0 }
  }

  close(): void {
    this.#closed = true
    this.#wire?.socket.destroy()
    for (const { reject } of this.#pending.values()) reject(new Error('the client was closed'))
    this.#pending.clear()
  }

  get #producerId() {
    return create('ProducerId', { connectionId: this.#connectionId, sessionId: 1, value: 1 })
  }

  async #run(): Promise<void> {
    let reconnecting = false
    while (!this.#closed) {
      const broker = this.#brokers[this.#nextBroker++ % this.#brokers.length]
      const socket = broker === undefined ? null : await connected(broker)
      if (socket === null) {
        await delay(RETRY_MS)
        continue
      }
      const watch = this.#watchSilence(socket)
      await this.#serve(socket, reconnecting).catch(() => undefined)
      clearInterval(watch)
      socket.destroy()
      reconnecting = true
      // What was prefetched and not taken comes again from the next broker.
      this.#arrived.length = 0
      if (this.#wire !== null) this.#options.onInterrupted?.()
      this.#wire = null
    }
  }

  /** Negotiates, replays what the broker must know, and reads until the connection ends. */
  async #serve(socket: Socket, reconnecting: boolean): Promise<void> {
    const first = new OpenWireCodec(initialCodecOptions)
    const reader = new CommandReader(first)
    socket.write(first.encode(encodeOffer(this.#offer)))
    for await (const chunk of socket) {
      reader.push(chunk as Buffer)
      for (let command = reader.next(); command !== undefined; command = reader.next()) {
        if (command?.type === TypeId.WireFormatInfo) {
          const { codec } = negotiate(this.#offer, decodeOffer(command))
          this.#wire = { socket, codec: new OpenWireCodec(codec) }
          reader.use(this.#wire.codec)
          this.#options.onResumed?.()
          this.#replay(reconnecting)
        } else if (command !== null) {
          this.#take(command)
        }
      }
    }
  }

  get #offer() {
    return { ...defaultOffer, maxInactivityMs: this.#options.maxInactivityMs ?? 0 }
  }

  /** Ends a connection that brings nothing, and shows the broker that we are there. */
  #watchSilence(socket: Socket): NodeJS.Timeout | undefined {
    const { maxInactivityMs } = this.#offer
    if (maxInactivityMs === 0) return undefined
    let lastReadMs = performance.now()
    socket.on('data', () => (lastReadMs = performance.now()))
    return setInterval(() => {
      if (performance.now() - lastReadMs > maxInactivityMs) socket.destroy()
      else this.#write(create('KeepAliveInfo', {}))
    }, maxInactivityMs / 3)
  }

  #replay(reconnecting: boolean): void {
    const connectionId = create('ConnectionId', { value: this.#connectionId })
    const sessionId = create('SessionId', { connectionId: this.#connectionId, value: 1 })
    const replayed: Request[] = [
      create('ConnectionInfo', {
        connectionId,
        clientId: this.#connectionId,
        faultTolerant: true,
        failoverReconnect: reconnecting,
      }),
      create('SessionInfo', { sessionId }),
      create('ProducerInfo', { producerId: this.#producerId }),
      ...this.#consumers,
    ]
    for (const command of replayed) {
      this.#write({ ...command, commandId: this.#nextCommandId++, responseRequired: false })
    }
    for (const { command } of this.#pending.values()) {
      if (command.type !== TypeId.ConsumerInfo) this.#write(command)
    }
    // A consumer that nobody answered yet is among those replayed.
    for (const [id, pending] of this.#pending) {
      if (pending.command.type !== TypeId.ConsumerInfo) continue
      this.#pending.delete(id)
      pending.resolve()
    }
  }

  #take(command: Command): void {
    if (command.type === TypeId.MessageDispatch) {
      if (command.message !== null) this.#arrived.push(command)
    } else if (command.type === TypeId.Response) {
      this.#pending.get(command.correlationId)?.resolve()
      this.#pending.delete(command.correlationId)
    } else if (command.type === TypeId.ExceptionResponse) {
      this.#pending.get(command.correlationId)?.reject(refusal(command))
      this.#pending.delete(command.correlationId)
    }
  }

  async #request(command: Request): Promise<void> {
    const commandId = this.#nextCommandId++
    const request = { ...command, commandId, responseRequired: true }
    const answered = new Promise<void>((resolve, reject) => {
      this.#pending.set(commandId, { command: request, resolve, reject })
    })
    this.#write(request)
    const timer = new AbortController()
    const late = delay(ANSWER_WITHIN_MS, undefined, { signal: timer.signal }).then(
      () => Promise.reject(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)),
      () => undefined,
    )
    try {
      await Promise.race([answered, late])
    } finally {
      timer.abort()
    }
  }

  /** Without a connection nothing is written: what must not be lost is pending. */
  #write(command: Command): void {
    this.#wire?.socket.write(this.#wire.codec.encode(command))
  }
}

/** Its name is the class that the broker names, as a Java client would throw it. */
function refusal({ exception }: ExceptionResponse): Error {
  const error = new Error(exception?.message ?? 'refused')
  error.name = exception?.className ?? error.name
  return error
}

function queueOf(name: string): Destination {
  return create('ActiveMQQueue', { physicalName: name })
}

async function connected(broker: BrokerAddress): Promise<Socket | null> {
  const socket = connect({ ...broker, noDelay: true })
  socket.on('error', () => undefined)
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_WITHIN_MS) })
    return socket
  } catch {
    socket.destroy()
    return null
  }
}
