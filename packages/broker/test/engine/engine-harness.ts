import { BrokerError } from '@quorate/core/base/errors'
import { silentLog } from '@quorate/core/base/log'
import { ManualClock } from '@quorate/core/base/manual-clock'
import type { DestinationName } from '@quorate/core/model/destination'
import { parseDestinationName } from '@quorate/core/model/destination-name'
import type {
  Client,
  ClientSink,
  Consumer,
  ConsumerOptions,
  Delivery,
  Message,
  MessageEditor,
  Receipt,
} from '../../src/engine/client.ts'
import { NO_RECEIPT } from '../../src/engine/client.ts'
import { Engine } from '../../src/engine/engine.ts'
import type { EngineOptions } from '../../src/engine/engine-options.ts'
import { DEAD_LETTER_BYTES_MAX, ENTRY_MEMORY_BYTES } from '../../src/engine/policy/limits.ts'
import type { LogOp } from '../../src/store/log-op.ts'
import { MemoryLog } from '../../src/store/memory/memory-log.ts'
import { MemoryStore } from '../../src/store/memory/memory-store.ts'
import type { LogWriter, Stored } from '../../src/store/message-store.ts'
import type { TemporaryStore } from '../../src/store/temporary-store.ts'

/** A log whose records are committed when the test says so, and can be lost before. */
export class TestLog implements LogWriter {
  confirmableIndex = 0
  /** Appended, not committed. */
  readonly pending: LogOp[] = []
  /** Everything ever committed. */
  readonly committed: LogOp[] = []
  leads = true
  readonly #log: MemoryLog
  readonly #store: MemoryStore

  constructor(log: MemoryLog, store: MemoryStore) {
    this.#log = log
    this.#store = store
  }

  append(op: LogOp): number {
    if (!this.leads) throw new BrokerError('LEADERSHIP_LOST', 'Another one leads.')
    this.pending.push(op)
    return this.#log.lastIndex + this.pending.length
  }

  commit(count = this.pending.length): void {
    for (const op of this.pending.splice(0, count)) {
      this.committed.push(op)
      this.#log.append(op)
    }
    this.#log.applyTo(this.#store)
  }

  /** What was not committed is gone: another leader was elected. */
  loseTail(): void {
    this.pending.length = 0
  }
}

export interface Confirmation {
  readonly receipt: Receipt
  readonly stored: Stored | null
}

/** A client's end: remembers everything it is told. */
export class TestClient implements ClientSink {
  readonly deliveries: Delivery[] = []
  readonly confirmations: Confirmation[] = []
  readonly rejections: { receipt: Receipt; error: BrokerError }[] = []
  readonly ended: Consumer[] = []
  closed: BrokerError | null = null
  paused = false
  flushes = 0
  /** Called with each batch, at the moment of dispatch. */
  onDispatch: (deliveries: readonly Delivery[]) => void = () => {}
  #client: Client | null = null
  #nextReceipt = 1
  #nextConsumer = 1
  #sequence = 0

