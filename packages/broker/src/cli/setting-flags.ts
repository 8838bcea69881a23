import { Option } from 'commander'
import type { Command } from 'commander'
import { flagOf, settingChapters, settingSchema } from '../config/broker-settings.ts'
import type { SettingName, SettingSchema } from '../config/broker-settings.ts'
import { formatSetting } from '../config/setting-value.ts'

/** What stands for the value in `--help`. */
function placeholder({ type, unit, enum: words }: SettingSchema): string {
  if (type === 'boolean') return '[true|false]'
  if (words !== undefined && words.length <= 5) return `<${words.join('|')}>`
  if (unit === 'ms') return '<duration>'
  if (unit === 'bytes') return '<size>'
  return type === 'integer' ? '<n>' : '<text>'
}

function optionOf(name: SettingName, chapter: string): Option {
  const schema = settingSchema(name)
  const fallback = schema.defaultText ?? formatSetting(schema.default, schema)
  const purpose = schema.description.replaceAll('`', '')
  const option = new Option(`--${flagOf(name)} ${placeholder(schema)}`, purpose)
  option.helpGroup(`${chapter}:`)
  if (schema.type === 'boolean') option.preset('true')
  // Values stay texts: config parses them, with the flag's name in its messages.
  option.description += ` (default: ${fallback})`
  return option
}

/** Gives a command one flag for each setting of a broker. */
export function addSettingFlags(command: Command): Command {
  for (const [chapter, names] of Object.entries(settingChapters)) {
    for (const name of names) command.addOption(optionOf(name, chapter))
  }
  return command
}
