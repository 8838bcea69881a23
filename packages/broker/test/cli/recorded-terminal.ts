import picocolors from 'picocolors'
import type { Terminal } from '../../src/cli/terminal.ts'

/** A terminal that remembers what was written. */
export interface RecordedTerminal extends Terminal {
  readonly written: { out: string; err: string }
}

export function recordedTerminal(options: Partial<Terminal> = {}): RecordedTerminal {
  const written = { out: '', err: '' }
  return {
    written,
    out: (text) => void (written.out += text),
    drained: () => Promise.resolve(),
    err: (text) => void (written.err += text),
    isInteractive: false,
    columns: () => 100,
    colors: picocolors.createColors(false),
    ask: null,
    ...options,
  }
}