  get client(): Client {
    if (this.#client === null) throw new Error('not connected')
    return this.#client
  }

  join(client: Client): void {
    this.#client = client
  }

  dispatch(_consumer: Consumer, deliveries: readonly Delivery[]): void {
    this.deliveries.push(...deliveries)
    for (const delivery of deliveries) delivery.key = delivery.body.toString()
    this.onDispatch(deliveries)
    for (const delivery of deliveries) delivery.sent()
  }

  confirm(receipt: Receipt, stored: Stored | null): void {
    this.confirmations.push({ receipt, stored })
  }

  reject(receipt: Receipt, error: BrokerError): void {
    this.rejections.push({ receipt, error })
  }

  endOfMessages(consumer: Consumer): void {
    this.ended.push(consumer)
  }

  consumerEnded(): void {}

  close(reason: BrokerError): void {
    this.closed = reason
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  flush(): void {
    this.flushes++
  }

  isConfirmed(receipt: Receipt): boolean {
    return this.confirmations.some((one) => one.receipt === receipt)
  }

  rejectionOf(receipt: Receipt): string | undefined {
    return this.rejections.find((one) => one.receipt === receipt)?.error.code
  }

  /** Texts of what was delivered, in order. */
  get texts(): string[] {
    return this.deliveries.map(textOf)
  }

  /** Deliveries since the last call. */
  takeDeliveries(): Delivery[] {
    return this.deliveries.splice(0)
  }

  receipt(): Receipt {
    return this.#nextReceipt++
  }

  send(destination: string, text: string, how: SendOptions = {}): Receipt {
    const receipt = this.receipt()
    const producer = how.producer ?? `${this.client.options.connectionId}:p`
    const sequence = how.sequence ?? ++this.#sequence
    const message = testMessage(destination, text, { ...how, producer, sequence })
    this.client.send(message, how.transaction ?? '', receipt)
    return receipt
  }

  consume(destination: string, options: Partial<ConsumerOptions> = {}): Consumer {
    return this.client.openConsumer(this.optionsOf(destination, options), NO_RECEIPT)
  }

  /** Of one more consumer. */
  optionsOf(destination: string, options: Partial<ConsumerOptions> = {}): ConsumerOptions {
    const consumerId = `c${this.#nextConsumer++}`
    return {
      consumerId,
      destination: parseDestinationName(destination, 'queue'),
      prefetch: 1000,
      browser: false,
      durableName: '',
      noLocal: false,
      exclusive: false,
      priority: 0,
      selector: '',
      pendingLimit: 0,
      info: null,
      ...options,
    }
  }

  acknowledge(deliveries: readonly Delivery[], how: AckOptions = {}): Receipt {
    const receipt = this.receipt()
    const { mode = 'consumed', transaction = '', cause = '', isWhole = true } = how
    this.client.acknowledge({ mode, deliveries, isWhole, transaction, cause }, receipt)
    return receipt
  }

  commit(transaction: string): Receipt {
    const receipt = this.receipt()
    this.client.commit(transaction, receipt)
    return receipt
  }

  rollback(transaction: string): Receipt {
    const receipt = this.receipt()
    this.client.rollback(transaction, receipt)
    return receipt
  }
}

export interface SendOptions {
  readonly persistent?: boolean
  readonly paced?: boolean
  readonly transaction?: string
  readonly producer?: string
  readonly sequence?: number
  readonly expirationMs?: number
  readonly priority?: number
}

export interface AckOptions {
  readonly mode?: Parameters<Client['acknowledge']>[0]['mode']
  readonly transaction?: string
  readonly cause?: string
  readonly isWhole?: boolean
}

export function testMessage(destination: string, text: string, how: SendOptions = {}): Message {
  return {
    producer: how.producer ?? '',
    producerSequence: how.sequence ?? 0,
    paced: how.paced ?? true,
    destination: nameOf(destination),
    persistent: how.persistent ?? true,
    priority: how.priority ?? 4,
    expirationMs: how.expirationMs ?? 0,
    body: Buffer.from(text),
    decoded: undefined,
  }
}

/** What so many messages count in memory whose bodies have so many bytes. */
export function held(count: number, bodyBytes: number): number {
  return count * (bodyBytes + ENTRY_MEMORY_BYTES)
}

/** As it was sent. */
export function textOf({ key }: Pick<Delivery, 'key'>): string {
  return String(key)
}

/** `queue://Q` and the like; a bare name is a queue's. */
export function nameOf(destination: string): DestinationName {
  return parseDestinationName(destination, 'queue')
}

/** Causes for which there is no dead letter, or none that a record could hold. */
export const UNREADABLE = 'unreadable'
export const SWELLING = 'swelling'

const editor: MessageEditor = {
  deadLetter: (body, { cause }) => {
    if (cause === UNREADABLE) throw new BrokerError('MALFORMED_FRAME', 'no message')
    if (cause === SWELLING) return Buffer.alloc(DEAD_LETTER_BYTES_MAX + 1)
    return Buffer.from(`${body.toString()} [${cause}]`)
  },
  resend: (body) => Buffer.from(body),
}

/** An engine on a log and a store that the test drives step by step. */
export class EngineHarness {
  readonly clock = new ManualClock()
  readonly store: MemoryStore
  readonly log: TestLog
  engine: Engine
  leaseValid = true
  readonly #options: Partial<EngineOptions>
  readonly #temporary: (clock: ManualClock) => TemporaryStore | null
  readonly #turns: (() => void)[] = []
  #connections = 0

  /**
   * `cacheBytes`: how much of the bodies the store keeps in memory; the rest takes a while.
   * `temporary`: makes the temporary store of a leadership; none: everything stays in memory.
   */
  constructor(
    options: Partial<EngineOptions> = {},
    cacheBytes = Infinity,
    temporary: (clock: ManualClock) => TemporaryStore | null = () => null,
  ) {
    this.#options = options
    this.#temporary = temporary
    const log = new MemoryLog()
    this.store = new MemoryStore({ bodies: log, cacheBytes })
    this.log = new TestLog(log, this.store)
    this.engine = this.#lead()
  }

  connect(how: ConnectHow = {}): TestClient {
    const sink = new TestClient()
    const client = this.engine.connect({
      connectionId: how.connectionId ?? `conn-${++this.#connections}`,
      clientId: how.clientId ?? '',
      userName: '',
      remoteAddress: 'test',
      reconnect: how.reconnect ?? false,
      sink,
    })
    sink.join(client)
    return sink
  }

  /** Runs what was scheduled for the end of the turn, and what that schedules. */
  runTurns(): void {
    for (let i = 0; i < 1000 && this.#turns.length > 0; i++) this.#turns.shift()?.()
  }

  /** Commits everything and hands out everything, until nothing moves. */
  settle(): void {
    for (let i = 0; i < 100; i++) {
      this.runTurns()
      if (this.log.pending.length === 0) return
      this.log.commit()
    }
  }

  /** The same with reads from the journal, which take a while. */
  async settleReads(): Promise<void> {
    for (let i = 0; i < 50; i++) {
      this.settle()
      await reads()
      if (this.#turns.length === 0) return
    }
  }

  /** Another leader takes over; what was not committed is lost, or not. */
  failOver(tail: 'lost' | 'kept'): void {
    if (tail === 'lost') this.log.loseTail()
    this.engine.stop(new BrokerError('LEADERSHIP_LOST', 'Another one leads.'))
    if (tail === 'kept') this.log.commit()
    this.#turns.length = 0
    this.engine = this.#lead()
  }

  depth(destination: string): number {
    const { kind, name } = nameOf(destination)
    const queue = this.engine
      .view()
      .queues.find((one) => one.destination.name === name && one.destination.kind === kind)
    return queue?.depth ?? 0
  }

  isStored(queue: string, sequence: number): boolean {
    for (const { id, destination } of this.store.destinations()) {
      if (destination.kind !== 'queue' || destination.name !== queue) continue
      return this.store.list(id)?.get(sequence) !== undefined
    }
    return false
  }

  /** Texts that wait in the stored list of a queue, in order. */
  stored(queue: string): string[] {
    for (const { id, destination } of this.store.destinations()) {
      if (destination.kind !== 'queue' || destination.name !== queue) continue
      const waiting = this.store.list(id)?.next(0, 100_000) ?? []
      return waiting.map((one) => one.body?.toString() ?? '?')
    }
    return []
  }

  #lead(): Engine {
    const engine = new Engine({
      store: this.store,
      log: this.log,
      clock: this.clock,
      logger: silentLog,
      editor,
      lease: { valid: () => this.leaseValid },
      turn: { schedule: (work) => this.#turns.push(work) },
      temporary: this.#temporary(this.clock),
      options: this.#options,
    })
    engine.start()
    return engine
  }
}

/** Lets what is being read from the journal arrive. */
export function reads(): Promise<void> {
  return new Promise((done) => setImmediate(done))
}

export interface ConnectHow {
  readonly connectionId?: string
  readonly clientId?: string
  readonly reconnect?: boolean
}
