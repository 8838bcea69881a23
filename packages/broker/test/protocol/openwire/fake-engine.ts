import type { DestinationName } from '@quorate/core/model/destination'
import type { BrokerError } from '@quorate/core/base/errors'
import { NO_RECEIPT } from '../../../src/engine/client.ts'
import type {
  Acknowledgement,
  Client,
  ConnectOptions,
  Consumer,
  ConsumerOptions,
  Delivery,
  EngineApi,
  EngineObserver,
  InFlight,
  Message,
  Receipt,
} from '../../../src/engine/client.ts'

/** What the adapter asked of the engine, in order. */
export interface EngineCall {
  readonly name: string
  readonly receipt: Receipt
  readonly argument: unknown
}

/**
 * An engine without a memory: it notes what it is asked, and answers at once unless told not to.
 */
export class FakeEngine implements EngineApi {
  readonly clients: FakeClient[] = []
  readonly published: Message[] = []
  readonly publishedTo: { consumer: Consumer; messages: readonly Message[] }[] = []
  readonly observers: EngineObserver[] = []
  existing: DestinationName[] = []
  refuse: BrokerError | null = null
  mayDispatch = true

  get client(): FakeClient {
    const client = this.clients.at(-1)
    if (client === undefined) throw new Error('no client has connected')
    return client
  }

  connect(options: ConnectOptions): Client {
    if (this.refuse !== null) throw this.refuse
    const client = new FakeClient(this, options)
    this.clients.push(client)
    for (const observer of this.observers) observer.clientConnected(client)
    return client
  }

  publish(message: Message): void {
    this.published.push(message)
  }

  publishTo(consumer: Consumer, messages: readonly Message[]): void {
    this.publishedTo.push({ consumer, messages })
  }

  observe(observer: EngineObserver): void {
    this.observers.push(observer)
  }

  destinations(): Iterable<DestinationName> {
    return this.existing
  }
}

export class FakeClient implements Client {
  readonly options: ConnectOptions
  readonly calls: EngineCall[] = []
  readonly consumers: FakeConsumer[] = []
  readonly engine: FakeEngine
  /** Whether operations are confirmed within the call. */
  confirming = true
  /** Called with each send. */
  onSend: () => void = () => {}
  readonly waiting = { length: 0, bytes: 0 }
  closed = false
  writable = true
  /** Thrown by the next call that can fail. */
  failure: BrokerError | null = null

  constructor(engine: FakeEngine, options: ConnectOptions) {
    this.engine = engine
    this.options = options
  }

  /** Calls of one name. */
  named(name: string): EngineCall[] {
    return this.calls.filter((call) => call.name === name)
  }

  get sent(): Message[] {
    return this.named('send').map((call) => (call.argument as { message: Message }).message)
  }

  get acknowledged(): Acknowledgement[] {
    return this.named('acknowledge').map((call) => call.argument as Acknowledgement)
  }

  openConsumer(options: ConsumerOptions, receipt: Receipt): Consumer {
    const consumer = new FakeConsumer(this, options)
    this.consumers.push(consumer)
    this.#note('openConsumer', options, receipt)
    for (const observer of this.engine.observers) observer.consumerAdded(this, consumer)
    return consumer
  }

  lastStoredSequence(): number {
    return 0
  }

  send(message: Message, transaction: string, receipt: Receipt): void {
    this.#note('send', { message, transaction }, receipt)
    this.onSend()
  }

  acknowledge(ack: Acknowledgement, receipt: Receipt): void {
    this.#note('acknowledge', ack, receipt)
  }

  begin(transaction: string): void {
    this.#note('begin', transaction, NO_RECEIPT)
  }

  commit(transaction: string, receipt: Receipt): void {
    this.#note('commit', transaction, receipt)
  }

  rollback(transaction: string, receipt: Receipt): void {
    this.#note('rollback', transaction, receipt)
  }

  addDestination(destination: DestinationName, receipt: Receipt): void {
    this.#note('addDestination', destination, receipt)
    for (const observer of this.engine.observers) observer.destinationAdded(destination, this)
  }

  removeDestination(destination: DestinationName, receipt: Receipt): void {
    this.#note('removeDestination', destination, receipt)
    for (const observer of this.engine.observers) observer.destinationRemoved(destination, this)
  }

  unsubscribe(durableName: string, receipt: Receipt): void {
    this.#note('unsubscribe', durableName, receipt)
  }

  setWritable(writable: boolean): void {
    this.writable = writable
  }

  close(): void {
    this.closed = true
    for (const observer of this.engine.observers) observer.clientClosed(this)
  }

  #note(name: string, argument: unknown, receipt: Receipt): void {
    const failure = this.failure
    this.failure = null
    if (failure !== null) throw failure
    this.calls.push({ name, argument, receipt })
    if (this.confirming) this.options.sink.confirm(receipt, null)
    this.options.sink.flush()
  }
}

export class FakeConsumer implements Consumer {
  readonly options: ConsumerOptions
  readonly inFlight: InFlight
  readonly deliveries: Delivery[] = []
  readonly pulls: number[] = []
  prefetch: number
  closedAt: number | null = null
  /** Deliveries whose bodies the adapter needs no more. */
  sent = 0
  readonly #client: FakeClient
  #nextId = 1

  constructor(client: FakeClient, options: ConsumerOptions) {
    const deliveries = this.deliveries
    this.#client = client
    this.options = options
    this.prefetch = options.prefetch
    this.inFlight = {
      get length() {
        return deliveries.length
      },
      at: (position) => (position < 0 ? undefined : deliveries[position]),
      [Symbol.iterator]: () => deliveries[Symbol.iterator](),
    }
  }

  /** Dispatches messages to the client, in one burst. */
  deliver(...messages: readonly (Message & { sequence?: number; redeliveries?: number })[]): void {
    const fresh = messages.map((message): Delivery => ({
      id: this.#nextId++,
      consumer: this,
      destination: this.options.destination,
      body: message.body,
      decoded: message.decoded,
      key: undefined,
      sent: () => this.sent++,
      redeliveries: message.redeliveries ?? 0,
      sequence: message.sequence ?? 0,
    }))
    this.deliveries.push(...fresh)
    this.#client.options.sink.dispatch(this, fresh)
    this.#client.options.sink.flush()
  }

  setPrefetch(prefetch: number): void {
    this.prefetch = prefetch
  }

  pull(timeoutMs: number): void {
    this.pulls.push(timeoutMs)
  }

  close(lastDeliveredId: number): void {
    this.closedAt = lastDeliveredId
    for (const observer of this.#client.engine.observers) {
      observer.consumerRemoved(this.#client, this)
    }
  }
}
