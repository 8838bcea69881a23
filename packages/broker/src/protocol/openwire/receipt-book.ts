import type { Receipt } from '../../engine/client.ts'
import type { InboundMessage } from './inbound-message.ts'
import { RECEIPTS_MAX, UNCOMMITTED_BYTES_MAX } from './limits.ts'

/**
 * The operations that the engine has and has not answered, so that each is answered once, and what
 * is uncommitted stays bounded.
 *
 *   0 .. 2^32-1   the command id of a client that waits for its Response
 *   2^32 ..       a persistent message whose sender does not wait: only counted
 */
export class ReceiptBook {
  readonly #open = new Map<Receipt, InboundMessage | null>()
  #bytes = 0
  #nextSilent = FIRST_SILENT

  /** Whether reading from the client should pause. */
  get isFull(): boolean {
    return this.#open.size >= RECEIPTS_MAX || this.#bytes >= UNCOMMITTED_BYTES_MAX
  }

  /** Whether it has come down far enough to read on. */
  get isRelaxed(): boolean {
    return this.#open.size < RECEIPTS_MAX / 2 && this.#bytes < UNCOMMITTED_BYTES_MAX / 2
  }

  get size(): number {
    return this.#open.size
  }

  /** A receipt for a message whose sender does not wait. */
  nextSilent(): Receipt {
    return this.#nextSilent++
  }

  add(receipt: Receipt, message: InboundMessage | null): void {
    this.#open.set(receipt, message)
    if (message !== null) this.#bytes += message.body.length
  }

  /** The message, or null for another operation; undefined when it has its answer already. */
  take(receipt: Receipt): InboundMessage | null | undefined {
    const message = this.#open.get(receipt)
    if (message === undefined) return undefined
    this.#open.delete(receipt)
    if (message !== null) this.#bytes -= message.body.length
    return message
  }
}

const FIRST_SILENT = 2 ** 32

export function isSilent(receipt: Receipt): boolean {
  return receipt >= FIRST_SILENT
}

/** Command ids are signed on the wire; a receipt is not, and so is never NO_RECEIPT. */
export function receiptOf(commandId: number): Receipt {
  return commandId >>> 0
}

export function correlationIdOf(receipt: Receipt): number {
  return receipt | 0
}
