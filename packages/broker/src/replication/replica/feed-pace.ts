import type { LogPoint } from '../../store/journal/log-batch.ts'

/** A follower that is behind by more is fed at a pace while clients are busy. */
export const UNPACED_BYTES_MAX = 64 * 1024 * 1024
/** So much of the log at least a follower gets each second that is far behind. */
export const PACE_BYTES_PER_SECOND = 16 * 1024 * 1024
/** But always more than the log grows: else the follower would never be in step. */
const PACE_TO_GROWTH = 1.5
/** Fewer new records a second are no work that anybody could be kept from... */
const BUSY_RECORDS_PER_SECOND = 100
/**
 * ...unless they are large: clients are busy with so much new log a second, however few they send.
 */
const BUSY_BYTES_PER_SECOND = 1024 * 1024
const LOOK_EVERY_MS = 500

interface Look {
  readonly atMs: number
  readonly index: number
  readonly position: number
}

/**
 * How fast followers are fed that are far behind: as fast as they can while clients are idle, and
 * while they are not, so that reading old parts of the log, sending and storing them leaves disk,
 * network and processor to what clients wait for. Goes by how the log grew between two looks.
 */
export class FeedPace {
  #look: Look
  #tickMs: number
  #bytesPerSecond = Number.POSITIVE_INFINITY

  constructor(nowMs: number, { index, position }: LogPoint) {
    this.#look = { atMs: nowMs, index, position }
    this.#tickMs = nowMs
  }

  /** Bytes that each of these followers may be sent for the time since the last tick. */
  tick(nowMs: number, { index, position }: LogPoint): number {
    const seconds = (nowMs - this.#look.atMs) / 1000
    if (seconds * 1000 >= LOOK_EVERY_MS) {
      const growth = (position - this.#look.position) / seconds
      const records = (index - this.#look.index) / seconds
      const isBusy = records >= BUSY_RECORDS_PER_SECOND || growth >= BUSY_BYTES_PER_SECOND
      this.#bytesPerSecond = isBusy
        ? Math.max(PACE_BYTES_PER_SECOND, growth * PACE_TO_GROWTH)
        : Number.POSITIVE_INFINITY
      this.#look = { atMs: nowMs, index, position }
    }
    const elapsedMs = Math.max(0, nowMs - this.#tickMs)
    this.#tickMs = nowMs
    // Not Infinity times nothing.
    return Number.isFinite(this.#bytesPerSecond)
      ? (this.#bytesPerSecond * elapsedMs) / 1000
      : Number.POSITIVE_INFINITY
  }
}
