import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { OpenWireCodec, initialCodecOptions } from '@quorate/core/openwire/codec'
import { CommandReader } from '@quorate/core/openwire/command-reader'
import type {
  Command,
  ConsumerInfo,
  Destination,
  ProducerInfo,
} from '@quorate/core/openwire/commands'
import { TypeId, create } from '@quorate/core/openwire/commands'
import {
  decodeOffer,
  defaultOffer,
  encodeOffer,
  negotiate,
} from '@quorate/core/openwire/wire-format'
import type { WireFormatOffer } from '@quorate/core/openwire/wire-format'

/** Refused on loopback at once: this is what a takeover is at most measured too long by. */
const RETRY_MS = 20
const TOPIC_PREFIX = 'topic://'

/** What a connection carries: a sender or a receiver. */
export interface LoadRole {
  /** What a broker that does not know us must be told, connection and session apart. */
  introduction(): readonly (ProducerInfo | ConsumerInfo)[]
  /** Introduced: what was unconfirmed goes out again. */
  onUp(): void
  onDown(): void
  onCommand(command: Command): void
  /** Everything that arrived together was given to onCommand. */
  onBatchEnd(): void
}

/** A queue of this name, or the topic of `topic://NAME`. */
export function destinationNamed(name: string): Destination {
  return name.startsWith(TOPIC_PREFIX)
    ? create('ActiveMQTopic', { physicalName: name.slice(TOPIC_PREFIX.length) })
    : create('ActiveMQQueue', { physicalName: name })
}

export interface LoadConnectionOptions {
  readonly id: string
  readonly ports: readonly number[]
  readonly role: LoadRole
  /** Silence after which the broker gives it up, which its role has to prevent; 0 = never. */
  readonly maxInactivityMs?: number
}

/**
 * One OpenWire connection with one session that fails over: it tries the brokers in turn until
 * one, the leader, accepts. Commands are batched between two flushes.
 */
export class LoadConnection {
  readonly id: string
  readonly #ports: readonly number[]
  readonly #role: LoadRole
  readonly #offer: WireFormatOffer
  #socket: Socket | null = null
  #codec: OpenWireCodec | null = null
  #attempts = 0
  #introductions = 0
  #nextCommandId = 1
  #isClosed = false
  #providerVersion: string | null = null

  constructor(options: LoadConnectionOptions) {
    this.id = options.id
    this.#ports = options.ports
    this.#role = options.role
    this.#offer = { ...defaultOffer, maxInactivityMs: options.maxInactivityMs ?? 0 }
  }

  open(): void {
    this.#connect()
  }

  get isUp(): boolean {
    return this.#codec !== null
  }

  /** How often another broker, or the same one again, had to be found. */
  get failovers(): number {
    return Math.max(0, this.#introductions - 1)
  }

  /** What the broker said that it is; null when it did not. */
  get providerVersion(): string | null {
    return this.#providerVersion
  }

  /** For commands that nobody correlates with their answers. */
  nextCommandId(): number {
    return this.#nextCommandId++
  }

  append(command: Command): void {
    this.#codec?.append(command)
  }

  flush(): void {
    if (this.#codec === null || this.#codec.pendingBytes === 0) return
    this.#socket?.write(this.#codec.take())
  }

  close(): void {
    this.#isClosed = true
    this.#socket?.destroy()
  }

  #connect(): void {
    const port = this.#ports[this.#attempts++ % this.#ports.length] ?? 0
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    const first = new OpenWireCodec(initialCodecOptions)
    const reader = new CommandReader(first)
    this.#socket = socket
    socket.once('connect', () => socket.write(first.encode(encodeOffer(this.#offer))))
    socket.on('data', (chunk: Buffer) => this.#take(reader, chunk))
    socket.on('error', () => undefined)
    socket.once('close', () => this.#onClose())
  }

  #take(reader: CommandReader, chunk: Buffer): void {
    reader.push(chunk)
    for (let command = reader.next(); command !== undefined; command = reader.next()) {
      if (command === null) continue
      if (command.type === TypeId.WireFormatInfo) {
        const theirs = decodeOffer(command)
        this.#providerVersion = theirs.providerVersion
        this.#codec = new OpenWireCodec(negotiate(this.#offer, theirs).codec)
        reader.use(this.#codec)
        this.#introduce()
      } else {
        this.#role.onCommand(command)
      }
    }
    this.#role.onBatchEnd()
    this.flush()
  }

  #introduce(): void {
    const connectionId = create('ConnectionId', { value: this.id })
    const sessionId = create('SessionId', { connectionId: this.id, value: 1 })
    const commandId = (): number => this.nextCommandId()
    this.append(
      create('ConnectionInfo', {
        commandId: commandId(),
        connectionId,
        clientId: this.id,
        faultTolerant: true,
        failoverReconnect: this.#introductions > 0,
      }),
    )
    this.append(create('SessionInfo', { commandId: commandId(), sessionId }))
    for (const command of this.#role.introduction()) {
      this.append({ ...command, commandId: commandId() })
    }
    this.#introductions++
    this.#role.onUp()
    this.flush()
  }

  #onClose(): void {
    if (this.#codec !== null) this.#role.onDown()
    this.#codec = null
    if (!this.#isClosed) setTimeout(() => this.#connect(), RETRY_MS)
  }
}
