/**
 * The engine's fixed limits. Every queue, window and table that a client can make grow has one;
 * docs/internals/limits.md lists them.
 */

/** References to waiting messages that one list keeps at hand; the rest stays in the store. */
export const WINDOW_ENTRIES_MAX = 1000
/** Messages read from a stored list at a time. */
export const PAGE_ENTRIES = 500
/** Bodies loaded from the journal in one batch. */
export const FETCH_ENTRIES_MAX = 256
/** Bytes of the bodies loaded from the journal in one batch; one message may be larger. */
export const FETCH_BYTES_MAX = 4 << 20
/**
 * Such batches under way at a time, for all lists together: they share libuv's four threads with
 * the log's syncs. The other lists wait for their turn, each of them once.
 */
export const FETCHES_MAX = 3
/** Messages assigned to consumers in one round of one list. */
export const ROUND_ENTRIES_MAX = 1000
/**
 * Bytes of these, and of a topic's; one may be larger. A peer that does not read gets them once.
 */
export const ROUND_BYTES_MAX = 4 << 20
/** Deliveries one consumer may leave unacknowledged, whatever prefetch it asks for. */
export const PREFETCH_MAX = 65_535
/** The same, with those that the client has seen and the prefetch does not count. */
export const IN_FLIGHT_MAX = 200_000
/**
 * Bodies kept in memory for the windows of all lists together, those that are being loaded
 * included. One batch may exceed it, and above it one that is handed out before the next begins.
 */
export const WINDOW_BYTES_MAX = 128 << 20
/** References in the windows of all lists together; above it one for a list, until its turn. */
export const WINDOWS_ENTRIES_MAX = 250_000
/** What one list reads, and loads, at a time where that is used up. */
export const SHORT_ENTRIES_MAX = 32
/**
 * Lists that are asked for what they have at hand, and nobody has room for, when another needs it.
 */
export const SHED_VISITS_MAX = 64
/** Bytes of messages appended to the log and not committed yet; senders pause above it (R30). */
export const UNCOMMITTED_BYTES_MAX = 64 << 20
/** Records appended to the log and not committed yet; senders pause above it (R30). */
export const UNCOMMITTED_RECORDS_MAX = 100_000
/** Senders resume when use has fallen to this share of the limit. */
export const RESUME_SHARE = 0.75
/** Store sequences in one acknowledgement record. */
export const ACKNOWLEDGED_PER_RECORD_MAX = 10_000
/** Messages moved to the dead letter queue by one record. */
export const DEAD_LETTERS_PER_RECORD_MAX = 500
/** Bytes of the messages moved to the dead letter queue by one record; one may be larger. */
export const DEAD_LETTER_BYTES_PER_RECORD_MAX = 4 << 20
/** Bytes of a dead letter; one that would be larger with its cause is kept without it. */
export const DEAD_LETTER_BYTES_MAX = (100 << 20) + (32 << 10)
/** Messages that an administrator moves, copies or deletes by one record, all or none. */
export const ADMINISTERED_PER_RECORD_MAX = 500
/** Bytes of the messages that are moved or copied by one record; one may be larger. */
export const ADMINISTERED_BYTES_PER_RECORD_MAX = 32 << 20
/** Messages that a browsing administrator is shown at a time. */
export const BROWSED_ENTRIES_MAX = 200
/** Sends and acknowledged messages in one transaction. */
export const TRANSACTION_OPERATIONS_MAX = 100_000
/**
 * Bytes of one message in its canonical encoding. A record holds 64 KB more: the operation around
 * it, and what becoming a dead letter adds.
 */
export const MESSAGE_BYTES_MAX = 100 << 20
/**
 * Bytes of one transaction in the log, with what that adds to each message, list and
 * acknowledgement: it becomes one record.
 */
