import type { Claim, LargeFrameBudget } from './large-frame-budget.ts'
import {
  LARGE_FRAME_CONFIRM_TIMEOUT_MS,
  LARGE_FRAME_PERIOD_BYTES,
  LARGE_FRAME_TIMEOUT_MS,
} from './limits.ts'

export interface GateOptions {
  readonly budget: LargeFrameBudget
  /** A frame that was not admitted is now. Called from anywhere. */
  readonly granted: () => void
}

/**
 * Where the large frames of one connection come in:
 *
 *   wanted --room--> arriving --whole--> unconfirmed --confirmed, or too long--> (room given back)
 *
 * Time comes in with the calls.
 */
export class LargeFrameGate {
  readonly #options: GateOptions
  #arriving: Claim | null = null
  #unconfirmed: Claim | null = null
  #keptUntilMs = 0
  /** What has come in the period under way, and when it ends. */
  #periodBytes = 0
  #periodEndMs = Number.POSITIVE_INFINITY

  constructor(options: GateOptions) {
    this.#options = options
  }

  /** A frame has been admitted, and was not handed over yet. */
  get isArriving(): boolean {
    return this.#arriving?.isHeld === true
  }

  /** Whether a frame may be read whose size has been read: there is room for it. */
  admit(byteCount: number, nowMs: number): boolean {
    const { budget, granted } = this.#options
    this.#arriving ??= budget.claim(byteCount, granted)
    if (!this.#arriving.isHeld) return false
    this.#beginPeriod(nowMs)
    return true
  }

  bytesRead(byteCount: number): void {
    this.#periodBytes += byteCount
  }

  /** The frame that arrived has been taken in; its sender may wait for its confirmation. */
  handedOver(isUnconfirmed: boolean, nowMs: number): void {
    const claim = this.#arriving
    if (claim === null) return
    this.#arriving = null
    this.#periodEndMs = Number.POSITIVE_INFINITY
    this.confirmed()
    if (!isUnconfirmed) {
      this.#options.budget.release(claim)
      return
    }
    this.#unconfirmed = claim
    this.#keptUntilMs = nowMs + LARGE_FRAME_CONFIRM_TIMEOUT_MS
  }

  /** What was handed over is confirmed. */
  confirmed(): void {
    if (this.#unconfirmed === null) return
    const claim = this.#unconfirmed
    this.#unconfirmed = null
    this.#options.budget.release(claim)
  }

  /**
   * Looks at the time; true when a frame arrives too slowly and others wait for its room. A peer
   * that is not being read from cannot be slow.
   */
  tick(nowMs: number, isRead: boolean): boolean {
    if (nowMs >= this.#keptUntilMs) this.confirmed()
    if (nowMs < this.#periodEndMs) return false
    const isSlow = isRead && this.#periodBytes < LARGE_FRAME_PERIOD_BYTES
    this.#beginPeriod(nowMs)
    return isSlow && this.#options.budget.isContended
  }

  /** The connection takes in nothing more. */
  close(): void {
    this.confirmed()
    if (this.#arriving !== null) this.#options.budget.release(this.#arriving)
    this.#arriving = null
    this.#periodEndMs = Number.POSITIVE_INFINITY
  }

  #beginPeriod(nowMs: number): void {
    this.#periodBytes = 0
    this.#periodEndMs = nowMs + LARGE_FRAME_TIMEOUT_MS
  }
}
