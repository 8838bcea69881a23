import type { Terminal } from './terminal.ts'

const ESCAPE = '\u001b['
const CLEAR_BELOW = `${ESCAPE}J`
const HIDE_CURSOR = `${ESCAPE}?25l`
const SHOW_CURSOR = `${ESCAPE}?25h`

/**
 * The last lines of a terminal, drawn again and again in place; what is printed meanwhile scrolls
 * away above them. Without a terminal it draws only what changed since the last time, below.
 */
export class LiveArea {
  readonly #terminal: Terminal
  #drawn: readonly string[] = []

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Lines must not be wider than the terminal: a wrapped line would be counted wrong. */
  draw(lines: readonly string[]): void {
    if (this.#isDrawn(lines)) return
    this.#replace('', lines)
  }

  /** Prints a line that stays. */
  print(line: string): void {
    this.#replace(`${line}\n`, this.#drawn)
  }

  /** Takes the area away, so that something else can be written where it stood. */
  clear(): void {
    if (this.#drawn.length === 0) return
    if (this.#terminal.isInteractive) {
      this.#terminal.out(`${ESCAPE}${this.#drawn.length}A\r${CLEAR_BELOW}${SHOW_CURSOR}`)
    }
    this.#drawn = []
  }

  /** Leaves the area as it is and gives the cursor back. */
  close(): void {
    if (this.#terminal.isInteractive && this.#drawn.length > 0) this.#terminal.out(SHOW_CURSOR)
    this.#drawn = []
  }

  #isDrawn(lines: readonly string[]): boolean {
    return (
      lines.length === this.#drawn.length && lines.every((line, at) => line === this.#drawn[at])
    )
  }

  #replace(above: string, lines: readonly string[]): void {
    const below = lines.map((line) => `${line}\n`).join('')
    if (!this.#terminal.isInteractive) {
      const isSame = this.#isDrawn(lines)
      this.#terminal.out(isSame ? above : above + below)
    } else {
      const up = this.#drawn.length === 0 ? '' : `${ESCAPE}${this.#drawn.length}A`
      this.#terminal.out(`${HIDE_CURSOR}${up}\r${CLEAR_BELOW}${above}${below}`)
    }
    this.#drawn = [...lines]
  }
}
