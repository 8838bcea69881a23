import type { DestinationName } from '@quorate/core/model/destination'

/**
 * The operations that the log records: every durable change of the messaging state is one of these.
 * They are folded in log order into the store's state, by the same code on leader and follower
 * (R19), so they say what happened and never depend on anything outside the log.
 *
 * Numbers: a *list* is an ordered sequence of waiting messages: each queue is one, and each durable
 * subscription is one. Lists, destinations and producers are named in the log by small numbers that
 * the leader's engine assigns (dense, never reused) in the record that introduces them.
 */
export type LogOp =
  | MessageOp
  | AcknowledgeOp
  | RedeliveredOp
  | ProducerOp
  | DestinationAddedOp
  | DestinationRemovedOp
  | SubscriptionAddedOp
  | SubscriptionRemovedOp
  | TransactionOp
  | CopiesOp
  | LogStartOp

/** An operation that a client's work led to, and that may be part of a transaction. */
export type FlatOp = Exclude<LogOp, TransactionOp | CopiesOp | LogStartOp>

/** A persistent message, stored once, waiting in each of `lists`. */
export interface MessageOp {
  readonly kind: 'message'
  /** Lists the message is put at the end of: one queue, or the durable subscriptions of a topic. */
  readonly lists: readonly number[]
  /** Number of the producer (ProducerOp), 0 when the sender has no identity to remember. */
  readonly producer: number
  /** The producer's own sequence number; with `producer` it makes a resend recognisable (R42). */
  readonly producerSequence: number
  /** 0 to 9. */
  readonly priority: number
  /** Wall-clock milliseconds, 0 = never. */
  readonly expirationMs: number
  /** Deliveries that failed before this copy was stored; a dead letter begins again at 0. */
  readonly redeliveries: number
  /** The message in its canonical encoding. */
  readonly body: Buffer
}

/**
 * These messages leave the list: consumed, expired, discarded, or moved by the same transaction.
 */
export interface AcknowledgeOp {
  readonly kind: 'acknowledge'
  readonly list: number
  /** Store sequences, ascending. */
  readonly sequences: readonly number[]
}

/** Deliveries that ended without acknowledgement: each message's counter rises by one (R44). */
export interface RedeliveredOp {
  readonly kind: 'redelivered'
  readonly list: number
  readonly sequences: readonly number[]
}

/** Introduces a producer's number. */
export interface ProducerOp {
  readonly kind: 'producer'
  readonly id: number
  readonly name: string
}

export interface DestinationAddedOp {
  readonly kind: 'destination-added'
  /** Number of the destination; for a queue also the number of its list. */
  readonly id: number
  readonly destination: DestinationName
}

export interface DestinationRemovedOp {
  readonly kind: 'destination-removed'
  readonly id: number
}

export interface SubscriptionAddedOp {
  readonly kind: 'subscription-added'
  /** Number of the subscription's list. */
  readonly id: number
  /** Number of the topic. */
  readonly topic: number
  readonly clientId: string
  readonly name: string
  /** '' when there is none. */
  readonly selector: string
  readonly noLocal: boolean
}

export interface SubscriptionRemovedOp {
  readonly kind: 'subscription-removed'
  readonly id: number
}

/** All of `ops` or none: one record makes a transaction visible (R43). Never nested. */
export interface TransactionOp {
  readonly kind: 'transaction'
  /** Names the transaction for a repeated commit; '' when nobody can ask again. */
  readonly id: string
  readonly ops: readonly FlatOp[]
}

/**
 * Waiting messages out of old segments once more, so that those can go. The record is made when
 * everything before it has been applied: each of its messages waits in each of these lists, and
 * nothing is under way that could change that.
 */
export interface CopiesOp {
  readonly kind: 'copies'
  readonly messages: readonly CopiedMessage[]
}

/** A message as it waits, with its old sequence: it keeps its place in its lists. */
export interface CopiedMessage {
  readonly sequence: number
  readonly lists: readonly CopiedPlace[]
  readonly priority: number
  readonly expirationMs: number
  readonly body: Buffer
}

export interface CopiedPlace {
  readonly list: number
  readonly redeliveries: number
}

/** Nothing before this record is needed any more: it is the first of a segment, with its state. */
export interface LogStartOp {
  readonly kind: 'log-start'
  readonly index: number
}
