import { BrokerError } from '@quorate/core/base/errors'
import { systemClock } from '@quorate/core/base/clock'
import type { Clock } from '@quorate/core/base/clock'
import { silentLog } from '@quorate/core/base/log'
import type { Log } from '@quorate/core/base/log'
import { tcpNetwork } from '@quorate/core/transport/tcp-network'
import { createPipe } from '@quorate/core/transport/pipe'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import { Engine } from '@quorate/broker/engine/engine'
import type { EngineOptions } from '@quorate/broker/engine/engine-options'
import { parseConnectorUri } from '@quorate/broker/listener/connector-uri'
import { Listener } from '@quorate/broker/listener/listener'
import { messageEditor } from '@quorate/broker/protocol/openwire/message-editor'
import { OpenWireAdapter } from '@quorate/broker/protocol/openwire/openwire-adapter'
import type { LogOp } from '@quorate/broker/store/log-op'
import { MemoryLog } from '@quorate/broker/store/memory/memory-log'
import { MemoryStore } from '@quorate/broker/store/memory/memory-store'
import type { LogWriter } from '@quorate/broker/store/message-store'

export interface MemoryBrokerOptions {
  /** Where to listen; any free port of the loopback by default. */
  readonly uri?: string
  readonly engine?: Partial<EngineOptions>
  readonly clock?: Clock
  /** Runs work after what is under way: at the end of the event loop's turn by default. */
  readonly schedule?: (work: () => void) => void
  readonly log?: Log
}

interface Leadership {
  readonly engine: Engine
  readonly adapter: OpenWireAdapter
  readonly listener: Listener
}

/**
 * Everything of a broker but its disk and its peers, in this process: engine and OpenWire adapter
 * on a log that commits at the end of each turn of the event loop.
 */
export class MemoryBroker {
  readonly #options: MemoryBrokerOptions
  readonly #store = new MemoryStore()
  readonly #log = new MemoryLog()
  readonly #writer: LogWriter
  #isCommitScheduled = false
  #epoch = 0
  #port: number
  #leadership: Leadership

  constructor(options: MemoryBrokerOptions = {}) {
    this.#options = options
    this.#port = parseConnectorUri(this.#requestedUri).port
    this.#writer = {
      confirmableIndex: 0,
      append: (op) => this.#append(op),
    }
    this.#leadership = this.#lead()
  }

  /** `tcp://127.0.0.1:port`; known once it listens. */
  get uri(): string {
    return `tcp://127.0.0.1:${this.#port}`
  }

  get engine(): Engine {
    return this.#leadership.engine
  }

  get adapter(): OpenWireAdapter {
    return this.#leadership.adapter
  }

  /** Accepts connections on its port. */
  async listen(): Promise<void> {
    const { listener } = this.#leadership
    await listener.start()
    this.#port = listener.address.port
  }

  /** The client's end of a connection without a port. */
  dial(): ByteStream {
    const [client, broker] = createPipe()
    this.adapter.accept(broker)
    return client
  }

  /** Steps down and leads again: connections close, what was not committed is lost, or kept. */
  async failOver(): Promise<void> {
    const wasListening = this.#leadership.listener.isStarted
    await this.stop()
    this.#leadership = this.#lead()
    if (wasListening) await this.listen()
  }

  async stop(): Promise<void> {
    const { engine, adapter, listener } = this.#leadership
    this.#epoch++
    engine.stop(new BrokerError('LEADERSHIP_LOST', 'another one leads'))
    adapter.stop()
    await listener.stop()
  }

  get #requestedUri(): string {
    return this.#options.uri ?? 'tcp://127.0.0.1:0'
  }

  #schedule(work: () => void): void {
    const { schedule = setImmediate } = this.#options
    schedule(work)
  }

  #append(op: LogOp): number {
    const index = this.#log.append(op)
    if (!this.#isCommitScheduled) {
      this.#isCommitScheduled = true
      this.#schedule(() => {
        this.#isCommitScheduled = false
        this.#log.applyTo(this.#store)
      })
    }
    return index
  }

  #lead(): Leadership {
    const { clock = systemClock, log = silentLog } = this.#options
    const epoch = this.#epoch
    const engine = new Engine({
      store: this.#store,
      log: this.#writer,
      clock,
      logger: log,
      editor: messageEditor,
      lease: { valid: () => this.#epoch === epoch },
      turn: { schedule: (work) => this.#schedule(work) },
      ...(this.#options.engine === undefined ? {} : { options: this.#options.engine }),
    })
    engine.start()
    const uri = parseConnectorUri(this.#requestedUri)
    const adapter = new OpenWireAdapter({
      engine,
      brokerName: 'memory',
      brokerId: `ID:memory-${epoch}`,
      clusterUris: [],
      clock,
      log,
      options: uri.openwire,
    })
    const listener = new Listener({
      ...uri,
      name: 'openwire',
      port: this.#port,
      accept: (stream) => adapter.accept(stream),
      network: tcpNetwork,
      clock,
      log,
    })
    return { engine, adapter, listener }
  }
}
