import type { Clock, Timer } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { Network } from '@quorate/core/transport/network'
import type { TransportConnectorOptions } from './config/broker-options.ts'
import type { Administration } from './engine/administration/administration.ts'
import { Engine } from './engine/engine.ts'
import type { EngineOptions } from './engine/engine-options.ts'
import type { EngineView } from './engine/engine-view.ts'
import type { UncommittedMax } from './engine/policy/flow-control.ts'
import { parseConnectorUri } from './listener/connector-uri.ts'
import { Listener } from './listener/listener.ts'
import { messageEditor } from './protocol/openwire/message-editor.ts'
import { OpenWireAdapter } from './protocol/openwire/openwire-adapter.ts'
import { PacedView } from './paced-view.ts'
import { defaultOpenWireOptions } from './protocol/openwire/openwire-options.ts'
import type { LogWriter, MessageStore } from './store/message-store.ts'
import type { TemporaryStore } from './store/temporary-store.ts'

/** How often it is looked whether a lapsed lease, or the space of the store, has come back. */
const LEASE_LOOK_MS = 50

/** What the broker's options say for the engine. */
type EngineLimit = 'destinations' | 'memoryLimitBytes' | 'policies' | 'otherwise'

export interface ServingOptions {
  readonly connectors: readonly TransportConnectorOptions[]
  readonly limits: Pick<EngineOptions, EngineLimit>
  readonly uncommittedMax: UncommittedMax
  readonly brokerName: string
  readonly brokerId: string
  readonly clusterUris: readonly string[]
  readonly store: MessageStore
  readonly logWriter: LogWriter
  /** For this leadership alone; null: messages without room in memory wait. */
  readonly temporary: TemporaryStore | null
  readonly leaseValid: () => boolean
  /** R37: there is no space for new messages, on our own disk or on those that a quorum needs. */
  readonly lacksSpace: () => boolean
  readonly schedule: (work: () => void) => void
  readonly network: Network
  readonly clock: Clock
  readonly log: Log
}

/**
 * What a broker does for clients while it leads: one engine with its adapter, and a listener for
 * each transport connector. A new leadership makes a new one; nothing of it outlives the step-down
 * (R29).
 */
export class Serving {
  readonly #options: ServingOptions
  readonly #engine: Engine
  readonly #view: PacedView<EngineView>
  #adapter: OpenWireAdapter | null = null
  readonly #listeners: Listener[] = []
  #isStopped = false
  #hadLease = true
  #lackedSpace = false
  #leaseLook: Timer | null = null

  constructor(options: ServingOptions) {
    this.#options = options
    this.#engine = new Engine({
      store: options.store,
      log: this.#watched(options.logWriter),
      clock: options.clock,
      logger: options.log,
      editor: messageEditor,
      lease: { valid: options.leaseValid },
      turn: { schedule: options.schedule },
      temporary: options.temporary,
      options: {
        destinations: options.limits.destinations,
        memoryLimitBytes: options.limits.memoryLimitBytes,
        policies: options.limits.policies,
        otherwise: options.limits.otherwise,
        uncommittedMax: options.uncommittedMax,
      },
    })
    this.#view = new PacedView(() => this.#engine.view(), options.clock)
  }

  /** Opens the engine and then the ports. Rejects with ADDRESS_IN_USE when one is taken. */
  async start(): Promise<void> {
    this.#engine.start()
    this.#lookAtSpace()
    this.#leaseLook = this.#options.clock.every(LEASE_LOOK_MS, () => this.#lookAtLease())
    const { brokerName, brokerId, clusterUris, clock, log, connectors } = this.#options
    const options = defaultOpenWireOptions
    const engine = this.#engine
    const shared = { engine, brokerName, brokerId, clusterUris, clock, log, options }
    const adapter = new OpenWireAdapter(shared)
    this.#adapter = adapter
    for (const connector of connectors) {
      // The step-down came meanwhile: the next leadership may want the port.
      if (this.#isStopped) return
      await this.#listen(connector, adapter)
    }
  }

  stop(reason: string): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#leaseLook?.cancel()
    const error = new BrokerError('LEADERSHIP_LOST', reason)
    this.#engine.stop(error)
    this.#adapter?.stop()
    for (const listener of this.#listeners) void listener.stop()
  }

  /** More of the log is committed, or confirmable in the local modes. */
  advanced(): void {
    const { confirmableIndex } = this.#options.logWriter
    if (confirmableIndex > 0) this.#engine.confirmable(confirmableIndex)
  }

  setClusterUris(uris: readonly string[]): void {
    this.#adapter?.setClusterUris(uris)
  }

  view(): EngineView {
    return this.#view.get()
  }

  /** null before the engine runs, and after it. */
  administration(): Administration | null {
    return this.#engine.isRunning ? this.#engine.administration() : null
  }

  /** The log, each record of which may be the one that fills the store. */
  #watched(writer: LogWriter): LogWriter {
    return {
      append: (op) => {
        const index = writer.append(op)
        if (!this.#lackedSpace) this.#lookAtSpace()
        return index
      },
      get confirmableIndex() {
        return writer.confirmableIndex
      },
    }
  }

  /** R37: who sends what is to be stored waits, or is refused; all others go on. */
  #lookAtSpace(): void {
    const lacksSpace = this.#options.lacksSpace()
    if (lacksSpace === this.#lackedSpace) return
    this.#lackedSpace = lacksSpace
    this.#engine.setShort('store', lacksSpace)
  }

  /** R27: dispatch that a lapsed lease held back goes on as soon as a quorum answers again. */
  #lookAtLease(): void {
    const hasLease = this.#options.leaseValid()
    if (hasLease && !this.#hadLease) this.#engine.leaseRestored()
    this.#hadLease = hasLease
    this.#lookAtSpace()
  }

  async #listen(connector: TransportConnectorOptions, adapter: OpenWireAdapter): Promise<void> {
    const { network, clock, log } = this.#options
    const uri = parseConnectorUri(connector.uri)
    const listener = new Listener({
      name: connector.name,
      host: uri.host,
      port: uri.port,
      maximumConnections: uri.maximumConnections,
      backlog: uri.backlog,
      accept: (stream) => adapter.accept(stream, uri.openwire),
      network,
      clock,
      log,
    })
    await listener.start()
    this.#listeners.push(listener)
    // The step-down came while the port was being opened.
    if (this.#isStopped) void listener.stop()
  }
}
