/**
 * Requests of one connection under way before reading pauses; what waits for room is not counted.
 */
export const RECEIPTS_MAX = 8192
/** The same in bytes of its messages; large frames are not counted. */
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
/** Large frames (1 MiB or more) of all connections, arriving or unanswered; one always fits. */
export const LARGE_FRAMES_BYTES_MAX = 256 * 1024 * 1024
/** So many times LARGE_FRAMES_BYTES_MAX they may take together with those that are late. */
export const LARGE_FRAMES_FACTOR_MAX = 2
/** A large frame has to bring so many bytes in a second while others wait for its room. */
export const LARGE_FRAME_BYTES_PER_SECOND = 1024 * 1024
/** LARGE_FRAME_BYTES_PER_SECOND is an average over this; a connection that is slower then ends. */
export const LARGE_FRAME_TIMEOUT_MS = 30_000
/** After a tick that is so late a peer cannot be too slow: it is we who were stopped. */
export const LARGE_FRAME_STALL_MAX_MS = 1000
/** A large frame that is unanswered, or that we do not read, is late then; others get room. */
export const LARGE_FRAME_CONFIRM_TIMEOUT_MS = 10_000
