import type { BrokerError } from '@quorate/core/base/errors'
import type { DestinationName } from '@quorate/core/model/destination'
import type { Stored } from '../store/message-store.ts'

/**
 * What the engine and the protocol adapters say to each other. Calls into the engine are
 * synchronous and return at once; what needs durability is answered through the client's sink when
 * it is committed. Nothing here knows a wire or a disk.
 */

/** A message on its way through the engine. Adapters make them, the engine never looks inside. */
export interface Message {
  /** The sender's producer id as text; '' when it has none. Share the string between messages. */
  readonly producer: string
  /** The sender's sequence number for this message (MessageId's), 0 when it has none. */
  readonly producerSequence: number
  readonly destination: DestinationName
  readonly persistent: boolean
  /** 0 to 9. */
  readonly priority: number
  /** Wall-clock milliseconds, 0 = never. */
  readonly expirationMs: number
  /**
   * The message in its canonical encoding. Made once, when the message arrives; where it waits for
   * long it gets memory of its own.
   */
  body: Buffer
  /**
   * Its sender stops by itself while this one is not confirmed: it waits for the answer, or its
   * window runs empty. Any other has to be stopped where nothing more can be taken.
   */
  readonly paced: boolean
  /** The adapter's own decoded form, kept to save decoding while the message stays in memory. */
  decoded: unknown
}

/** A message handed to a consumer and not yet acknowledged. */
export interface Delivery {
  /** Ascending within the consumer, in the order of dispatch. */
  readonly id: number
  readonly consumer: Consumer
  readonly destination: DestinationName
  /**
   * Canonical encoding; empty once it was sent, unless it may come again and only memory has it.
   */
  readonly body: Buffer
  /** Decoded form, if an adapter has one (`Message.decoded`); goes with the body. */
  readonly decoded: unknown
  /** What the adapter recognises the delivery by; it sets it when it sends the message. */
  key: unknown
  /** Earlier deliveries that were not acknowledged; 0 on the first. */
  readonly redeliveries: number
  /** Store sequence (0 for messages that are not stored): the broker sequence that clients see. */
  readonly sequence: number
  /** The adapter has encoded it for the client, and needs its body no more. */
  sent(): void
}

/**
 * A number that an adapter gives an operation to recognise its answer by (OpenWire's command id);
 * NO_RECEIPT when nobody waits for one.
 */
export type Receipt = number
export const NO_RECEIPT: Receipt = -1

/** Where the engine sends what is meant for one client. Implemented by a protocol adapter. */
export interface ClientSink {
  /** Hands deliveries to the client, all of one consumer, in order. */
  dispatch(consumer: Consumer, deliveries: readonly Delivery[]): void
  /** The operation is done and durable; `stored` proves it. null = nothing had to be stored. */
  confirm(receipt: Receipt, stored: Stored | null): void
  /** The operation failed; nothing of it happened. */
  reject(receipt: Receipt, error: BrokerError): void
  /** A browser has seen everything; or a pull found nothing in its time. */
  endOfMessages(consumer: Consumer): void
  /** The engine ended this consumer (its destination was removed). */
  consumerEnded(consumer: Consumer, reason: BrokerError): void
  /** Close the connection. Operations under way stay unanswered: their outcome is unknown (R29). */
  close(reason: BrokerError): void
  /**
   * Take nothing more from this client until `resume`: too much is uncommitted, or a message that
   * is not `paced` waits for room. A consuming client is paused only for what is uncommitted:
   * its acknowledgements are what makes room.
   */
  pause(): void
  resume(): void
  /**
   * Called at the end of each burst of the calls above, once per turn: write out what is buffered.
   */
  flush(): void
}

export interface ConnectOptions {
  /** The connection's id in its protocol: unique among connections. */
  readonly connectionId: string
  /** JMS client id; '' when none. */
  readonly clientId: string
  readonly userName: string
  /** Where from, for people. */
  readonly remoteAddress: string
  /** A client that reconnects after a failover: it may take its own old connection's place. */
  readonly reconnect: boolean
  readonly sink: ClientSink
}

export interface ConsumerOptions {
  /** Consumer id in its protocol, for people and advisories. */
  readonly consumerId: string
  readonly destination: DestinationName
  /** Deliveries that may be unacknowledged at a time; 0 = only on pull. */
  readonly prefetch: number
  readonly browser: boolean
  /** Name of the durable subscription, '' for none. Needs a client id and a topic. */
  readonly durableName: string
  readonly noLocal: boolean
  readonly exclusive: boolean
  readonly priority: number
  readonly selector: string
  /**
   * Messages of a topic that may wait for it beyond its prefetch; 0 = as many as the policy says.
   */
  readonly pendingLimit: number
  /** The adapter's own command that made the consumer, given back in events. */
  readonly info: unknown
}

