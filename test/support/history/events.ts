/**
 * What clients did and saw, and what was done to the brokers meanwhile, on one monotonic clock.
 *
 * Events are plain data, one line of JSON each; their order in the history is the order in which
 * they happened. A call to the broker is two events: `invoke`, and later one of the outcomes `ok`,
 * `fail` (it certainly has no effect) and `unknown` (it may have its effect, now or later, or not).
 * A call without outcome counts as unknown; who gives up a call says `unknown`. Persistent messages
 * only.
 */
export type HistoryEvent =
  | Invoke
  | Outcome
  | Receive
  | Interrupted
  | Resumed
  | FaultBegins
  | FaultEnds
  | Elected
  | Dispatched
  | Drained

/**
 * 'producer:number', as the message carries it. A producer counts upwards in the order it sends; a
 * name is sent again only with the same producer sequence, so that the broker recognises it.
 */
export type MessageName = string

/** 'queue://orders' or 'topic://prices'. */
export type DestinationName = string

/** A durable subscription: client identifier and name in one word, as 'clientId/name'. */
export type SubscriptionName = string

/** One connection of one client, through all its reconnections: 'producer-0', 'consumer-1'. */
export type ClientName = string

/** Of one consumer on one connection; unique in the history. */
export type ConsumerName = string

/** A transaction, unique in the history (and so not used again after its commit or rollback). */
export type TransactionName = string

export type Call =
  | SendCall
  | CommitCall
  | RollbackCall
  | AckCall
  | SubscribeCall
  | UnsubscribeCall
  | OpenCall
  | CloseCall

/** Confirmed by `ok` outside a transaction, and by the `ok` of its commit inside one. */
export interface SendCall {
  readonly type: 'send'
  readonly message: MessageName
  readonly destination: DestinationName
  readonly tx?: TransactionName
}

export interface CommitCall {
  readonly type: 'commit'
  readonly tx: TransactionName
}

export interface RollbackCall {
  readonly type: 'rollback'
  readonly tx: TransactionName
}

/**
 * A consumer's acknowledgement. `individual` and `transacted` cover exactly the named messages.
 * `upTo` names one, and covers all that this consumer received until then and has not acknowledged
 * before, back to its opening or the last loss of its connection. `ok` only when the broker
 * answered.
 */
export interface AckCall {
  readonly type: 'ack'
  readonly mode: 'individual' | 'upTo' | 'transacted'
  readonly consumer: ConsumerName
  readonly source: SourceName
  readonly messages: readonly MessageName[]
  /** Given with mode `transacted`. */
  readonly tx?: TransactionName
}

/** What a consumer receives from: a queue (its DestinationName) or a durable subscription. */
export type SourceName = string

/** Makes a durable subscription, or finds it there. */
export interface SubscribeCall {
  readonly type: 'subscribe'
  readonly subscription: SubscriptionName
  readonly destination: DestinationName
}

/** Removes a durable subscription. */
export interface UnsubscribeCall {
  readonly type: 'unsubscribe'
  readonly subscription: SubscriptionName
}

/** Opens a consumer. Needs to be recorded for exclusive consumers only. */
export interface OpenCall {
  readonly type: 'open'
  readonly consumer: ConsumerName
  readonly source: SourceName
  /** This source has at most one consumer at a time that receives. */
  readonly exclusive: boolean
}

/** Closes a consumer; what it had received and not acknowledged goes back. */
export interface CloseCall {
  readonly type: 'close'
  readonly consumer: ConsumerName
}

export interface Invoke {
  readonly kind: 'invoke'
  readonly atMs: number
  readonly client: ClientName
  /** Unique for this client. */
  readonly op: number
  readonly call: Call
}

export interface Outcome {
  readonly kind: 'ok' | 'fail' | 'unknown'
  readonly atMs: number
  readonly client: ClientName
  /** The number of the `invoke` that this ends. */
  readonly op: number
  /** The error, for whoever reads the history. */
  readonly note?: string
}

export interface Receive {
  readonly kind: 'receive'
  readonly atMs: number
  readonly client: ClientName
  readonly consumer: ConsumerName
  readonly message: MessageName
  /** Where the message was sent to. */
  readonly destination: DestinationName
  /** Given when it came through a durable subscription. */
  readonly subscription?: SubscriptionName
  readonly redelivered: boolean
  /**
   * The consumer's transaction, when its session is transacted. It acknowledges this message,
   * unless the history tells the transaction's acknowledgements one by one.
   */
  readonly tx?: TransactionName
}

/** The client's connection was lost. Its client sends pending calls again on the next one. */
export interface Interrupted {
  readonly kind: 'interrupted'
  readonly atMs: number
  readonly client: ClientName
}

export interface Resumed {
  readonly kind: 'resumed'
  readonly atMs: number
  readonly client: ClientName
}

/** Ends with the `faultEnds` of the same fault and targets. */
export interface FaultBegins {
  readonly kind: 'faultBegins'
  readonly atMs: number
  /** 'kill', 'stop', 'partition', 'slow-fsync', ... */
  readonly fault: string
  readonly targets: readonly string[]
}

/** All is healed when no fault is left that began and did not end. */
export interface FaultEnds {
  readonly kind: 'faultEnds'
  readonly atMs: number
  readonly fault: string
  readonly targets: readonly string[]
}

/** A node began to lead. */
export interface Elected {
  readonly kind: 'elected'
  readonly atMs: number
  readonly node: string
  readonly epoch: number
}

/**
 * A broker wrote a message for a consumer, which may never see it. Told where somebody watches the
 * brokers, and of all their deliveries then.
 */
export interface Dispatched {
  readonly kind: 'dispatched'
  readonly atMs: number
  /** Who leads, and in which epoch. */
  readonly node: string
  readonly epoch: number
  /** The client whose connection it is. */
  readonly client: ClientName
  readonly consumer: ConsumerName
  readonly message: MessageName
  readonly destination: DestinationName
  /** Earlier deliveries, as the broker says it. */
  readonly redeliveries: number
  /** The message is older than the broker's leadership. */
  readonly isInherited: boolean
}

/** Nobody sends any more, and consumers received all that there was. */
export interface Drained {
  readonly kind: 'drained'
  readonly atMs: number
}
