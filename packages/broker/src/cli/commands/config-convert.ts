import { basename, dirname } from 'node:path'
import { variableOf } from '../../config/broker-settings.ts'
import { loadBrokerOptions } from '../../config/load.ts'
import { settingTextsOf } from '../../config/setting-texts.ts'
import { writeActivemqXml } from '../../config/xml/write-activemq-xml.ts'
import { writeYaml } from '../../config/yaml-writer.ts'
import { EXIT_OK } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import type { Terminal } from '../terminal.ts'

export interface ConfigConvertCommand {
  readonly file: string
  /** The other one when absent. */
  readonly to?: 'yaml' | 'xml'
  readonly defined: Readonly<Record<string, string>>
  readonly ignoreUnsupported: boolean
  readonly json: boolean
}

/**
 * Writes the settings of one file as the other kind of file, which belongs into the same folder.
 * Variables of ours stay out of it: they win over any file.
 */
export function configConvert(command: ConfigConvertCommand, terminal: Terminal): number {
  const { file, defined, ignoreUnsupported, json } = command
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('QUORATE_')),
  )
  const loaded = loadBrokerOptions({ file, defined, environment, ignoreUnsupported })
  const to = command.to ?? (loaded.activemq === undefined ? 'xml' : 'yaml')
  const said = settingTextsOf(loaded)
  const folder = dirname(file)
  const text = to === 'xml' ? writeActivemqXml(said, folder) : writeYaml(said, folder)
  const notes = [
    ...said.withheld.map(
      (name) => `${name} is not written out: it is a secret; set ${variableOf(name)}`,
    ),
    ...(loaded.places.has('nodeId')
      ? []
      : [`nodeId ${loaded.options.nodeId} is of this broker alone: each has its own`]),
    ...(loaded.activemq?.unsupported ?? []).map(
      ({ where, message }) => `left out: ${where}: ${loaded.activemq?.hide(message) ?? message}`,
    ),
  ]
  if (json) {
    const result = { file: basename(file), format: to, text, notes }
    terminal.out(`${jsonText(result, 2)}\n`)
    return EXIT_OK
  }
  terminal.out(text)
  for (const note of notes) terminal.err(`${terminal.colors.yellow('note')} ${note}\n`)
  return EXIT_OK
}
