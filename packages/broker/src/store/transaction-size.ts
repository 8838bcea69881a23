import { CHECK_BYTES } from './journal/checked-bytes.ts'
import {
  LIST_BYTES,
  MESSAGE_FIXED_BYTES,
  NESTED_HEADER_BYTES,
  SEQUENCES_FIXED_BYTES,
  TRANSACTION_FIXED_BYTES,
} from './op-codec.ts'
import { VARINT_BYTES_MAX } from './varint.ts'

/** Around one body, with its place in the transaction; its lists come on top. */
const MESSAGE_BYTES = NESTED_HEADER_BYTES + MESSAGE_FIXED_BYTES + CHECK_BYTES
/** Of one that shares its operation with no other. */
const ACKNOWLEDGED_BYTES = NESTED_HEADER_BYTES + SEQUENCES_FIXED_BYTES + VARINT_BYTES_MAX

/** What a transaction takes in the log at most, counted while it is gathered. */
export class TransactionSize {
  #bytes: number

  constructor(id: string) {
    this.#bytes = TRANSACTION_FIXED_BYTES + Buffer.byteLength(id)
  }

  get bytes(): number {
    return this.#bytes
  }

  /** With these as well. */
  bytesWith(messages: number, bodyBytes: number, acknowledged: number): number {
    return this.#bytes + messages * MESSAGE_BYTES + bodyBytes + acknowledged * ACKNOWLEDGED_BYTES
  }

  /** With the places of its messages in lists. */
  bytesWithLists(lists: number): number {
    return this.#bytes + lists * LIST_BYTES
  }

  add(messages: number, bodyBytes: number, acknowledged: number): void {
    this.#bytes = this.bytesWith(messages, bodyBytes, acknowledged)
  }
}
