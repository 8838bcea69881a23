/** Sends and other requests of one connection that may be unanswered before reading pauses. */
export const RECEIPTS_MAX = 8192
/** Bytes of persistent messages of one connection that may be uncommitted before reading pauses. */
export const UNCOMMITTED_BYTES_MAX = 32 * 1024 * 1024
/** Bytes waiting for the peer above which no further delivery is encoded for it. */
export const DISPATCH_BYTES_MAX = 1024 * 1024
/** Bytes waiting for the peer above which nothing more is read from it: it has to read first. */
export const OUTBOUND_PAUSE_BYTES = 4 * 1024 * 1024
/** Bytes waiting for the peer beyond one largest frame that end the connection (RESOURCE_LIMIT). */
export const OUTBOUND_BYTES_MAX = 64 * 1024 * 1024
/** Largest prefetch; ActiveMQ's clients know the same bound. */
export const PREFETCH_MAX = 32_767
/** How long a connection that we end may take to read what was written, in milliseconds. */
export const LINGER_MS = 2000
/** Period of the one timer that all connections share, in milliseconds. */
export const TICK_MS = 100
