import { processTerminal } from '@quorate/broker/cli/terminal'
import { runCommandLine } from '@quorate/broker/cli/program'
import type { Terminal } from '@quorate/broker/cli/terminal'

export interface Ran {
  readonly exitCode: number
  readonly out: string
  readonly err: string
}

/** Runs a command line in this process; `onOut` is told of each write. */
export async function runInProcess(
  args: readonly string[],
  onOut: (text: string) => void = () => {},
  options: Partial<Terminal> = {},
): Promise<Ran> {
  let out = ''
  let err = ''
  const terminal = {
    ...processTerminal(),
    out: (text: string) => {
      out += text
      onOut(text)
    },
    drained: () => Promise.resolve(),
    err: (text: string) => void (err += text),
    isInteractive: false,
    columns: () => 100,
    ask: null,
    ...options,
  }
  const exitCode = await runCommandLine({ terminal, args, version: '9.8.7' })
  return { exitCode, out, err }
}
