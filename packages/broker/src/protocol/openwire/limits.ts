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
/** Large frames (1 MiB or more) of all connections, arriving or unconfirmed; one always fits. */
export const LARGE_FRAMES_BYTES_MAX = 256 * 1024 * 1024
/** A large frame has to bring so many bytes in each period while others wait for its room. */
export const LARGE_FRAME_PERIOD_BYTES = 1024 * 1024
/** The period of LARGE_FRAME_PERIOD_BYTES; a connection that is slower then ends. */
export const LARGE_FRAME_TIMEOUT_MS = 30_000
/** How long a large frame that is not confirmed keeps its room: its queue may just be full. */
export const LARGE_FRAME_CONFIRM_TIMEOUT_MS = 10_000
