import type { Clock, Timer } from '@quorate/core/base/clock'
import { BrokerError, assert } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import { formatDestination } from '@quorate/core/model/destination'
import type { DestinationName } from '@quorate/core/model/destination'
import type { MessageOp } from '../store/log-op.ts'
import type {
  AppliedRecord,
  ApplyListener,
  LogWriter,
  MessageStore,
  StoredMessage,
} from '../store/message-store.ts'
import type { TemporaryStore } from '../store/temporary-store.ts'
import { Administration } from './administration/administration.ts'
import { ClientConnection } from './client-connection.ts'
import type {
  ConnectOptions,
  Consumer,
  EngineApi,
  EngineObserver,
  Message,
  MessageEditor,
} from './client.ts'
import { createCore } from './create-core.ts'
import type { Lease, Turn } from './dispatch/dispatcher.ts'
import { Entry } from './dispatch/entry.ts'
import type { EngineCore } from './engine-core.ts'
import { EngineEvents } from './engine-events.ts'
import { defaultEngineOptions } from './engine-options.ts'
import type { EngineOptions } from './engine-options.ts'
import { engineView } from './engine-view.ts'
import type { EngineView } from './engine-view.ts'
import type { SwitchedShortage } from './policy/shortage.ts'
import { Subscription } from './subscription/subscription.ts'

export interface EnginePorts {
  readonly store: MessageStore
  readonly log: LogWriter
  readonly clock: Clock
  readonly logger: Log
  readonly editor: MessageEditor
  /** The right to hand messages to consumers (R27). */
  readonly lease: Lease
  /** Runs the engine's work at the end of a turn of the event loop. */
  readonly turn: Turn
  /** Where messages go that memory has no room for; none: they stay in memory, or wait. */
  readonly temporary?: TemporaryStore | null
  readonly options?: Partial<EngineOptions>
}

const TICK_MS = 1000

interface Joined {
  readonly op: MessageOp
  readonly entries: readonly StoredMessage[]
}

/**
 * Destinations, subscriptions, transactions: everything a broker does with messages, while it
 * leads. Started on a store that has applied everything up to the first record of this leadership,
 * stopped when it steps down; a new leadership takes a new engine.
 */
export class Engine implements EngineApi, ApplyListener {
  readonly #ports: EnginePorts
  readonly #events = new EngineEvents()
  readonly #clients = new Map<string, ClientConnection>()
  readonly #byClientId = new Map<string, ClientConnection>()
  /** Messages of the record that is being applied. */
  #joined: Joined[] = []
  #core: EngineCore | null = null
  #tick: Timer | null = null
  #stopped = false

  constructor(ports: EnginePorts) {
    this.#ports = ports
  }

  get isRunning(): boolean {
    return this.#core !== null && !this.#stopped
  }

  get mayDispatch(): boolean {
    return this.#core?.dispatcher.leaseValid ?? false
  }