export const TRANSACTION_BYTES_MAX = (100 << 20) + (64 << 10)
/** Transactions that one connection has open at a time. */
export const TRANSACTIONS_PER_CLIENT_MAX = 1000
/** Consumers of one connection. */
export const CONSUMERS_PER_CLIENT_MAX = 10_000
/** Destinations in the whole broker, temporary ones included. */
export const DESTINATIONS_MAX = 100_000
/** Durable subscriptions in the whole broker; one message can name 65,535 lists. */
export const SUBSCRIPTIONS_MAX = 60_000
/** Producers whose number and last sequence are kept at hand; the store knows the others. */
export const PRODUCERS_AT_HAND_MAX = 10_000
/** Destinations whose resolved route one connection keeps at hand. */
export const ROUTES_AT_HAND_MAX = 256
/** Non-persistent messages kept for a durable subscription nobody is connected to. */
export const OFFLINE_MEMORY_MESSAGES_MAX = 1000
/** Bytes waiting in memory for one subscriber of a topic; the oldest are dropped above it. */
export const TOPIC_PENDING_BYTES_MAX = 32 << 20
/**
 * Share of the memory limit that may wait in memory for all subscribers of topics together, but at
 * least TOPIC_PENDING_BYTES_MAX; above it the oldest of those who have most are dropped. Beside the
 * memory limit, which ActiveMQ has them use up: queues are not to wait for subscribers of topics.
 */
export const FEEDS_SHARE = 0.5
/**
 * When that is used up, so much of it is kept: the next look at all subscribers is far away then.
 */
export const FEEDS_KEPT_SHARE = 7 / 8
/**
 * What a message that waits counts for each subscriber, beside its bytes and ENTRY_MEMORY_BYTES,
 * which count once.
 */
export const FEED_REFERENCE_BYTES = 64
/**
 * A body that waits gets memory of its own where what it came in is more than so many times larger.
 */
export const SHARED_MEMORY_FACTOR = 2
/**
 * What a message counts beside its body that only memory holds, one of an open transaction and one
 * that waits for subscribers of topics included: 340 to 370 bytes of objects, and what malloc needs
 * around a small body (measured with 500,000 messages of 16, 100 and 1000 bytes: 480 to 610 bytes
 * of resident memory each). ActiveMQ counts 1024.
 */
export const ENTRY_MEMORY_BYTES = 512
/**
 * What open transactions hold may count so much before further messages in them get memory of their
 * own, instead of the chunks that they came in.
 */
export const HELD_FRESH_BYTES_MAX = 1 << 20
/** Messages a browser is given between two looks at the lease and at its window. */
export const BROWSE_PAGE_ENTRIES = 200
/**
 * Share of a memory limit above which messages that only memory holds are spilled, as in ActiveMQ.
 */
export const SPILL_SHARE = 0.7
/** Share of a memory limit above which short runs are spilled too, and little is kept back. */
export const SPILL_HARD_SHARE = 0.85
/** Share of a memory limit above which runs are spilled that save hardly any memory. */
export const SPILL_LAST_SHARE = 0.95
/**
 * What the messages count in memory that are spilled, and read back, as one run: 512 of them at
 * most. One message may be larger.
 */
export const RUN_BYTES_MAX = 256 << 10
/** Runs are that share of the memory limit where this is less. */
export const RUN_SHARE = 1 / 16
/** What a run in the temporary store counts in memory: its place, and what it holds. */
export const RUN_MEMORY_BYTES = 256
/** Runs are at least so large where the memory limit is small, and memory not used up yet. */
export const RUN_BYTES_SMALL = 4096
/** Less, which is one small message, is never spilled: it would hardly be less in memory. */
export const RUN_LEAST_BYTES = 1024
/** What the runs count in memory that are spilled in one write; one run may be larger. */
export const SPILL_BYTES_MAX = 4 << 20
/** Backlogs that are looked at for what one write spills. */
export const SPILL_VISITS_MAX = 64
/** Pulls of one consumer that wait for a message at a time. */
export const PULLS_WAITING_MAX = 1000
/** Sends of one connection that wait for room; more are refused. */
export const WAITING_SENDS_MAX = 10_000
/**
 * What all sends that wait for room take, their bodies and ENTRY_MEMORY_BYTES for each; above it
 * nobody who sends is read from, or is refused.
 */
export const WAITING_BYTES_MAX = 64 << 20
/** How often it is looked whether a waiting send has waited for too long, in milliseconds. */
export const WAITING_LOOK_MS = 100
