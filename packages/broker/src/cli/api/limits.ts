/** Bytes of one answer of the API; 500 messages with long headers are far less. */
export const API_ANSWER_BYTES_MAX = 32 << 20
/** Items of one page that is asked for: what the API gives at most. */
export const API_PAGE_ITEMS_MAX = 500
/** Characters of a filter by name that the API takes. */
export const API_FILTER_CHARS_MAX = 256
/** Messages of one page: the same. */
export const API_PAGE_MESSAGES_MAX = 200
/** Destinations that one command walks through. */
export const DESTINATIONS_WALKED_MAX = 200_000
/** Bytes of a file with a password. */
export const PASSWORD_FILE_BYTES_MAX = 4096
/** Bytes of a body that is sent through the API: what it takes in base64, and room for the rest. */
export const MESSAGE_FILE_BYTES_MAX = 700 << 10
/** Messages that one browse shows; their bodies are 64 KB each. */
export const BROWSED_MESSAGES_MAX = 2000
