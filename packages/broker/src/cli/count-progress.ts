import { LiveArea } from './live-area.ts'
import { progressBar } from './progress-bar.ts'
import { shownCount } from './shown-bytes.ts'
import type { Terminal } from './terminal.ts'

const DRAW_EVERY_MS = 100

/** How many of many things are done, drawn where there is a terminal and nobody wants JSON. */
export class CountProgress {
  readonly #area: LiveArea | null
  readonly #terminal: Terminal
  readonly #thing: string
  readonly #total: number
  #drawnMs = -Infinity

  constructor(
    terminal: Terminal,
    { thing, total, isWanted }: { thing: string; total: number; isWanted: boolean },
  ) {
    this.#terminal = terminal
    this.#thing = thing
    this.#total = total
    this.#area = isWanted && terminal.isInteractive && total > 0 ? new LiveArea(terminal) : null
  }

  /** So many are done altogether; more than there seemed to be is possible. */
  reached(done: number): void {
    const nowMs = performance.now()
    if (nowMs - this.#drawnMs < DRAW_EVERY_MS && done < this.#total) return
    this.#drawnMs = nowMs
    const total = Math.max(done, this.#total)
    const line = `${progressBar(done / total)} ${shownCount(done)} of ${shownCount(total)}`
    this.#area?.draw([`${line} ${this.#thing}`.slice(0, this.#terminal.columns())])
  }

  /** Tells something; the bar is drawn again below it. */
  note(text: string): void {
    this.#area?.clear()
    this.#terminal.err(`${text}\n`)
    this.#drawnMs = -Infinity
  }

  /** Leaves the last state on the screen. */
  close(): void {
    this.#area?.close()
  }
}
