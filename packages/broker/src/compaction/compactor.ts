import type { Clock, Timer } from '@quorate/core/base/clock'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { BodySource } from '../store/body-source.ts'
import type { Fold } from '../store/fold/fold.ts'
import type { Use } from '../store/fold/segment-use.ts'
import type { LogOp } from '../store/log-op.ts'
import { LivingMessages, copiesOf } from './living-messages.ts'

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
  /** What copies may write before the files that they set free are gone (copy-room.ts). */
  readonly roomBytes: number
  /** New messages have to wait for space. */
  readonly lacksSpace: boolean
  /**
   * `nextSequence` where this segment begins; null when it does not say how things stood there.
   * 'unwritten' while our own disk does not have what others have committed.
   */
  sequenceAt(segment: LogSegment): Promise<number | null | 'unwritten'>
  append(op: LogOp): void
  /** Appends what `make` returns when everything before it has been applied. */
  appendSettled(make: () => LogOp): void
  /** Begins a segment now, unless the last one has less than so many bytes; whether it does. */
  beginSegment(leastBytes: number): boolean
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
/** Messages of one round, each as often as there are lists that it waits in. */
export const COPY_PLACES_MAX = 10_000
/**
 * Old segments are copied when no more than this part of them is in use: one byte frees another.
 */
export const COPIED_SHARE_MAX = 1 / 2
/** Without space a segment ends early that is this part of the log, or more... */
export const EARLY_SHARE_MIN = 1 / 4
/** ...and has so many bytes: a part of the smallest `storeLimit`. */
export const EARLY_BYTES_MIN = 256 * 1024
/** What a copied message takes of the log beside its body, about. */
const COPY_OVERHEAD_BYTES = 64
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
  /** What was asked last. */
  #known: { readonly position: number; readonly sequence: number | null } | null = null
  /** It has been told that there is no room. */
  #lacksRoom = false
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
    if (this.#isStopped) return false
    if (until !== null) return this.#copy(until)
    this.#beginEarly()
    return false
  }

  /**
   * Only what lies before the last segment can go, and a log that may be no larger than a segment
   * is nothing but that one. Without space it ends as soon as the whole log is worth copying:
   * acknowledgements alone would never fill it, and who sends waits.
   */
  #beginEarly(): void {
    const { log, fold, logger } = this.#options
    if (!log.lacksSpace) return
    const length = log.endPosition - (log.segments[0]?.position ?? 0)
    if (fold.segments.before(Infinity).bytes > COPIED_SHARE_MAX * length) return
    if (!log.beginSegment(Math.max(EARLY_BYTES_MIN, EARLY_SHARE_MIN * length))) return
    logger.info('a segment ends early, so that its space can be given back', { logBytes: length })
  }

  /** The last segment before which nothing waits, if the log does not begin there yet. */
  async #newStart(): Promise<LogSegment | null> {
    const dead: LogSegment[] = []
    for (const { segment, before } of this.#boundaries()) {
      if (before.messages > 0) break
      if (segment.firstIndex > this.#options.fold.logStart) dead.push(segment)
    }
    for (const segment of dead.reverse()) {
      if (this.#mayGo(segment) && (await this.#sequenceAt(segment)) !== null) return segment
    }
    return null
  }

  /** Where segments begin that have been applied, and what waits before each. */
  *#boundaries(): IterableIterator<{ readonly segment: LogSegment; readonly before: Use }> {
    const { log, fold } = this.#options
    const segments = new Map(log.segments.map((segment) => [segment.position, segment]))
    for (const { position, before } of fold.segments.boundaries()) {
      const segment = segments.get(position)
      if (segment !== undefined) yield { segment, before }
    }
  }

  /** R38: who is fed and not far behind does not have to begin again. */
  #mayGo(segment: LogSegment): boolean {
    const { log } = this.#options
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

  /** Where the part of the log ends that is worth copying; null when none is. */
  async #copiedUntil(): Promise<{ position: number; sequence: number } | null> {
    const [first] = this.#options.log.segments
    const unasked: LogSegment[] = []
    // As they are now: more may begin, and old ones go, while segments are read.
    for (const { segment, before } of [...this.#boundaries()]) {
      if (before.messages > 0) unasked.push(segment)
      // Perhaps only with the dead segments behind it.
      const length = segment.position - (first?.position ?? 0)
      if (unasked.length === 0 || before.bytes > COPIED_SHARE_MAX * length) continue
      if (!this.#hasRoomFor(before)) return null
      const known = await this.#firstKnown(unasked)
      if (known !== null) return known
      unasked.length = 0
    }
    return null
  }

  /** Nothing is free before all of it is copied, so all of it has to fit. */
  #hasRoomFor({ bytes, messages }: Use): boolean {
    const { log, logger } = this.#options
    const neededBytes = bytes + messages * COPY_OVERHEAD_BYTES
    const { roomBytes } = log
    const lacksRoom = neededBytes > roomBytes
    if (lacksRoom && !this.#lacksRoom) {
      const text = 'the disk has no room to copy out of old segments: they go when more is consumed'
      logger.warn(text, { neededBytes, roomBytes: Math.max(0, roomBytes) })
    }
    this.#lacksRoom = lacksRoom
    return !lacksRoom
  }

  /** The first of these segments that says how things stood where it begins. */
  async #firstKnown(
    segments: readonly LogSegment[],
  ): Promise<{ position: number; sequence: number } | null> {
    for (const segment of segments) {
      const sequence = await this.#sequenceAt(segment)
      if (sequence !== null) return { position: segment.position, sequence }
    }
    return null
  }

  /** The segment that is being copied from is asked for in each round. */
  async #sequenceAt(segment: LogSegment): Promise<number | null> {
    const { position } = segment
    if (this.#known?.position === position) return this.#known.sequence
    const sequence = await this.#options.log.sequenceAt(segment)
    if (sequence === 'unwritten') return null
    this.#known = { position, sequence }
    return sequence
  }

  async #copy(until: { position: number; sequence: number }): Promise<boolean> {
    const { fold, log, bodies, appliedIndex } = this.#options
    if (this.#living?.until !== until.position) {
      this.#living = new LivingMessages(fold, until)
    }
    const found = this.#living.next({ bytes: COPY_BYTES_MAX, places: COPY_PLACES_MAX })
    if (found.length > 0) {
      const read = await bodies.readAt(found)
      if (this.#isStopped) return false
      // Not before the record is made: what is appended until then may come before it.
      this.#awaited = Infinity
      log.appendSettled(() => {
        this.#awaited = appliedIndex() + 1
        return copiesOf(fold, found, read)
      })
      return true
    }
    // Whatever is left of it was consumed, or is looked for again later.
    const isAtEnd = this.#living.isAtEnd
    if (isAtEnd) this.#living = null
    return !isAtEnd
  }
}
