import { settingNames, settingSchema } from './broker-settings.ts'
import type { SettingName } from './broker-settings.ts'
import type { LoadedSettings } from './load.ts'
import { formatSetting } from './setting-value.ts'

/** What a configuration file is to say, so that a broker reads the same settings from it. */
export interface SettingTexts {
  /** Texts by name, but for the settings that are lists. */
  readonly texts: ReadonlyMap<SettingName, string>
  readonly connectors: LoadedSettings['settings']['transportConnectors']
  readonly policies: LoadedSettings['settings']['destinationPolicies']
  /** Secrets that stay where they are: in a property file or in a variable. */
  readonly withheld: readonly SettingName[]
}

/** Settings whose defaults are not the same in every kind of file: said, when others may not be. */
const alwaysSaid: readonly SettingName[] = ['nodeId', 'consolePort', 'directory']

/** Everything that is set in what was loaded, and what a file of another kind would default to. */
export function settingTextsOf({
  settings,
  options,
  places,
  activemq,
}: LoadedSettings): SettingTexts {
  const texts = new Map<SettingName, string>()
  const withheld: SettingName[] = []
  for (const name of settingNames) {
    const schema = settingSchema(name)
    if (schema.type === 'array' || schema.type === 'policies') continue
    if (!places.has(name) && !alwaysSaid.includes(name)) continue
    if (schema.secret === true && activemq?.hiddenSettings.has(name) === true) withheld.push(name)
    else texts.set(name, formatSetting(settings[name], schema))
  }
  texts.set('nodeId', options.nodeId)
  return {
    texts,
    connectors: settings.transportConnectors,
    policies: settings.destinationPolicies,
    withheld,
  }
}
