import { BrokerError } from '@quorate/core/base/errors'
import { formatDestination, isTemporary } from '@quorate/core/model/destination'
import type { DestinationName } from '@quorate/core/model/destination'
import { splitComposite } from '@quorate/core/model/destination-name'
import type { Stored } from '../store/message-store.ts'
import { NO_RECEIPT } from './client.ts'
import type {
  Acknowledgement,
  Client,
  ClientSink,
  ConnectOptions,
  Consumer,
  ConsumerOptions,
  EngineObserver,
  Message,
  Receipt,
  WaitingLoad,
} from './client.ts'
import type { ConnectionView, ConsumerView } from './administration/views.ts'
import { removeDestination } from './destination/destination-removal.ts'
import type { Flushable } from './dispatch/dispatcher.ts'
import type { EngineCore } from './engine-core.ts'
import { ReceiptRecord, RefusalRecord } from './pending-records.ts'
import type { ReceiptHolder } from './pending-records.ts'
import {
  CONSUMERS_PER_CLIENT_MAX,
  MESSAGE_BYTES_MAX,
  PRODUCERS_AT_HAND_MAX,
  TRANSACTIONS_PER_CLIENT_MAX,
} from './policy/limits.ts'
import { SendGate } from './policy/send-gate.ts'
import type { GateOwner } from './policy/send-gate.ts'
import type { Lack, Send } from './policy/waiting-sends.ts'
import type { Producer } from './producer-table.ts'
import { Router, Shipment, ShipmentRecord } from './routing.ts'
import { acknowledge, outstanding } from './subscription/acknowledge.ts'
import { openSubscription } from './subscription/open-subscription.ts'
import { ALL_SEEN, Subscription } from './subscription/subscription.ts'
import type { SubscriptionOwner } from './subscription/subscription.ts'
import { commitTransaction, rollbackTransaction, rolledBack } from './transaction/commit.ts'
import { Transaction } from './transaction/transaction.ts'

/** One producer of this connection. */
interface Sending {
  /** null until something of it is stored. */
  producer: Producer | null
  /** What it sends may have been stored before this connection: resends are recognised. */
  readonly mayResend: boolean
}

