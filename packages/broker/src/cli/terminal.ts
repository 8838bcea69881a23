import picocolors from 'picocolors'

export type Paint = (text: string) => string
export type Colors = ReturnType<typeof picocolors.createColors>

/** Where a command writes. Tests give their own. */
export interface Terminal {
  /** Results: what a script would read. */
  out(text: string): void
  /** Everything else: progress, hints, errors. */
  err(text: string): void
  /** True when `out` reaches a person's terminal, which can be redrawn. */
  readonly isInteractive: boolean
  /** Columns of that terminal now. */
  columns(): number
  readonly colors: Colors
}

const COLUMNS_WITHOUT_TERMINAL = 120

export function processTerminal(): Terminal {
  const { stdout, stderr } = process
  const isInteractive = stdout.isTTY === true && process.env.TERM !== 'dumb'
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    isInteractive,
    columns: () => stdout.columns ?? COLUMNS_WITHOUT_TERMINAL,
    colors: picocolors.createColors(isInteractive && picocolors.isColorSupported),
  }
}
