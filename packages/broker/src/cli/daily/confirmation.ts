import type { Terminal } from '../terminal.ts'

/**
 * Whether something that cannot be undone may be done. Nobody is asked in a script, as with
 * ActiveMQ's commands, or where the answer was given with `--yes`.
 */
export async function isConfirmed(
  terminal: Terminal,
  question: string,
  isAgreed: boolean,
): Promise<boolean> {
  if (isAgreed || terminal.ask === null) return true
  const answer = await terminal.ask(`${question} [y/N] `)
  if (answer !== null && /^y(es)?$/i.test(answer.trim())) return true
  terminal.err('nothing was done\n')
  return false
}
