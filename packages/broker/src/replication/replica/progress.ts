import { Deque } from '@quorate/core/base/deque'
import type { LogBatch, LogPoint } from '../../store/journal/log-batch.ts'
import { CatchUp } from './catch-up.ts'
import type { Peer } from './context.ts'

/** Bytes of records that may be on the way to one follower, unacknowledged (R30). */
export const FOLLOWER_WINDOW_BYTES = 8 * 1024 * 1024

type SentBatch = Pick<LogBatch, 'lastIndex' | 'byteLength' | 'last'>

interface Sent {
  readonly lastIndex: number
  readonly bytes: number
  /** Where they end in the log. */
  readonly position: number
}

/**
 * One follower as its leader sees it.
 *
 *   connecting --tail matches--> streaming
 *        ^                          |
 *        +------ a new session -----+
 *
 * Everything here belongs to one session and is forgotten with it (R17).
 */
export class FollowerProgress {
  readonly peer: Peer
  readonly session: number
  /** The follower's log is known to be a prefix of ours, and it is being fed. */
  isStreaming = false
  /** A read of the log for this follower is under way. */
  isReading = false
  /** First record that has not been sent. */
  nextIndex = 0
  writtenIndex = 0
  syncedIndex = 0
  /** Until it says otherwise: a replica that has told nothing must not be counted (R21). */
  suspect = true
  /** Its disk has no space for new messages (R37). */
  isShortOfSpace = false
  /** When the newest heartbeat that it answered was sent (R27). -Infinity: none yet. */
  answeredSentMs = Number.NEGATIVE_INFINITY
  /** When the last answer came, for people. */
  heardMs: number | null = null
  readonly catchUp = new CatchUp()
  /** Where what it has ends in the log. */
  #position = 0
  #joinEnd = 0
  readonly #inFlight = new Deque<Sent>()
  #inFlightBytes = 0
  /** Bytes that may be sent until the next tick; Infinity unless it is paced. */
  #allowance = Number.POSITIVE_INFINITY

  constructor(peer: Peer, session: number) {
    this.peer = peer
    this.session = session
  }

  /** Where what it acknowledged ends in the log. */
  get position(): number {
    return this.#position
  }

  /** Sent and not acknowledged. */
  get unackedBytes(): number {
    return this.#inFlightBytes
  }

  get hasRoom(): boolean {
    return this.#inFlightBytes < FOLLOWER_WINDOW_BYTES && this.#allowance > 0
  }

  /** Has on disk what there was when it joined, and has been sent everything since. */
  hasCaughtUp(tailIndex: number): boolean {
    return this.isStreaming && this.syncedIndex >= this.#joinEnd && this.nextIndex > tailIndex
  }

  startStreaming(end: Pick<LogPoint, 'index' | 'position'>, joinEnd: number): void {
    this.isStreaming = true
    this.#joinEnd = joinEnd
    this.#position = end.position
    this.rewind(end.index + 1)
  }

  /**
   * So much may be sent until the next tick, but for what was sent too much before; what is left
   * of it then lapses. Infinity: as much as there is room for.
   */
  allow(bytes: number): void {
    this.#allowance = Math.min(this.#allowance, 0) + bytes
  }

  sent({ lastIndex, byteLength: bytes, last }: SentBatch): void {
    this.nextIndex = lastIndex + 1
    this.#allowance -= bytes
    this.#inFlightBytes += bytes
    this.#inFlight.push({ lastIndex, bytes, position: last.position })
  }

  acked(written: number, synced: number): void {
    const sentIndex = this.nextIndex - 1
    this.writtenIndex = Math.max(this.writtenIndex, Math.min(written, sentIndex))
    this.syncedIndex = Math.max(this.syncedIndex, Math.min(synced, sentIndex))
    for (;;) {
      const oldest = this.#inFlight.peek()
      if (oldest === undefined || oldest.lastIndex > this.writtenIndex) break
      this.#inFlight.shift()
      this.#inFlightBytes -= oldest.bytes
      this.#position = oldest.position
    }
  }

  /** The follower asks for everything from this record again. */
  rewind(nextIndex: number): void {
    this.nextIndex = nextIndex
    this.#inFlight.clear()
    this.#inFlightBytes = 0
  }
}
