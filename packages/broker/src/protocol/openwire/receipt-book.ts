import type { Receipt, WaitingLoad } from '../../engine/client.ts'
import type { InboundMessage } from './inbound-message.ts'
import type { Claim } from './large-frame-budget.ts'
import { RECEIPTS_MAX, UNCOMMITTED_BYTES_MAX } from './limits.ts'

/**
 * The operations that the engine has and has not answered, so that each is answered once, and what
 * is uncommitted stays bounded.
 *
 *   0 .. 2^32-1   the command id of a client that waits for its Response
 *   2^32 ..       a persistent or a large message whose sender does not wait: only counted
 *
 * A send that waits for room is bounded by the engine, and not counted here: what makes room may be
 * an acknowledgement behind it, so reading has to go on. Whoever asks whether the book is full says
 * how many of those have a receipt (`waiting`).
 *
 * A large message is bounded by the room that it has, which is given back with its answer, and not
 * counted among the bytes, for the same reason.
 */
export class ReceiptBook {
  readonly #open = new Map<Receipt, InboundMessage | null>()
  #bytes = 0
  #nextSilent = FIRST_SILENT
  readonly #giveBack: (room: Claim) => void

  constructor(giveBack: (room: Claim) => void) {
    this.#giveBack = giveBack
  }

  /** Whether reading from the client should pause. */
  isFull(waiting: WaitingLoad): boolean {
    return this.#isAtShare(1, waiting)
  }

  /** Whether it has come down far enough to read on. */
  isRelaxed(waiting: WaitingLoad): boolean {
    return !this.#isAtShare(RELAXED_SHARE, waiting)
  }

  get size(): number {
    return this.#open.size
  }

  /** A receipt for a message whose sender does not wait. */
  nextSilent(): Receipt {
    return this.#nextSilent++
  }

  add(receipt: Receipt, message: InboundMessage | null): void {
    // A command id that is used again is answered once; what it stood for counts no more.
    this.take(receipt)
    this.#open.set(receipt, message)
    if (message?.room === null) this.#bytes += message.body.length
  }

  /** The message, or null for another operation; undefined when it has its answer already. */
  take(receipt: Receipt): InboundMessage | null | undefined {
    const message = this.#open.get(receipt)
    if (message === undefined) return undefined
    this.#open.delete(receipt)
    if (message !== null) this.#forget(message)
    return message
  }

  /** Nothing is answered any more. */
  clear(): void {
    for (const message of this.#open.values()) if (message !== null) this.#forget(message)
    this.#open.clear()
  }

  #isAtShare(share: number, { length, bytes }: WaitingLoad): boolean {
    const isLong = this.#open.size - length >= RECEIPTS_MAX * share
    return isLong || this.#bytes - bytes >= UNCOMMITTED_BYTES_MAX * share
  }

  #forget(message: InboundMessage): void {
    const { room } = message
    if (room === null) {
      this.#bytes -= message.body.length
      return
    }
    message.room = null
    this.#giveBack(room)
  }
}

/** Reading goes on at this share of the limits. */
const RELAXED_SHARE = 1 / 2

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
