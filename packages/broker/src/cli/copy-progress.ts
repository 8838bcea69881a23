import type { CopyProgress } from '../backup/backup-log.ts'
import { LiveArea } from './live-area.ts'
import { progressBar } from './progress-bar.ts'
import { shownBytes } from './shown-bytes.ts'
import type { Terminal } from './terminal.ts'

const DRAW_EVERY_MS = 100
/** Before that, a rate says little. */
const ESTIMATE_AFTER_MS = 500

/**
 * How far a copy is, how fast, and how long it will still take, drawn where there is a terminal.
 */
export class CopyBar implements CopyProgress {
  readonly #area: LiveArea | null
  readonly #terminal: Terminal
  readonly #nowMs: () => number
  #total = 0
  #done = 0
  #beganMs = 0
  #drawnMs = -Infinity

  constructor(
    terminal: Terminal,
    { isWanted, nowMs = () => performance.now() }: { isWanted: boolean; nowMs?: () => number },
  ) {
    this.#terminal = terminal
    this.#nowMs = nowMs
    this.#area = isWanted && terminal.isInteractive ? new LiveArea(terminal) : null
  }

  begin(totalBytes: number): void {
    this.#total = totalBytes
    this.#done = 0
    this.#beganMs = this.#nowMs()
    this.#draw()
  }

  done(bytes: number): void {
    this.#done += bytes
    if (this.#nowMs() - this.#drawnMs >= DRAW_EVERY_MS) this.#draw()
  }

  /** Leaves the last state on the screen. */
  close(): void {
    if (this.#total > 0) this.#draw()
    this.#area?.close()
  }

  #draw(): void {
    this.#drawnMs = this.#nowMs()
    const bar = progressBar(this.#total === 0 ? 1 : this.#done / this.#total)
    const bytes = `${shownBytes(this.#done)} of ${shownBytes(this.#total)}`
    this.#area?.draw([`${bar} ${bytes}${this.#pace()}`.slice(0, this.#terminal.columns())])
  }

  #pace(): string {
    const elapsedMs = this.#drawnMs - this.#beganMs
    if (elapsedMs < ESTIMATE_AFTER_MS || this.#done === 0) return ''
    const rate = (this.#done / elapsedMs) * 1000
    const left = Math.ceil(Math.max(0, this.#total - this.#done) / rate)
    return `, ${shownBytes(Math.round(rate))}/s, ${left} s left`
  }
}
