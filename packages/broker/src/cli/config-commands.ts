import type { Command } from 'commander'
import { Option } from 'commander'
import { addDefinitions, addIgnoreUnsupported } from './activemq-flags.ts'
import type { ActivemqFlags } from './activemq-flags.ts'
import { configurationFile } from './configuration-file.ts'
import type { CommandLine, Outcome } from './program.ts'

interface ConfigFlags extends ActivemqFlags {
  readonly ignoreUnsupported: boolean
  readonly json: boolean
}

const fileHelp = 'a quorate.yaml or an activemq.xml'

export function addConfig(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const config = program
    .command('config')
    .description('Look at configuration files before a broker starts from them.')
  const check = config
    .command('check')
    .description(
      'Read a configuration as a start would and say what it means. Exits with 2 when it would stop the start.',
    )
    .argument('<file>', fileHelp)
    .option('--json', 'print one JSON object', false)
  addDefinitions(addIgnoreUnsupported(check)).action(async (word: string, flags: ConfigFlags) => {
    const { configCheck } = await import('./commands/config-check.ts')
    const { define: defined, ...others } = flags
    const command = { file: configurationFile(word), defined, ...others }
    outcome.exitCode = configCheck(command, terminal)
  })
  const convert = config
    .command('convert')
    .description('Write the settings of an activemq.xml as quorate.yaml, or the other way round.')
    .argument('<file>', fileHelp)
    .addOption(
      new Option('--to <format>', 'yaml or xml (default: the other one)').choices(['yaml', 'xml']),
    )
    .option('--json', 'print one JSON object, with the text in it', false)
  addDefinitions(addIgnoreUnsupported(convert)).action(
    async (word: string, flags: ConfigFlags & { readonly to?: 'yaml' | 'xml' }) => {
      const { configConvert } = await import('./commands/config-convert.ts')
      const { define: defined, ...others } = flags
      const command = { file: configurationFile(word), defined, ...others }
      outcome.exitCode = configConvert(command, terminal)
    },
  )
  config
    .command('schema')
    .description('Print a JSON Schema of quorate.yaml, for editors and scripts.')
    .option('--json', 'it is JSON anyway', false)
    .action(async () => {
      const { configSchema } = await import('./commands/config-schema.ts')
      outcome.exitCode = configSchema(terminal)
    })
}
