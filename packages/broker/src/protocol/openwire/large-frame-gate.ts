import type { Claim, LargeFrameBudget } from './large-frame-budget.ts'
import {
  LARGE_FRAME_BYTES_PER_SECOND,
  LARGE_FRAME_CONFIRM_TIMEOUT_MS,
  LARGE_FRAME_STALL_MAX_MS,
  LARGE_FRAME_TIMEOUT_MS,
} from './limits.ts'

export interface GateOptions {
  readonly budget: LargeFrameBudget
  /** A frame that was not admitted is now. Called from anywhere. */
  readonly granted: () => void
}

/** slow: the frame arrives too slowly; stuck: nobody knows when there will be room for it. */
export type GateEffect = 'none' | 'slow' | 'stuck'

const PERIOD_BYTES = (LARGE_FRAME_BYTES_PER_SECOND * LARGE_FRAME_TIMEOUT_MS) / 1000

/**
 * Where the large frames of one connection come in:
 *
 *   wanted --room--> arriving --whole--> kept --answered--> (room given back)
 *     \--stuck--> refused  \--slow--> the connection ends
 *
 * The room of a frame is kept as long as its message is only in memory: until the engine answers
 * for it. That may take as long as a queue is full, and what makes room in the queue may be the
 * acknowledgements behind another large frame, on a connection that waits for room here. So
 * nobody waits for ever:
 * - one that arrives brings LARGE_FRAME_BYTES_PER_SECOND, or its connection ends;
 * - one that we do not read, or that is not answered for, is late after
 *   LARGE_FRAME_CONFIRM_TIMEOUT_MS, and then others get room beside it;
 * - when what is late has used that up too, one that waits is refused.
 *
 * Time comes in with the calls; only frames for which others wait are too slow or late.
 */
export class LargeFrameGate {
  readonly #options: GateOptions
  #arriving: Claim | null = null
  #wantedMs = 0
  /** What was handed over and is not late, with the time when it will be, in that order. */
  readonly #kept = new Map<Claim, number>()
  /** What has come in the period under way, and when it ends; Infinity while nothing arrives. */
  #periodBytes = 0
  #periodEndMs = Number.POSITIVE_INFINITY
  /** When it was last found that the peer is read from. */
  #readMs = 0
  #lastTickMs = 0

  constructor(options: GateOptions) {
    this.#options = options
  }

  /** A frame has been admitted, and was not handed over yet. */
  get isArriving(): boolean {
    return this.#arriving?.isHeld === true
  }

  /** Whether a frame may be read whose size has been read: there is room for it. */
  admit(byteCount: number, nowMs: number): boolean {
    if (this.#arriving === null) {
      this.#arriving = this.#options.budget.claim(byteCount, this.#options.granted)
      this.#wantedMs = nowMs
    }
    if (!this.#arriving.isHeld) return false
    this.#begin(nowMs)
    return true
  }

  bytesRead(byteCount: number): void {
    this.#periodBytes += byteCount
  }

  /**
   * The room of the frame that is being handed over, for its message, which has to `release` it.
   * Null when that frame has none.
   */
  keep(nowMs: number): Claim | null {
    const claim = this.#arriving
    if (claim?.isHeld !== true) return null
    this.#arriving = null
    this.#periodEndMs = Number.POSITIVE_INFINITY
    this.#kept.set(claim, nowMs + LARGE_FRAME_CONFIRM_TIMEOUT_MS)
    return claim
  }

  release(claim: Claim): void {
    this.#kept.delete(claim)
    this.#options.budget.release(claim)
  }

  /** What is arriving has been taken in, and nobody keeps it; or nothing more is taken in. */
  drop(): void {
    const claim = this.#arriving
    if (claim === null) return
    this.#arriving = null
    this.#periodEndMs = Number.POSITIVE_INFINITY
    this.#options.budget.release(claim)
  }

  /** Looks at the time. `isHeldBack`: it is our doing that the peer is not read from. */
  tick(nowMs: number, isHeldBack: boolean): GateEffect {
    const isStalled = nowMs - this.#lastTickMs > LARGE_FRAME_STALL_MAX_MS
    this.#lastTickMs = nowMs
    if (this.#kept.size > 0) this.#deferKept(nowMs)
    const claim = this.#arriving
    if (claim === null) return 'none'
    if (!claim.isHeld) return this.#isStuck(nowMs) ? 'stuck' : 'none'
    // Room that was granted counts from then on, also when nobody comes for it.
    if (this.#periodEndMs === Number.POSITIVE_INFINITY) this.#begin(nowMs)
    if (isHeldBack) {
      const isLate = nowMs - this.#readMs >= LARGE_FRAME_CONFIRM_TIMEOUT_MS
      if (isLate && this.#options.budget.isContended) this.#options.budget.defer(claim)
      this.#beginPeriod(nowMs)
      return 'none'
    }
    this.#readMs = nowMs
    // A tick so late proves that we were stopped ourselves, and bytes of the peer may be waiting.
    if (isStalled) this.#beginPeriod(nowMs)
    if (nowMs < this.#periodEndMs) return 'none'
    const isSlow = this.#periodBytes < PERIOD_BYTES
    this.#beginPeriod(nowMs)
    return isSlow && this.#options.budget.isContended ? 'slow' : 'none'
  }

  #isStuck(nowMs: number): boolean {
    const hasWaited = nowMs - this.#wantedMs >= LARGE_FRAME_CONFIRM_TIMEOUT_MS
    return hasWaited && this.#options.budget.isStuck
  }

  #deferKept(nowMs: number): void {
    for (const [claim, lateMs] of this.#kept) {
      if (nowMs < lateMs || !this.#options.budget.isContended) return
      this.#kept.delete(claim)
      this.#options.budget.defer(claim)
    }
  }

  #begin(nowMs: number): void {
    this.#readMs = nowMs
    this.#beginPeriod(nowMs)
  }

  #beginPeriod(nowMs: number): void {
    this.#periodBytes = 0
    this.#periodEndMs = nowMs + LARGE_FRAME_TIMEOUT_MS
  }
}
