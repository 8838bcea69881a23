import { once } from 'node:events'
import picocolors from 'picocolors'
import { askPerson } from './question.ts'
import type { Ask } from './question.ts'

export type Paint = (text: string) => string
export type Colors = ReturnType<typeof picocolors.createColors>

/** Where a command writes. Tests give their own. */
export interface Terminal {
  /** Results: what a script would read. */
  out(text: string): void
  /**
   * Resolves when the reader of `out` has taken what was written, or nearly; never when it could
   * not be written.
   */
  drained(): Promise<unknown>
  /** Everything else: progress, hints, errors. */
  err(text: string): void
  /** True when `out` reaches a person's terminal, which can be redrawn. */
  readonly isInteractive: boolean
  /** Columns of that terminal now. */
  columns(): number
  readonly colors: Colors
  /** null where nobody is there to answer. */
  readonly ask: Ask | null
}

const COLUMNS_WITHOUT_TERMINAL = 120

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process
  const isSomebodyThere = stdin.isTTY === true && stderr.isTTY === true
  const isInteractive = stdout.isTTY === true && process.env.TERM !== 'dumb'
  return {
    out: (text) => void stdout.write(text),
    drained: () => {
      // The process ends as soon as it is told of that; until then nothing goes on.
      if (stdout.errored !== null) return new Promise(() => {})
      return stdout.writableNeedDrain ? once(stdout, 'drain') : Promise.resolve()
    },
    err: (text) => void stderr.write(text),
    isInteractive,
    columns: () => stdout.columns ?? COLUMNS_WITHOUT_TERMINAL,
    colors: picocolors.createColors(isInteractive && picocolors.isColorSupported),
    ask: isSomebodyThere ? askPerson : null,
  }
}
