/** Brokers of one failover list. */
export const BROKERS_MAX = 64
/** Connecting to one broker, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 3000
/** From there until it has answered ConnectionInfo. */
export const HANDSHAKE_TIMEOUT_MS = 5000
/** For the broker's answer when we say that we go. */
export const GOODBYE_TIMEOUT_MS = 2000
/** How long an interrupted producer or consumer waits for what is under way. */
export const INTERRUPT_GRACE_MS = 2000
/** Sends of one connection that are not confirmed yet. */
export const WINDOW_MESSAGES_MAX = 1000
/** Bytes of the bodies of these; one larger body goes alone. */
export const SEND_WINDOW_BYTES = 8 << 20
/** Messages of one transaction; they are kept, to be sent again when a leader goes. */
export const TRANSACTION_BATCH_MAX = 10_000
/** How often one transaction is tried again after takeovers. */
export const TRANSACTION_ATTEMPTS_MAX = 100
/** Connections of one command (--parallelThreads). */
export const PARALLEL_MAX = 64
/** Bytes of the body of one message that is sent. */
export const MESSAGE_BYTES_MAX = 64 << 20
/** Messages that a consumer has the broker send ahead. */
export const PREFETCH_MAX = 1000
/** Ids of received messages that are remembered, to tell what comes a second time. */
export const REMEMBERED_IDS_MAX = 65_536
/** Messages that are acknowledged with one command, without a transaction. */
export const ACKNOWLEDGED_TOGETHER_MAX = 100
/** How long to wait for messages to come again whose acknowledgement was lost with a connection. */
export const SETTLE_TIMEOUT_MS = 3000
/** Messages that one connection is told to send, or to receive. */
export const COUNT_MAX = 999_999_999
