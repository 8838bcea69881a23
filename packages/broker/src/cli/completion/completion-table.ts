import type { Command, Option } from 'commander'
import { sharedTasks, translatedTasks } from '../activemq-words.ts'

/** What can follow a command on the command line. */
export interface CompletionRow {
  /** `quorate queue list`. */
  readonly path: string
  /** Subcommands, choices of the argument, and options. */
  readonly words: readonly string[]
  /** What can follow an option that has a value. */
  readonly options: readonly OptionValues[]
}

export interface OptionValues {
  /** `--sort`, `-w`. */
  readonly names: readonly string[]
  /** Its choices; files; or something that cannot be guessed. */
  readonly values: readonly string[] | 'files' | 'anything'
}

/** Every command with all that can be completed behind it, read from the program itself. */
export function completionTable(program: Command): CompletionRow[] {
  const root = rowOf(program, program.name())
  const tasks = [...translatedTasks, ...sharedTasks].sort()
  return [root, { path: 'activemq', words: tasks, options: [] }, ...below(program, program.name())]
}

function below(command: Command, path: string): CompletionRow[] {
  return command.commands.flatMap((child) => {
    const childPath = `${path} ${child.name()}`
    return [rowOf(child, childPath), ...below(child, childPath)]
  })
}

function rowOf(command: Command, path: string): CompletionRow {
  const options = command.options.filter(({ hidden }) => !hidden)
  const names = command.commands.map((child) => child.name())
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices)
  const flags = options.map((option) => option.long ?? option.short ?? '')
  return {
    path,
    words: [...names, ...choices, ...flags, '--help'],
    options: options.filter(({ required, optional }) => required || optional).map(valuesOf),
  }
}

function valuesOf(option: Option): OptionValues {
  const names = [option.long, option.short].filter((name) => name !== undefined)
  if (option.argChoices !== undefined) return { names, values: option.argChoices }
  if (option.optional) return { names, values: ['true', 'false'] }
  return { names, values: /<(file|folder|directory)>/.test(option.flags) ? 'files' : 'anything' }
}