/**
 * How a delivery ends (or does not yet):
 * consumed - it leaves its list; delivered - it was seen, the prefetch window moves on, it stays
 * unacknowledged; poisoned - it goes to the dead letter queue; redelivered - the client hands it
 * to its application again: the counter rises; expired - the client found it expired; released -
 * back to its list.
 */
export type AcknowledgeMode =
  'consumed' | 'delivered' | 'poisoned' | 'redelivered' | 'expired' | 'released'

export interface Acknowledgement {
  readonly mode: AcknowledgeMode
  /** Deliveries of one consumer, in order. */
  readonly deliveries: readonly Delivery[]
  /** false when the client spoke of others too that are not with it (any more). */
  readonly isWhole: boolean
  /** '' outside a transaction. */
  readonly transaction: string
  /** Why, for a poisoned message. */
  readonly cause: string
}

/** A subscription of a client, as its adapter holds it. */
export interface Consumer {
  readonly options: ConsumerOptions
  /** Dispatched and not acknowledged, in order of dispatch. */
  readonly inFlight: InFlight
  /** Changes the window of a live consumer (ConsumerControl). */
  setPrefetch(prefetch: number): void
  /**
   * Asks for one message although prefetch is 0. timeoutMs: 0 = wait for ever, < 0 = do not wait.
   */
  pull(timeoutMs: number): void
  /**
   * Ends the consumer. Deliveries up to `lastDeliveredId` count as seen by the client (their
   * counter rises), later ones do not; all unacknowledged ones go back to their list.
   */
  close(lastDeliveredId: number): void
}

/** Read access to a consumer's unacknowledged deliveries. */
export interface InFlight extends Iterable<Delivery> {
  readonly length: number
  /** Oldest first. */
  at(position: number): Delivery | undefined
}

/** Sends that found no room, and that the engine bounds by itself. */
export interface WaitingLoad {
  readonly length: number
  readonly bytes: number
}

/** One client's connection, inside the engine. */
export interface Client {
  readonly options: ConnectOptions
  /** Its sends with a receipt that wait for room; they are not uncommitted. */
  readonly waiting: WaitingLoad
  /**
   * Throws the BrokerError when the consumer is refused: nothing has happened then and the receipt
   * is not answered any more. Otherwise it is confirmed through the sink, possibly within this
   * call. A consumer id that the client has open already gives the same consumer again (replayed
   * commands).
   */
  openConsumer(options: ConsumerOptions, receipt: Receipt): Consumer
  /** Producer known by name: what was last stored from it, so that resends are recognised (R42). */
  lastStoredSequence(producer: string): number
  send(message: Message, transaction: string, receipt: Receipt): void
  acknowledge(ack: Acknowledgement, receipt: Receipt): void
  begin(transaction: string): void
  /** Unknown transaction: rejected with TRANSACTION_ROLLED_BACK, unless known to be committed. */
  commit(transaction: string, receipt: Receipt): void
  rollback(transaction: string, receipt: Receipt): void
  addDestination(destination: DestinationName, receipt: Receipt): void
  removeDestination(destination: DestinationName, receipt: Receipt): void
  unsubscribe(durableName: string, receipt: Receipt): void
  /** Whether the client's transport takes deliveries now; false while its buffers are full. */
  setWritable(writable: boolean): void
  /** The client is gone: consumers end, transactions roll back, temporary destinations go. */
  close(): void
}

/** What happens inside the engine that advisories and views tell of. */
export interface EngineObserver {
  clientConnected(client: Client): void
  clientClosed(client: Client): void
  consumerAdded(client: Client, consumer: Consumer): void
  consumerRemoved(client: Client, consumer: Consumer): void
  destinationAdded(destination: DestinationName, owner: Client | null): void
  destinationRemoved(destination: DestinationName, owner: Client | null): void
}

/**
 * Changes the headers of an encoded message; injected, because the engine does not know the
 * canonical encoding.
 */
export interface MessageEditor {
  /** A copy for the dead letter queue, remembering where it came from and why. */
  deadLetter(body: Buffer, copy: DeadLetterCopy): Buffer
  /** A copy for another destination, which begins anew; nothing of `body` is touched. */
  resend(body: Buffer, copy: ResentCopy): Buffer
}

export interface ResentCopy {
  readonly from: DestinationName
  readonly to: DestinationName
}

export interface DeadLetterCopy extends ResentCopy {
  readonly cause: string
}

/** The door of the engine. */
export interface EngineApi {
  /** Throws INVALID_CLIENT_ID when the client id is in use by another live connection. */
  connect(options: ConnectOptions): Client
  /** Hands a non-persistent message (an advisory) to the present subscribers of its topic. */
  publish(message: Message): void
  /** Hands these messages to one consumer only: what an advisory subscriber is told first. */
  publishTo(consumer: Consumer, messages: readonly Message[]): void
  observe(observer: EngineObserver): void
  destinations(): Iterable<DestinationName>
  /**
   * Whether deliveries may reach consumers now (R27): to be asked for those that were held back.
   */
  readonly mayDispatch: boolean
}
