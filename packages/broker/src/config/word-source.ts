import { isSettingName, settingNames, variableOf } from './broker-settings.ts'
import type { SettingName } from './broker-settings.ts'
import { nearestWord } from './nearest-word.ts'
import type { Problem, SettingSource, WrittenConnector, WrittenText } from './setting-source.ts'
import { readYamlSettings } from './yaml-source.ts'

function connectorsOf(where: string, text: string): WrittenConnector[] {
  const uris = text.split(',').map((uri) => uri.trim())
  return uris.map((uri) => ({ where, uri: { where, text: uri } }))
}

function sourceOf(
  written: Iterable<readonly [SettingName, WrittenText]>,
  problems: readonly Problem[],
  folder: string,
): SettingSource {
  const texts = new Map(written)
  const connectors = texts.get('transportConnectors')
  texts.delete('transportConnectors')
  const policies = texts.get('destinationPolicies')
  texts.delete('destinationPolicies')
  // As in the file, on one line: `[{queue: ">", memoryLimit: 64mb}]`.
  const list = policies && readYamlSettings(`destinationPolicies: ${policies.text}`, policies.where)
  return {
    texts,
    problems: [...problems, ...(list?.problems ?? [])],
    ...(list?.policies === undefined ? {} : { policies: list.policies }),
    folder,
    ...(connectors === undefined
      ? {}
      : { connectors: connectorsOf(connectors.where, connectors.text) }),
  }
}

/** Settings given as flags, by setting name. `flags` names the flag for messages. */
export function readFlagSettings(
  flags: Readonly<Partial<Record<string, string>>>,
  flagName: (name: SettingName) => string,
  folder: string,
): SettingSource {
  const written: [SettingName, WrittenText][] = []
  for (const [name, text] of Object.entries(flags)) {
    if (text === undefined || !isSettingName(name)) continue
    written.push([name, { where: `--${flagName(name)}`, text }])
  }
  return sourceOf(written, [], folder)
}

/**
 * Settings given as QUORATE_* variables. Other QUORATE_ variables may belong to other programs
 * (container platforms make some up), so only those that look like a mistyped setting are errors.
 */
export function readEnvironmentSettings(
  environment: Readonly<Record<string, string | undefined>>,
  folder: string,
): SettingSource {
  const byVariable = new Map(settingNames.map((name) => [variableOf(name), name]))
  const written: [SettingName, WrittenText][] = []
  const problems: Problem[] = []
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined || !variable.startsWith('QUORATE_')) continue
    const name = byVariable.get(variable)
    if (name !== undefined) {
      written.push([name, { where: variable, text }])
      continue
    }
    const nearest = nearestWord(variable, byVariable.keys())
    if (nearest !== undefined) {
      const message = `unknown variable; did you mean "${nearest}"?`
      problems.push({ where: variable, message })
    }
  }
  return sourceOf(written, problems, folder)
}
