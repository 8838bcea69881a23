import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import type { Terminal } from './terminal.ts'
import { printable } from './text-table.ts'

/** Exit codes beyond those of the error table, which says what 1 to 7 mean. */
export const EXIT_OK = 0
/** Of a usage error: the same as CONFIG_INVALID. */
export const EXIT_USAGE = 2
/** A cluster without leader, or one that cannot be asked: the same as NO leader errors. */
export const EXIT_UNAVAILABLE = 5
/** `quorate doctor` found what keeps a broker from starting, or from its cluster. */
export const EXIT_UNFIT = 8
/** Ended by Ctrl-C before it was done, as shells count it. */
export const EXIT_INTERRUPTED = 130

/** Prints an error for people and returns the exit code that goes with it. */
export function reportError(error: unknown, terminal: Terminal): number {
  const failure = toBrokerError(error)
  const { colors } = terminal
  // What a broker answered may be in it.
  const linesOf = (text: string): string[] => text.split('\n').map(printable)
  const lines = linesOf(failure.message).map((line) => `${colors.red('error')} ${line}\n`)
  terminal.err(lines.join(''))
  if (failure.code === 'INTERNAL') {
    const cause = error instanceof BrokerError ? error.cause : error
    if (cause instanceof Error) terminal.err(`${linesOf(cause.stack ?? '').join('\n')}\n`)
  }
  return failure.exitCode
}
