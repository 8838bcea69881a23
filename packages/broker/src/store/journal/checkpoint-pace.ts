import type { Clock, Timer } from '@quorate/core/base/clock'

/** Log behind the last checkpoint, at most: what a start after a crash has to scan. */
export const CHECKPOINT_BYTES = 32 * 1024 * 1024
/** A checkpoint follows a sync after so long at the latest: what decays later is not taken... */
export const CHECKPOINT_MS = 1_000
/** ...for a torn write (R32). The next one waits so many times what the last one took... */
export const CHECKPOINT_REST_FACTOR = 50
/** ...and so long at least: it takes that part of the disk's time, and no more. */
export const CHECKPOINT_MS_MIN = 20

/**
 * When the next checkpoint of a journal is due: soon after each sync, and never so often that the
 * disk has much to do with it. Nothing is written, and no timer runs, while nothing is synced.
 */
export class CheckpointPace {
  readonly #clock: Clock
  readonly #due: () => void
  #restMs = CHECKPOINT_MS_MIN
  #timer: Timer | null = null
  #isStopped = false

  constructor(clock: Clock, due: () => void) {
    this.#clock = clock
    this.#due = due
  }

  /** Something is synced that no checkpoint tells of, and none is under way. */
  plan(): void {
    if (this.#timer !== null || this.#isStopped) return
    this.#timer = this.#clock.after(this.#restMs, () => {
      this.#timer = null
      this.#due()
    })
  }

  /** Writes a checkpoint, and finds out how long the disk takes for one. */
  async measure(write: () => Promise<void>): Promise<void> {
    const startedMs = this.#clock.monotonicMs()
    await write()
    const restMs = CHECKPOINT_REST_FACTOR * (this.#clock.monotonicMs() - startedMs)
    this.#restMs = Math.min(Math.max(restMs, CHECKPOINT_MS_MIN), CHECKPOINT_MS)
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#timer = null
  }
}
