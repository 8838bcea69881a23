/** Seconds of which the figures of the node are kept for the charts. */
export const HISTORY_SECONDS_MAX = 300
/** Seconds of which the figures of a destination are kept for its little chart. */
export const ROW_HISTORY_SECONDS_MAX = 60
/** How often the kept figures are added to, in milliseconds. */
export const SAMPLE_MS = 1000
/** Characters of the addresses of what one stream watches: the server reads lines of 64 KB. */
export const WATCHED_CHARS_MAX = 48_000
/** A node that says nothing for so long is gone, in milliseconds: it says something every 15 s. */
export const SILENT_MS = 60_000
/** Waiting before a lost stream is opened again, in milliseconds: doubled from... */
export const RECONNECT_FIRST_MS = 500
/** ...to this. */
export const RECONNECT_LAST_MS = 10_000
