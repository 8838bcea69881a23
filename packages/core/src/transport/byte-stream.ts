import type { BrokerError } from '../base/errors.ts'

/** What the owner of a byte stream is told. All calls come from the event loop, never from inside
 * a call into the stream, so that an owner needs no guard against re-entry. */
export interface ByteStreamOwner {
  /** Bytes from the peer. The buffer is the owner's: the stream never writes into it again. */
  received(bytes: Buffer): void
  /** What had piled up has been handed on: `outboundBytes` is 0 again. Not told of small writes. */
  drained(): void
  /** The stream is over; told once and last. null = closed by either side in the ordinary way. */
  closed(error: BrokerError | null): void
}

/**
 * Two directions of bytes to one peer: a TCP socket, or a pipe in memory. Writing never blocks and
 * never fails: what the peer does not take piles up as `outboundBytes`, and bounding that is the
 * owner's duty.
 */
export interface ByteStream {
  /** Where the peer is, for people: `tcp://127.0.0.1:40312`. */
  readonly remoteAddress: string
  /** Bytes written and not yet handed on. */
  readonly outboundBytes: number
  /** Names the owner. Called once, in the turn in which the stream was obtained. */
  attach(owner: ByteStreamOwner): void
  /** Writes these buffers, in order, as one batch. They must not change afterwards. */
  write(buffers: readonly Buffer[]): void
  /** Stops reading from the peer, so that its sending comes to a halt: back-pressure. */
  pause(): void
  resume(): void
  /** Ends our direction after what was written; `closed` follows when the peer ends its own. */
  end(): void
  /** Ends both directions at once; what was not handed on is lost. */
  destroy(): void
}
