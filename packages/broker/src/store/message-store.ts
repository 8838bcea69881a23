import type { DestinationAddedOp, LogOp, MessageOp, SubscriptionAddedOp } from './log-op.ts'

declare const storedBrand: unique symbol

/**
 * Proof that a record is committed: on the disks (or in the memories, in the mem modes) of a quorum
 * (R22). Only the store makes one, when it applies the record; a confirmation to a client cannot be
 * written without it.
 */
export interface Stored {
  readonly index: number
  readonly [storedBrand]: true
}

/** One message waiting in one list: where its body lies, and what dispatch has to know of it. */
export interface StoredMessage {
  /** Store sequence: unique, ascending in log order; the order within every list. */
  readonly sequence: number
  readonly list: number
  /** Byte position of the body in the journal. */
  readonly position: number
  /** Body length in bytes. */
  readonly length: number
  readonly priority: number
  /** Wall-clock milliseconds, 0 = never. */
  readonly expirationMs: number
  /** Failed deliveries so far (R44); survives failover. */
  readonly redeliveries: number
  /** The canonical encoding while the store's body cache holds it, else null: use `fetch`. */
  readonly body: Buffer | null
}

/** An ordered list of waiting messages: a queue's or a durable subscription's. */
export interface StoredList {
  readonly id: number
  readonly length: number
  /** Sum of body lengths. */
  readonly bytes: number
  /** Up to `limit` messages with a sequence above `after`, in order. */
  next(after: number, limit: number): StoredMessage[]
  get(sequence: number): StoredMessage | undefined
}

/** As its record introduced it. */
export type StoredDestination = Omit<DestinationAddedOp, 'kind'>

/** As its record introduced it. */
export type StoredSubscription = Omit<SubscriptionAddedOp, 'kind'>

/** One applied record, as the engine of the leader sees it. */
export interface AppliedRecord {
  readonly stored: Stored
  readonly op: LogOp
}

export interface ApplyListener {
  /**
   * A message has joined the lists of its op, one entry per list, in the order of `op.lists`. Also
   * called for each message of a transaction, before `applied` of the transaction itself.
   */
  messageAdded(op: MessageOp, entries: readonly StoredMessage[]): void
  /** A record has been applied as a whole. Called once for each record, in log order. */
  applied(record: AppliedRecord): void
}

/**
 * The fold of the committed log, as the engine sees it. Implemented by store/leveldb (durable) and
 * store/memory (reference). Reads show only what is committed (R23).
 */
export interface MessageStore {
  readonly appliedIndex: number
  /** Numbers below these are taken; the engine assigns new ones from here on. */
  readonly nextDestinationOrListId: number
  readonly nextProducerId: number
  /** The store sequence that the next message will get: all messages that wait now are below it. */
  readonly nextSequence: number
  destinations(): Iterable<StoredDestination>
  subscriptions(): Iterable<StoredSubscription>
  /** The list of a queue or durable subscription; undefined when the number is unknown. */
  list(id: number): StoredList | undefined
  producer(name: string): StoredProducer | undefined
  /** The outcome of a transaction that the bounded table still remembers (R43). */
  transactionCommitted(id: string): boolean
  /**
   * Loads the bodies of these messages from the journal, in one batch, and calls back once: with
   * the bodies in the same order (null where the message has left meanwhile), or with an error that
   * has already stopped the broker.
   */
  fetch(
    messages: readonly StoredMessage[],
    done: (bodies: readonly (Buffer | null)[]) => void,
  ): void
  /** Set while the engine runs (on the leader), null otherwise. */
  listener: ApplyListener | null
}

export interface StoredProducer {
  readonly id: number
  readonly name: string
  /** Highest producer sequence stored (R42). */
  readonly lastSequence: number
}

/**
 * The leader's end of the log. Appending assigns the index and returns at once; the record is
 * applied to the store when it is committed. Throws LEADERSHIP_LOST when this broker no longer
 * leads, RESOURCE_LIMIT when no record can hold the operation; nothing is appended then.
 */
export interface LogWriter {
  append(op: LogOp): number
  /**
   * Records up to this index may be confirmed to their senders even before they are committed: with
   * `sync` words that promise less than a quorum (`local_mem`, `local_disk`). 0 in every other
   * mode.
   */
  readonly confirmableIndex: number
}
