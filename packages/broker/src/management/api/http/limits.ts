/**
 * Connections to the API; nobody needs more to watch a broker, and whoever comes later is refused.
 */
export const MANAGEMENT_CONNECTIONS_MAX = 256
/** A request that is not complete by then is dropped, in milliseconds. */
export const REQUEST_TIMEOUT_MS = 10_000
/** The same for its headers alone. */
export const HEADERS_TIMEOUT_MS = 5_000
/** A connection without a request is closed by then. */
export const KEEP_ALIVE_TIMEOUT_MS = 15_000
/** How often connections are looked at for these; Node's own 30 s would be the true bound. */
export const CONNECTIONS_LOOK_MS = 1_000
/** Bytes of the body of a request. */
export const REQUEST_BODY_BYTES_MAX = 1 << 20
/** Bytes of the line and the headers of a request: a path holds a name of 4,096 characters. */
export const REQUEST_HEADER_BYTES_MAX = 64 << 10
