import { toBrokerError } from '@quorate/core/base/errors'
import type { BrokerError } from '@quorate/core/base/errors'
import type { Clock, Timer } from '@quorate/core/base/clock'
import type { LogPoint } from '../journal/log-batch.ts'

/** A checkpoint is due after this much log: what a restart has to apply again at most... */
export const CHECKPOINT_LOG_BYTES = 64 * 1024 * 1024
/**
 * ...or when this many rows have changed, since all that changed is encoded at once: about a tenth
 * of a second...
 */
export const CHECKPOINT_ROWS = 16_384
/** ...or when nothing was applied for this long, so that a quiet broker restarts at once. */
export const CHECKPOINT_IDLE_MS = 10_000
/** How often it is looked whether one is due. */
export const CHECKPOINT_LOOK_MS = 500

export interface CheckpointDue {
  /** After this much log, in bytes... */
  readonly logBytes: number
  /** ...or this many rows that changed... */
  readonly rows: number
  /** ...or when nothing was applied for this long. */
  readonly idleMs: number
}

export const checkpointDue: CheckpointDue = {
  logBytes: CHECKPOINT_LOG_BYTES,
  rows: CHECKPOINT_ROWS,
  idleMs: CHECKPOINT_IDLE_MS,
}

/** The store, as far as its checkpoints go. */
export interface CheckpointTarget {
  readonly appliedPoint: LogPoint
  readonly checkpointedPoint: LogPoint
  /** Rows that changed since the last checkpoint was taken. */
  readonly changedRows: number
  checkpoint(): Promise<LogPoint>
}

export interface CheckpointScheduleOptions {
  readonly target: CheckpointTarget
  readonly due: CheckpointDue
  readonly clock: Clock
  /** The index takes no more checkpoints; called once. */
  readonly onFailure: (error: BrokerError) => void
}

/** Asks for a checkpoint when one is due. One is under way at a time. */
export class CheckpointSchedule {
  readonly #options: CheckpointScheduleOptions
  #timer: Timer | null = null
  #isRunning = false
  #seenIndex = 0
  #quietSinceMs = 0

  constructor(options: CheckpointScheduleOptions) {
    this.#options = options
  }

  start(): void {
    this.#quietSinceMs = this.#options.clock.monotonicMs()
    this.#timer = this.#options.clock.every(CHECKPOINT_LOOK_MS, () => this.#look())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  #look(): void {
    const { target, due, clock } = this.#options
    const { index, position } = target.appliedPoint
    const nowMs = clock.monotonicMs()
    if (index !== this.#seenIndex) {
      this.#seenIndex = index
      this.#quietSinceMs = nowMs
    }
    if (this.#isRunning || index === target.checkpointedPoint.index) return
    const bytes = position - target.checkpointedPoint.position
    const isMuch = bytes >= due.logBytes || target.changedRows >= due.rows
    if (isMuch || nowMs - this.#quietSinceMs >= due.idleMs) this.#run()
  }

  #run(): void {
    this.#isRunning = true
    this.#options.target.checkpoint().then(
      () => {
        this.#isRunning = false
      },
      (error: unknown) => {
        this.stop()
        this.#options.onFailure(toBrokerError(error, 'STORE_UNAVAILABLE'))
      },
    )
  }
}
