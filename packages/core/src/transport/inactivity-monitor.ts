export type InactivityEffect = 'none' | 'sendKeepAlive' | 'timeout'

export interface InactivityOptions {
  /** Silence of the peer that ends the connection; 0 is never. */
  readonly readTimeoutMs: number
  /** Time from the start to the first check. */
  readonly initialDelayMs: number
}

/**
 * Watches one connection for silence, as ActiveMQ does. Time comes in with the ticks:
 *
 *   written?   checked every third of the read timeout: nothing since the last check -> keep alive
 *   read?      checked every read timeout: nothing since the last check -> timeout
 *
 * Reads and writes only set a flag, so that they cost nothing.
 */
export class InactivityMonitor {
  readonly #readPeriodMs: number
  readonly #writePeriodMs: number
  #lastReadCheckMs: number
  #nextReadCheckMs: number
  #nextWriteCheckMs: number
  #lastTickMs: number
  /** The peer has one whole period before it can be late. */
  #read = true
  #written = false
  #keepAliveUnderWay = false

  constructor(options: InactivityOptions, nowMs: number) {
    const { readTimeoutMs, initialDelayMs } = options
    this.#readPeriodMs = readTimeoutMs
    this.#writePeriodMs = readTimeoutMs > 3 ? readTimeoutMs / 3 : readTimeoutMs
    this.#lastReadCheckMs = -Infinity
    this.#nextReadCheckMs = readTimeoutMs > 0 ? nowMs + initialDelayMs : Infinity
    this.#nextWriteCheckMs = this.#nextReadCheckMs
    this.#lastTickMs = nowMs
  }

  /** When the next tick is due; Infinity when there is nothing to watch. */
  get nextTickMs(): number {
    return Math.min(this.#nextReadCheckMs, this.#nextWriteCheckMs)
  }

  /** Bytes arrived, were it only a part of a frame. */
  bytesRead(): void {
    this.#read = true
  }

  bytesWritten(): void {
    // A keep-alive of ours is no reason to leave out the next one.
    if (this.#keepAliveUnderWay) this.#keepAliveUnderWay = false
    else this.#written = true
  }

  tick(nowMs: number): InactivityEffect {
    const stalled = nowMs - this.#lastTickMs > this.#stallMs()
    this.#lastTickMs = nowMs
    if (nowMs >= this.#nextReadCheckMs && this.#silent(nowMs, stalled)) return 'timeout'
    if (nowMs < this.#nextWriteCheckMs) return 'none'
    const quiet = !this.#written
    this.#written = false
    this.#nextWriteCheckMs = nowMs + this.#writePeriodMs
    this.#keepAliveUnderWay = quiet
    return quiet ? 'sendKeepAlive' : 'none'
  }

  /** A tick so late proves that we were stopped ourselves, and bytes of the peer may be waiting. */
  #stallMs(): number {
    return Math.max(this.nextTickMs - this.#lastTickMs, 0) + this.#writePeriodMs
  }

  #silent(nowMs: number, stalled: boolean): boolean {
    this.#nextReadCheckMs = nowMs + this.#readPeriodMs
    // After a late check the next comes early; it would not have given the peer its time.
    if (nowMs - this.#lastReadCheckMs < this.#readPeriodMs * 0.9) return false
    this.#lastReadCheckMs = nowMs
    const silent = !this.#read && !stalled
    this.#read = false
    return silent
  }
}
