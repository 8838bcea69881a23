import { stringify } from 'yaml'
import { pathSettings, policyWords, settingSchema } from './broker-settings.ts'
import type { PolicySetting, PolicyWord } from './broker-settings.ts'
import { nearPath } from './near-path.ts'
import { formatSetting } from './setting-value.ts'
import type { SettingTexts } from './setting-texts.ts'

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
    if (pathSettings.includes(name) && text !== '') document[name] = pathText(text, folder)
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

function pathText(path: string, folder: string): string {
  const near = nearPath(path, folder)
  return near === '' ? '.' : (near ?? path)
}
