import type { Command } from 'commander'

/** Shows one use of a command, or several, below its help. */
export function addExample(command: Command, ...lines: readonly string[]): Command {
  const title = lines.length === 1 ? 'Example' : 'Examples'
  return command.addHelpText('after', `\n${title}:\n${lines.map((line) => `  ${line}\n`).join('')}`)
}
