import { readFileSync } from 'node:fs'
import { reportError } from './exit-code.ts'
import { runCommandLine } from './program.ts'
import { processTerminal } from './terminal.ts'

function versionOfPackage(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}

/** Runs the command line of this process; `words` translates what was written to words of ours. */
export async function runProcess(
  words: (args: readonly string[]) => readonly string[],
): Promise<void> {
  const terminal = processTerminal()
  // A bug of ours: fail fast and loudly; the log is safe against any end of the process.
  const failFast = (error: unknown): void => process.exit(reportError(error, terminal))
  process.on('uncaughtException', failFast)
  process.on('unhandledRejection', failFast)
  // The reader of a pipe went away (`quorate status | head`): there is nobody left to write to.
  process.stdout.on('error', () => process.exit(0))
  const args = words(process.argv.slice(2))
  const exitCode = await runCommandLine({ terminal, args, version: versionOfPackage() })
  // Not by process.exit alone: what is still to be written to a pipe would be lost.
  process.stdout.write('', () => process.exit(exitCode))
}
