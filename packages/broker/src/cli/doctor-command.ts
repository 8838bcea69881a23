import type { Command } from 'commander'
import { isSettingName } from '../config/broker-settings.ts'
import { addDefinitions, addIgnoreUnsupported } from './activemq-flags.ts'
import type { ActivemqFlags } from './activemq-flags.ts'
import { configurationFile } from './configuration-file.ts'
import { timeoutOption } from './option-values.ts'
import type { CommandLine, Outcome } from './program.ts'
import { addSettingFlags } from './setting-flags.ts'

interface DoctorFlags extends ActivemqFlags {
  readonly ignoreUnsupported: boolean
  readonly timeout: number
  readonly json: boolean
  readonly compare: boolean
}

export function addDoctor(program: Command, line: CommandLine, outcome: Outcome): void {
  const { terminal, version } = line
  const command = program
    .command('doctor')
    .description(
      'Look, before a start or beside a running cluster, whether brokers of these configurations ' +
        'have what they need. Changes nothing. Exits with 8 when a check failed.',
    )
    .argument('[configs...]', 'of one broker or of several (default: quorate.yaml, flags)')
    .addOption(timeoutOption('how long to wait for each answer', '5s'))
    .option('--compare', 'compare these configurations with each other, and no more', false)
    .option('--json', 'print one JSON object', false)
  addDefinitions(addIgnoreUnsupported(command))
  addSettingFlags(command)
  command.action(async (words: string[], flags: DoctorFlags) => {
    const { doctor } = await import('./commands/doctor.ts')
    const { define: defined, ignoreUnsupported, timeout: timeoutMs, json, compare } = flags
    const settings = Object.entries(flags).filter(([name]) => isSettingName(name))
    const request = {
      files: words.map((word) => configurationFile(word)),
      settings: Object.fromEntries(settings.map(([name, value]) => [name, String(value)])),
      defined,
      ignoreUnsupported,
      timeoutMs,
      json,
      compare,
      version,
    }
    outcome.exitCode = await doctor(request, terminal)
  })
}