  /** Takes over what the log knows and begins to serve. */
  start(): void {
    assert(this.#core === null, 'an engine serves one leadership')
    const { store, clock } = this.#ports
    this.#core = createCore(this.#ports, {
      options: { ...defaultEngineOptions, ...this.#ports.options },
      events: this.#events,
      onLost: (reason) => this.stop(reason),
    })
    this.#core.registry.load()
    store.listener = this
    this.#tick = clock.every(TICK_MS, () => this.leaseRestored())
    declare(this.#core)
  }

  /**
   * Step-down (R29): dispatch ends, every connection is closed, nothing is answered and nothing is
   * appended any more. What was under way has an unknown outcome.
   */
  stop(reason: BrokerError): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#tick?.cancel()
    const core = this.#core
    if (core === null) return
    if (this.#ports.store.listener === this) this.#ports.store.listener = null
    core.records.close()
    core.flow.close()
    core.dispatcher.stop()
    for (const client of this.#clients.values()) client.terminate(reason)
    this.#clients.clear()
    this.#byClientId.clear()
  }

  connect(options: ConnectOptions): ClientConnection {
    const core = this.#running()
    this.#makeRoom(options)
    const client = new ClientConnection(core, options, {
      events: this.#events,
      onClosed: (closed) => this.#clientClosed(closed),
    })
    this.#clients.set(options.connectionId, client)
    if (options.clientId !== '') this.#byClientId.set(options.clientId, client)
    this.#events.clientConnected(client)
    return client
  }

  publish(message: Message): void {
    if (!this.isRunning) return
    const { registry } = this.#running()
    const entry = Entry.ofMessage(message, 0, 0)
    const topic = registry.findTopic(message.destination)
    if (topic !== undefined) {
      topic.publish(entry, null)
      return
    }
    const origin = { id: 0, destination: message.destination, discarded: 0 }
    for (const subscriber of new Set(registry.awaiting(message.destination))) {
      subscriber.offer(entry, origin)
    }
  }

  publishTo(consumer: Consumer, messages: readonly Message[]): void {
    if (!(consumer instanceof Subscription)) return
    for (const message of messages) {
      const origin = { id: 0, destination: message.destination, discarded: 0 }
      consumer.offer(Entry.ofMessage(message, 0, 0), origin)
    }
  }

  observe(observer: EngineObserver): void {
    this.#events.observe(observer)
  }

  destinations(): Iterable<DestinationName> {
    return this.#running().registry.destinations()
  }

  /** Figures for people and monitoring, as of now. */
  view(): EngineView {
    let consumers = 0
    let topicPendingBytes = 0
    for (const client of this.#clients.values()) {
      consumers += client.consumerCount
      topicPendingBytes += client.topicPendingBytes
    }
    return engineView(this.#core, { clients: this.#clients.size, consumers, topicPendingBytes })
  }

  /** For administrators. Throws NOT_LEADER where nobody is served. */
  administration(): Administration {
    return new Administration({
      core: this.#running(),
      clients: () => this.#clients.values(),
      connect: (options) => this.connect(options),
    })
  }

  /** Messages may be handed out again (R27). */
  leaseRestored(): void {
    if (this.isRunning) this.#core?.dispatcher.schedule()
  }

  /**
   * Records up to this index may be confirmed although they are not committed: for the `local_*`
   * sync words, whose promise is less. Dispatch still waits for the commit (R23).
   */
  confirmable(index: number): void {
    if (this.isRunning) this.#core?.records.confirmable(index)
  }

  /**
   * Something that is watched outside of the engine runs out, or there is enough again: sends that
   * need it wait from now on, or go on (policy/shortage.ts). Acknowledgements are not concerned.
   */
  setShort(reason: SwitchedShortage, short: boolean): void {
    if (!this.isRunning) return
    const { flow, dispatcher } = this.#running()
    flow.setShort(reason, short)
    dispatcher.schedule()
  }

  messageAdded(op: MessageOp, entries: readonly StoredMessage[]): void {
    this.#joined.push({ op, entries })
  }

  applied(record: AppliedRecord): void {
    const core = this.#core
    if (core === null || this.#stopped) return
    if (this.#joined.length > 0) this.#join(core, record)
    core.records.applied(record)
    core.flow.relax()
  }

  /** The record's messages wait in their lists from now on. */
  #join(core: EngineCore, record: AppliedRecord): void {
    // Not one of ours: a record that moved messages within the log.
    const pending = core.records.at(record.stored.index)
    const joined = this.#joined
    this.#joined = []
    for (let i = 0; i < joined.length; i++) {
      const message = pending?.message(i) ?? null
      for (const entry of joined[i]?.entries ?? []) {
        core.registry.backlog(entry.list)?.committed(entry, message)
      }
    }
  }

  /** Closes the connections that this one replaces, or refuses it. */
  #makeRoom(options: ConnectOptions): void {
    const namesake = this.#byClientId.get(options.clientId)
    const isOther = namesake !== undefined && namesake.options.connectionId !== options.connectionId
    if (isOther && !options.reconnect) {
      throw new BrokerError('INVALID_CLIENT_ID', 'The client id is in use.', {
        details: { clientId: options.clientId, from: namesake.options.remoteAddress },
      })
    }
    for (const old of [this.#clients.get(options.connectionId), namesake]) {
      if (old === undefined) continue
      const reason = new BrokerError('CONNECTION_LOST', 'The client has connected again.')
      old.close()
      old.sink.close(reason)
    }
  }

  #clientClosed(client: ClientConnection): void {
    const { connectionId, clientId } = client.options
    if (this.#clients.get(connectionId) === client) this.#clients.delete(connectionId)
    if (this.#byClientId.get(clientId) === client) this.#byClientId.delete(clientId)
    this.#events.clientClosed(client)
    this.#core?.flow.relax()
  }

  #running(): EngineCore {
    if (this.#core === null || this.#stopped) {
      throw new BrokerError('NOT_LEADER', 'This broker does not serve clients.')
    }
    return this.#core
  }
}

/** Creates what is to be there. One that cannot be is no reason to serve nobody. */
function declare({ registry, options, log }: EngineCore): void {
  for (const destination of options.destinations) {
    try {
      if (destination.kind === 'queue') registry.queue(destination)
      else registry.topic(destination)
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error
      const name = formatDestination(destination)
      log.warn('a destination cannot be created', { destination: name, reason: error.message })
    }
  }
}
