import type { Command } from 'commander'
import { Argument } from 'commander'
import { EXIT_OK } from '../exit-code.ts'
import { addExample } from '../help-example.ts'
import type { CommandLine, Outcome } from '../program.ts'
import { completionTable } from './completion-table.ts'
import { completionScript, shells } from './scripts.ts'
import type { Shell } from './scripts.ts'

export function addCompletion(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const command = program
    .command('completion')
    .description('Print a script that makes a shell complete quorate and activemq.')
    .addArgument(new Argument('<shell>', shells.join(', ')).choices(shells))
  addExample(command, 'source <(quorate completion bash)')
  command.action((shell: Shell) => {
    terminal.out(completionScript(shell, completionTable(program)))
    outcome.exitCode = EXIT_OK
  })
}
