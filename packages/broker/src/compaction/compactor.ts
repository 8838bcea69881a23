import type { Clock, Timer } from '@quorate/core/base/clock'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { BodySource } from '../store/body-source.ts'
import type { Fold } from '../store/fold/fold.ts'
import type { CopiesOp, LogOp } from '../store/log-op.ts'
import { LivingMessages, copyOf } from './living-messages.ts'
import type { LivingMessage } from './living-messages.ts'

/** A segment of the log. */
export interface LogSegment {
  readonly firstIndex: number
  /** Where it begins in the log. */
  readonly position: number
}

/** The log, as far as compaction goes. */
export interface CompactedLog {
  /** All of them, in order; the last one is being written. */
  readonly segments: readonly LogSegment[]
  /** Where the log ends. */
  readonly endPosition: number
  /** What all followers have that are connected; Infinity when there are none. */
  readonly fedIndex: number
  /** `nextSequence` where this segment begins; null when it does not say how things stood there. */
  sequenceAt(segment: LogSegment): Promise<number | null>
  append(op: LogOp): void
  /** Appends what `make` returns when everything before it has been applied. */
  appendSettled(make: () => LogOp): void
}

export interface CompactorOptions {
  readonly log: CompactedLog
  readonly fold: Fold
  readonly appliedIndex: () => number
  readonly bodies: BodySource
  readonly clock: Clock
  readonly logger: Log
  readonly onFailure: (error: BrokerError) => void
}

/** How often it is looked whether old segments can go. */
export const COMPACTION_LOOK_MS = 500
/** Between two rounds of copying: others want the disk as well. */
export const COPY_PAUSE_MS = 10
/** Bodies of one round, unless a single one is larger. */
export const COPY_BYTES_MAX = 1024 * 1024
/** Messages of one round, however small they are. */
export const COPY_MESSAGES_MAX = 1_000
/** Old segments are copied when no more than this part of them is in use: one byte frees another. */
export const COPIED_SHARE_MAX = 1 / 2
/** For a follower that is fed and behind, the start waits until this much log could go. */
export const HELD_FOR_FOLLOWERS_MAX = 1024 * 1024 * 1024

/**
 * Keeps the log short, on the leader: the few messages that still wait in old segments are copied
 * forward, and when nothing waits there any more the log begins later. Both are records like any
 * other, so that all replicas have the same log with the same start (R19).
 *
 *   | 90 dead 10 living | 100 dead | 60 living ... |          the living ten are copied to the end,
 *   ^ start             .          ^ new start     ^ copies   then the log begins at the third
 */
export class Compactor {
  readonly #options: CompactorOptions
  #timer: Timer | null = null
  #isStopped = false
  #living: LivingMessages | null = null
  /** A record of ours is on its way: nothing is done before this one is applied. */
  #awaited = 0

  constructor(options: CompactorOptions) {
    this.#options = options
  }

  start(): void {
    this.#next(COMPACTION_LOOK_MS)
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#timer = null
  }

  #next(ms: number): void {
    if (this.#isStopped) return
    this.#timer = this.#options.clock.after(ms, () => {
      this.#work().then(
        (isCopying) => this.#next(isCopying ? COPY_PAUSE_MS : COMPACTION_LOOK_MS),
        (error: unknown) => this.#failed(toBrokerError(error, 'STORE_UNAVAILABLE')),
      )
    })
  }

  #failed(error: BrokerError): void {
    if (this.#isStopped) return
    this.stop()
    if (error.code !== 'LEADERSHIP_LOST') this.#options.onFailure(error)
  }

  /** One step; true when there is more to copy. */
  async #work(): Promise<boolean> {
    if (this.#options.appliedIndex() < this.#awaited) return true
    const start = await this.#newStart()
    if (this.#isStopped) return false
    if (start !== null) {
      this.#moveStart(start)
      return false
    }
    const until = await this.#copiedUntil()
    if (this.#isStopped || until === null) return false
    return this.#copy(until)
  }

  /** The last segment before which nothing waits, if the log does not begin there yet. */
  async #newStart(): Promise<LogSegment | null> {
    const { log, fold } = this.#options
    const { segments } = log
    for (const segment of segments.slice(1).reverse()) {
      if (segment.firstIndex <= fold.logStart) return null
      if (fold.segments.before(segment.position).messages > 0) continue
      if (!this.#mayGo(segment)) continue
      if ((await log.sequenceAt(segment)) !== null) return segment
    }
    return null
  }

  /** R38: who is fed and not far behind does not have to begin again. */
  #mayGo(segment: LogSegment): boolean {
    const { log, appliedIndex } = this.#options
    if (segment.firstIndex > appliedIndex()) return false
    const isHeld = log.fedIndex < segment.firstIndex
    return !isHeld || log.endPosition - segment.position > HELD_FOR_FOLLOWERS_MAX
  }

  #moveStart({ firstIndex }: LogSegment): void {
    const { log, logger } = this.#options
    this.#living = null
    logger.info('the log begins later from now on', { firstIndex })
    log.append({ kind: 'log-start', index: firstIndex })
    this.#awaited = this.#options.appliedIndex() + 1
  }

  /** Messages that lie before this segment are worth copying; null when none are. */
  async #copiedUntil(): Promise<{ position: number; sequence: number } | null> {
    const { log, fold } = this.#options
    const [first, ...later] = log.segments
    if (first === undefined) return null
    let until: { position: number; sequence: number } | null = null
    for (const segment of later) {
      const { position } = segment
      if (segment.firstIndex > this.#options.appliedIndex()) break
      if (until === null && fold.segments.before(position).messages > 0) {
        const sequence = await log.sequenceAt(segment)
        if (sequence !== null) until = { position, sequence }
      }
      // Perhaps only with the dead segments behind it.
      const { bytes } = fold.segments.before(position)
      const isWorth = bytes <= COPIED_SHARE_MAX * (position - first.position)
      if (until !== null && isWorth) return until
    }
    return null
  }

  async #copy(until: { position: number; sequence: number }): Promise<boolean> {
    const { fold, log, bodies, appliedIndex } = this.#options
    if (this.#living?.until !== until.position) {
      this.#living = new LivingMessages(fold, until)
    }
    const found = this.#living.next({ bytes: COPY_BYTES_MAX, messages: COPY_MESSAGES_MAX })
    if (found.length > 0) {
      const read = await bodies.readAt(found)
      if (this.#isStopped) return false
      // Not before the record is made: what is appended until then may come before it.
      this.#awaited = Infinity
      log.appendSettled(() => {
        this.#awaited = appliedIndex() + 1
        return copies(fold, found, read)
      })
    } else if (this.#living.isAtEnd) this.#living = null
    return true
  }
}

/** Of what was found, what waits there still. */
function copies(fold: Fold, found: readonly LivingMessage[], bodies: readonly Buffer[]): CopiesOp {
  const messages = found.flatMap((message, i) => copyOf(fold, message, bodies[i] as Buffer) ?? [])
  return { kind: 'copies', messages }
}
