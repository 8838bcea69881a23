import { readFileSync } from 'node:fs'
import { BrokerError, errnoOf } from '@quorate/core/base/errors'
import { EXIT_OK, reportError } from './exit-code.ts'
import { runCommandLine } from './program.ts'
import { processTerminal } from './terminal.ts'
import type { Terminal } from './terminal.ts'

function versionOfPackage(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}

/**
 * The exit code when results cannot be written: 0 where the reader of a pipe went away (`quorate
 * status | head`), for there is nobody left to write to. A full disk is an error.
 */
function endOfOutput(error: Error, terminal: Terminal): number {
  if (errnoOf(error) === 'EPIPE') return EXIT_OK
  const code = errnoOf(error) === 'ENOSPC' ? 'STORE_FULL' : 'STORE_UNAVAILABLE'
  const message = `standard output: ${error.message}`
  return reportError(new BrokerError(code, message, { cause: error }), terminal)
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
  process.stdout.on('error', (error: Error) => process.exit(endOfOutput(error, terminal)))
  // Nobody is left to be told; what is under way goes on.
  process.stderr.on('error', () => undefined)
  const args = words(process.argv.slice(2))
  const exitCode = await runCommandLine({ terminal, args, version: versionOfPackage() })
  // Not by process.exit alone: what is still to be written to a pipe would be lost.
  process.stdout.write('', () => process.exit(exitCode))
}