/** One client's connection, inside the engine. */
export class ClientConnection
  implements Client, SubscriptionOwner, Flushable, ReceiptHolder, GateOwner
{
  readonly options: ConnectOptions
  touched = false
  readonly #core: EngineCore
  readonly #events: EngineObserver
  readonly #router: Router
  readonly #gate: SendGate
  readonly #onClosed: (client: ClientConnection) => void
  readonly #consumers = new Map<string, Subscription>()
  readonly #transactions = new Map<string, Transaction>()
  readonly #temporaries = new Set<DestinationName>()
  readonly #sendings = new Map<string, Sending>()
  #writable = true
  #closed = false

  constructor(
    core: EngineCore,
    options: ConnectOptions,
    around: {
      readonly events: EngineObserver
      readonly onClosed: (client: ClientConnection) => void
    },
  ) {
    this.#core = core
    this.options = options
    this.#events = around.events
    this.#onClosed = around.onClosed
    this.#router = new Router(core.registry)
    this.#gate = new SendGate(core.flow, core.clock, this)
  }

  get sink(): ClientSink {
    return this.options.sink
  }

  get isWritable(): boolean {
    return this.#writable && !this.#closed
  }

  get waiting(): WaitingLoad {
    return this.#gate.waiting.toAnswer
  }

  get consumerCount(): number {
    return this.#consumers.size
  }

  get view(): ConnectionView {
    const { connectionId, clientId, userName, remoteAddress } = this.options
    const [consumers, transactions] = [this.#consumers.size, this.#transactions.size]
    return { connectionId, clientId, userName, remoteAddress, consumers, transactions }
  }

  *consumerViews(): Iterable<ConsumerView> {
    const { connectionId, clientId } = this.options
    for (const { options, inFlight } of this.#consumers.values()) {
      const { info: _, pendingLimit: __, ...told } = options
      yield { ...told, connectionId, clientId, inFlight: inFlight.length }
    }
  }

  get topicPendingBytes(): number {
    let bytes = 0
    for (const subscription of this.#consumers.values()) bytes += subscription.pendingBytes
    return bytes
  }

  /**
   * Whether what it acknowledges makes room. Topics' subscribers that may miss messages, such as
   * every JMS client has for advisories, hold no memory by waiting.
   */
  get isConsuming(): boolean {
    for (const subscription of this.#consumers.values()) if (subscription.drawsOnLists) return true
    return false
  }

  openConsumer(options: ConsumerOptions, receipt: Receipt): Consumer {
    if (this.#closed) throw new BrokerError('ILLEGAL_STATE', 'The connection is closed.')
    const present = this.#consumers.get(options.consumerId)
    if (present !== undefined) {
      this.#confirmBehind(receipt)
      return present
    }
    if (this.#consumers.size >= CONSUMERS_PER_CLIENT_MAX) {
      throw new BrokerError('RESOURCE_LIMIT', 'The connection has too many consumers.', {
        details: { most: CONSUMERS_PER_CLIENT_MAX },
      })
    }
    const subscription = openSubscription(this.#core, this, options)
    this.#consumers.set(options.consumerId, subscription)
    this.#events.consumerAdded(this, subscription)
    this.#confirmBehind(receipt)
    return subscription
  }

  lastStoredSequence(producer: string): number {
    return this.#core.producers.find(producer)?.lastSequence ?? 0
  }

  send(message: Message, transaction: string, receipt: Receipt): void {
    if (!this.#closed) this.#gate.offer({ message, transaction, receipt })
  }

  acknowledge(ack: Acknowledgement, receipt: Receipt): void {
    if (this.#closed) return
    // Only consumption is part of a transaction; the other modes tell what has already happened.
    if (ack.transaction === '' || ack.mode !== 'consumed') {
      acknowledge(this.#core, ack, { holder: this, receipt })
      return
    }
    try {
      const deliveries = outstanding(ack)
      const transaction = this.#transaction(ack.transaction)
      // After a failover a client may acknowledge what it has from before, in its own order. Its
      // commit would be confirmed, and the message would come again.
      if (!ack.isWhole) transaction.fail(notWithTheClient())
      transaction.addAcknowledged(deliveries)
      const subscription = deliveries[0]?.consumer
      if (subscription instanceof Subscription) {
        for (const delivery of deliveries) subscription.seen(delivery)
        subscription.wake()
      }
      this.confirm(receipt, null)
    } catch (error) {
      this.#reject(receipt, error)
    }
  }

  begin(transaction: string): void {
    if (this.#closed || this.#transactions.has(transaction)) return
    // One too many is not begun: its operations and its commit are refused as unknown.
    if (this.#transactions.size >= TRANSACTIONS_PER_CLIENT_MAX) return
    this.#transactions.set(transaction, new Transaction(transaction, this.#core.held))
  }

  commit(transaction: string, receipt: Receipt): void {
    if (this.#closed) return
    const open = this.#transactions.get(transaction)
    const { commits, store } = this.#core
    if (
      open === undefined &&
      (commits.has(transaction) || store.transactionCommitted(transaction))
    ) {
      // Repeated after its answer was lost (R43).
      this.#confirmBehind(receipt)
      return
    }
    this.#gate.offer({ message: null, transaction, receipt })
  }

  rollback(transaction: string, receipt: Receipt): void {
    if (this.#closed) return
    const open = this.#transactions.get(transaction)
    if (open !== undefined) rollbackTransaction(open)
    this.#transactions.delete(transaction)
    this.confirm(receipt, null)
  }

  addDestination(destination: DestinationName, receipt: Receipt): void {
    if (this.#closed) return
    try {
      for (const part of splitComposite(destination)) this.#addDestination(part)
      this.#confirmBehind(receipt)
    } catch (error) {
      this.#reject(receipt, error)
    }
  }

  removeDestination(destination: DestinationName, receipt: Receipt): void {
    if (this.#closed) return
    try {
      const target = this.#core.registry.find(destination)
      if (target === undefined) this.#confirmBehind(receipt)
      else if (isTemporary(destination.kind)) this.#removeTemporary(destination, receipt)
      else removeDestination(this.#core, target, { holder: this, receipt })
    } catch (error) {
      this.#reject(receipt, error)
    }
  }

  unsubscribe(durableName: string, receipt: Receipt): void {
    if (this.#closed) return
    const { registry, records, acks } = this.#core
    const durable = registry.durable(this.options.clientId, durableName)
    if (durable === undefined) {
      const error = new BrokerError('INVALID_DESTINATION', 'There is no such subscription.', {
        details: { clientId: this.options.clientId, subscription: durableName },
      })
      // Perhaps it is being removed: by this very request, the answer to which was lost.
      records.behindLast(new RefusalRecord(this, receipt, error))
    } else if (durable.isActive) {
      const why = 'The durable subscription is in use.'
      this.reject(receipt, new BrokerError('DESTINATION_IN_USE', why))
    } else {
      acks.flush()
      registry.forgetDurable(durable)
      const op = { kind: 'subscription-removed', id: durable.description.id } as const
      records.append(op, new ReceiptRecord(this, receipt))
    }
  }

  setWritable(writable: boolean): void {
    if (this.#writable === writable) return
    this.#writable = writable
    if (writable) for (const subscription of this.#consumers.values()) subscription.wake()
  }

  close(): void {
    if (this.#closed) return
    for (const transaction of this.#transactions.values()) rollbackTransaction(transaction)
    this.#closed = true
    this.#transactions.clear()
    // Nobody knows what a client that is gone has seen: all of it counts as delivered.
    for (const subscription of [...this.#consumers.values()]) subscription.close(ALL_SEEN)
    for (const destination of this.#temporaries) {
      const target = this.#core.registry.find(destination)
      if (target?.owner === this) this.#core.registry.forget(target)
    }
    this.#temporaries.clear()
    this.#gate.close()
    this.#onClosed(this)
  }

  /** This leadership is over: closes the connection and answers nothing (R29). */
  terminate(reason: BrokerError): void {
    if (this.#closed) return
    this.#closed = true
    for (const subscription of this.#consumers.values()) subscription.abandon()
    this.sink.close(reason)
  }

  confirm(receipt: Receipt, stored: Stored | null): void {
    if (receipt === NO_RECEIPT || this.#closed) return
    this.sink.confirm(receipt, stored)
    this.touch()
  }

  reject(receipt: Receipt, error: BrokerError): void {
    if (this.#closed) return
    this.sink.reject(receipt, error)
    this.touch()
  }

  touch(): void {
    this.#core.dispatcher.touch(this)
  }

  flush(): void {
    if (!this.#closed) this.sink.flush()
  }

  pauseReading(): void {
    this.sink.pause()
  }

  resumeReading(): void {
    this.sink.resume()
  }

  perform(send: Send): Lack | null {
    const { message, transaction, receipt } = send
    if (message === null) return this.#commit(transaction, receipt)
    checkSize(message)
    const sending = message.persistent ? this.#sending(message.producer) : null
    if (transaction !== '') {
      this.#hold(message, sending, transaction)
      this.confirm(receipt, null)
      return null
    }
    if (isResend(message, sending)) this.#confirmBehind(receipt)
    else return this.#ship(message, sending, receipt)
    return null
  }

  refuse({ message, transaction, receipt }: Send, error: unknown): void {
    const open = this.#transactions.get(transaction)
    if (message !== null || !(error instanceof BrokerError)) {
      // Nobody may have waited for it: the commit must not succeed without it.
      if (error instanceof BrokerError) open?.fail(error)
      this.#reject(receipt, error)
      return
    }
    if (open !== undefined) rollbackTransaction(open)
    this.#transactions.delete(transaction)
    this.reject(receipt, rolledBack(error))
  }

  subscriptionClosed(subscription: Subscription): void {
    const { consumerId } = subscription.options
    if (this.#consumers.get(consumerId) === subscription) this.#consumers.delete(consumerId)
    this.#events.consumerRemoved(this, subscription)
  }

  #commit(transaction: string, receipt: Receipt): Lack | null {
    const wanted = this.#transaction(transaction)
    const { flow, options } = this.#core
    const reason = flow.lacks({ usesMemory: false, usesStore: wanted.storesMessages })
    if (reason !== null) return { reason, policy: options.otherwise }
    this.#transactions.delete(transaction)
    const sender = { client: this, router: this.#router }
    const usesMemory = commitTransaction(this.#core, wanted, sender, { holder: this, receipt })
    flow.committed(this.#gate, usesMemory)
    return null
  }

  /** Sends one message outside of transactions. */
  #ship(message: Message, sending: Sending | null, receipt: Receipt): Lack | null {
    const { records, producers, flow } = this.#core
    const shipment = new Shipment(message, this.#router.route(message.destination), this)
    const lack = shipment.lack(flow)
    if (lack !== null) return lack
    if (shipment.lists.length === 0) {
      shipment.deliver()
      this.confirm(receipt, null)
      return null
    }
    const producer = this.#producer(message, sending)
    if (producer !== null) producers.refresh(producer)
    const record = new ShipmentRecord(shipment, this, receipt)
    records.append(shipment.op(producer), record, message.body.length)
    if (producer !== null) producers.appended(producer, message.producerSequence)
    flow.sent(this.#gate)
    return null
  }

  #hold(message: Message, sending: Sending | null, transaction: string): void {
    const open = this.#transaction(transaction)
    if (isResend(message, sending)) return
    // Destinations that cannot be sent to are told at once, not at the commit.
    this.#router.route(message.destination)
    open.addSend({ message, producer: this.#producer(message, sending) })
  }

  #sending(producer: string): Sending | null {
    if (producer === '') return null
    let sending = this.#sendings.get(producer)
    if (sending === undefined) {
      const known = this.#core.producers.find(producer) ?? null
      sending = { producer: known, mayResend: this.options.reconnect || known !== null }
      // Only a cache: what is stored is in the table of producers.
      if (this.#sendings.size >= PRODUCERS_AT_HAND_MAX) this.#sendings.clear()
      this.#sendings.set(producer, sending)
    }
    return sending
  }

  /** The sender's number in the log, which it gets with the first message that is stored. */
  #producer(message: Message, sending: Sending | null): Producer | null {
    if (sending === null || message.producerSequence <= 0) return null
    sending.producer ??= this.#core.producers.introduce(message.producer)
    return sending.producer
  }

  #transaction(id: string): Transaction {
    const transaction = this.#transactions.get(id)
    if (transaction !== undefined) return transaction
    throw new BrokerError('TRANSACTION_ROLLED_BACK', 'The transaction is not known.', {
      details: { transaction: id },
    })
  }

  #addDestination(destination: DestinationName): void {
    const { registry } = this.#core
    if (isTemporary(destination.kind)) {
      registry.addTemporary(destination, this)
      this.#temporaries.add(destination)
    } else if (destination.kind === 'queue') registry.queue(destination)
    else registry.topic(destination)
  }

  #removeTemporary(destination: DestinationName, receipt: Receipt): void {
    const target = this.#core.registry.find(destination)
    if (target?.owner !== this) {
      throw new BrokerError('INVALID_DESTINATION', 'Another connection owns this destination.', {
        details: { destination: formatDestination(destination) },
      })
    }
    if (target.consumers > 0) {
      throw new BrokerError('DESTINATION_IN_USE', 'The destination still has consumers.', {
        details: { destination: formatDestination(destination) },
      })
    }
    this.#core.registry.forget(target)
    for (const own of this.#temporaries) {
      if (own.kind === destination.kind && own.name === destination.name)
        this.#temporaries.delete(own)
    }
    this.confirm(receipt, null)
  }

  /**
   * Confirms when everything appended so far is committed: also where nothing had to be appended,
   * because what is there already may have been appended a moment ago, for somebody else.
   */
  #confirmBehind(receipt: Receipt): void {
    if (receipt !== NO_RECEIPT) this.#core.records.behindLast(new ReceiptRecord(this, receipt))
  }

  #reject(receipt: Receipt, error: unknown): void {
    // Anything else is a bug of ours, which must not look like an answer.
    if (!(error instanceof BrokerError)) throw error
    this.reject(receipt, error)
  }
}

function checkSize({ body }: Message): void {
  if (body.length <= MESSAGE_BYTES_MAX) return
  throw new BrokerError('RESOURCE_LIMIT', 'The message is too large.', {
    details: { bytes: body.length, mostBytes: MESSAGE_BYTES_MAX },
  })
}

/** R42: stored before, or on its way; it must not be stored again. */
function isResend(message: Message, sending: Sending | null): boolean {
  if (sending?.mayResend !== true || sending.producer === null) return false
  return message.producerSequence > 0 && message.producerSequence <= sending.producer.lastSequence
}

function notWithTheClient(): BrokerError {
  return new BrokerError(
    'TRANSACTION_ROLLED_BACK',
    'The transaction acknowledges messages that are not with its consumer (any more).',
  )
}
