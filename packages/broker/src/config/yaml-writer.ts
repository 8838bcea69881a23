import { relative } from 'node:path'
import { stringify } from 'yaml'
import { policyWords, settingSchema } from './broker-settings.ts'
import type { PolicySetting, PolicyWord } from './broker-settings.ts'
import { formatSetting } from './setting-value.ts'
import type { SettingTexts } from './setting-texts.ts'

/** A path so far above the file is not part of the same installation. */
const FOLDERS_ABOVE_MAX = 2

const targets = {
  queue: 'queue',
  topic: 'topic',
  'temp-queue': 'tempQueue',
  'temp-topic': 'tempTopic',
} as const

/** A quorate.yaml in this folder. */
export function writeYaml({ texts, connectors, policies }: SettingTexts, folder: string): string {
  const document: Record<string, unknown> = {}
  for (const [name, text] of texts) {
    const { type } = settingSchema(name)
    const isPath = name === 'directory' || name === 'consoleUsers'
    if (isPath) document[name] = shortened(text, folder)
    else if (type === 'boolean') document[name] = text === 'true'
    else document[name] = type === 'integer' && /^\d+$/.test(text) ? Number(text) : text
  }
  document.transportConnectors = connectors.map(({ name, uri, publishedUri }) =>
    publishedUri === '' ? { name, uri } : { name, uri, publishedUri },
  )
  if (policies.length > 0) document.destinationPolicies = policies.map(policyEntry)
  return stringify(document, { lineWidth: 0 })
}

function policyEntry({ destination, ...words }: PolicySetting): Record<string, unknown> {
  const { kind, name } = destination
  const entry: Record<string, unknown> = { [targets[kind]]: kind.startsWith('temp') ? true : name }
  for (const [word, value] of Object.entries(words)) {
    const schema = policyWords[word as PolicyWord]
    entry[word] = schema.unit === undefined ? value : formatSetting(value, schema)
  }
  return entry
}

function shortened(path: string, folder: string): string {
  const short = relative(folder, path)
  if (short === '') return '.'
  return short.split('../').length > FOLDERS_ABOVE_MAX + 1 ? path : short
}
