import { BrokerError } from '@quorate/core/base/errors'
import { pathSettings, policyWords } from '../broker-settings.ts'
import { declaredDestinations } from '../declared-destinations.ts'
import type { PolicySetting, PolicyWord, SettingName } from '../broker-settings.ts'
import { nearPath } from '../near-path.ts'
import { formatSetting } from '../setting-value.ts'
import type { SettingTexts } from '../setting-texts.ts'
import { settingPropertyPrefix } from './activemq-xml.ts'
import { activemqNamespace } from './spring-file.ts'
import { storeMeanings } from './store-meanings.ts'

type Attributes = Readonly<Record<string, string | undefined>>

const targets = {
  queue: 'queue',
  topic: 'topic',
  'temp-queue': 'tempQueue',
  'temp-topic': 'tempTopic',
} as const

/** Attributes of <replicatedLevelDB> by the settings that they are; the first spelling of each. */
function storeAttributes(): ReadonlyMap<SettingName, string> {
  const found = new Map<SettingName, string>()
  for (const [name, meaning] of Object.entries(storeMeanings.replicatedLevelDB?.attributes ?? {})) {
    if ('setting' in meaning && !found.has(meaning.setting)) found.set(meaning.setting, name)
  }
  return found
}

/** Settings that stand elsewhere in <broker>, or that have been written already. */
const elsewhere: readonly SettingName[] = [
  'brokerName',
  'directory',
  'destinations',
  'memoryLimit',
  'storeLimit',
  'storeLimitPercent',
  'tempLimit',
  'tempLimitPercent',
  'sendFailIfNoSpace',
  'sendFailIfNoSpaceAfterTimeout',
]

/**
 * An activemq.xml in this folder that reads back to the same settings. What ActiveMQ has no words
 * for is among the properties of its placeholders, where it does not mind them. Throws
 * CONFIG_INVALID for a text that XML or the placeholders cannot hold.
 */
export function writeActivemqXml(said: SettingTexts, folder: string): string {
  checkWritable(said)
  const { texts } = said
  const inStore = storeAttributes()
  const store: Record<string, string | undefined> = {}
  const properties: Record<string, string> = {}
  for (const [name, text] of texts) {
    const attribute = inStore.get(name)
    if (elsewhere.includes(name) && !isUnsayable(name, texts)) continue
    if (attribute !== undefined) store[attribute] = text
    else {
      const isPath = pathSettings.includes(name) && text !== ''
      properties[`${settingPropertyPrefix}${name}`] = isPath ? pathText(text, folder) : text
    }
  }
  const adapter = element('replicatedLevelDB', {
    directory: pathText(texts.get('directory') ?? '', folder),
    ...store,
  })
  const broker = [
    ...destinationLines(texts.get('destinations') ?? ''),
    ...policyLines(said.policies),
    ...wrap('persistenceAdapter', [adapter]),
    ...usageLines(said),
    ...wrap('transportConnectors', said.connectors.map(connectorLine)),
  ]
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<beans xmlns="http://www.springframework.org/schema/beans">',
    ...indent(propertyLines(properties)),
    ...indent([
      `<broker xmlns="${activemqNamespace}"${attributes({ brokerName: texts.get('brokerName') })}>`,
      ...indent(broker),
      '</broker>',
    ]),
    '</beans>',
    '',
  ].join('\n')
}

/**
 * A temporary store of no size: in ActiveMQ's word for it, 0 would be one without a limit. What is
 * said beside it goes where it goes.
 */
function isUnsayable(name: SettingName, texts: SettingTexts['texts']): boolean {
  return ['tempLimit', 'tempLimitPercent'].includes(name) && texts.get('tempLimit') === '0'
}

function propertyLines(properties: Readonly<Record<string, string>>): string[] {
  const props = Object.entries(properties).map(
    ([key, text]) => `<prop key="${escape(key)}">${escape(text)}</prop>`,
  )
  const type = 'org.springframework.beans.factory.config.PropertyPlaceholderConfigurer'
  const property = ['<property name="properties">', ...indent(wrap('props', props)), '</property>']
  return [`<bean class="${type}">`, ...indent(property), '</bean>']
}

function usageLines({ texts }: SettingTexts): string[] {
  const usage = (property: string, name: SettingName, percent?: SettingName): string[] => {
    const limit = texts.get(name)
    const percentLimit = percent && texts.get(percent)
    return (limit ?? percentLimit) === undefined || isUnsayable(name, texts)
      ? []
      : wrap(property, [element(property, { limit, percentLimit })])
  }
  const lines = [
    ...usage('memoryUsage', 'memoryLimit'),
    ...usage('storeUsage', 'storeLimit', 'storeLimitPercent'),
    ...usage('tempUsage', 'tempLimit', 'tempLimitPercent'),
  ]
  const own = attributes({
    sendFailIfNoSpace: texts.get('sendFailIfNoSpace'),
    sendFailIfNoSpaceAfterTimeout: texts.get('sendFailIfNoSpaceAfterTimeout'),
  })
  if (lines.length === 0 && own === '') return []
  return wrap('systemUsage', [`<systemUsage${own}>`, ...indent(lines), '</systemUsage>'])
}

function connectorLine({ name, uri }: SettingTexts['connectors'][number]): string {
  return element('transportConnector', { name, uri })
}

function destinationLines(text: string): string[] {
  const declared = declaredDestinations(text)
  if (declared.length === 0) return []
  const lines = declared.map(({ kind, name }) => element(kind, { physicalName: name }))
  return wrap('destinations', lines)
}

function policyLines(policies: readonly PolicySetting[]): string[] {
  if (policies.length === 0) return []
  const entries = wrap('policyEntries', policies.flatMap(policyEntry))
  return wrap('destinationPolicy', wrap('policyMap', entries))
}

function policyEntry({ destination, pendingMessageLimit, ...words }: PolicySetting): string[] {
  const { kind, name } = destination
  const said: Record<string, string> = { [targets[kind]]: kind.startsWith('temp') ? 'true' : name }
  for (const [word, value] of Object.entries(words)) {
    said[word] = formatSetting(value, policyWords[word as PolicyWord])
  }
  if (pendingMessageLimit === undefined) return [element('policyEntry', said)]
  const limit = { limit: String(pendingMessageLimit) }
  const strategy = element('constantPendingMessageLimitStrategy', limit)
  return [
    `<policyEntry${attributes(said)}>`,
    ...indent(wrap('pendingMessageLimitStrategy', [strategy])),
    '</policyEntry>',
  ]
}

/** What is near the file is said from its folder, which is `${activemq.conf}`. */
function pathText(path: string, folder: string): string {
  const near = nearPath(path, folder)
  if (near === undefined) return path
  return near === '' ? '${activemq.conf}' : `\${activemq.conf}/${near}`
}

function element(name: string, said: Attributes): string {
  return `<${name}${attributes(said)}/>`
}

function attributes(said: Attributes): string {
  const written = Object.entries(said).filter(([, text]) => text !== undefined)
  return written.map(([name, text]) => ` ${name}="${escape(text ?? '')}"`).join('')
}

function wrap(name: string, lines: readonly string[]): string[] {
  return [`<${name}>`, ...indent(lines), `</${name}>`]
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (letter) => entities[letter] ?? letter)
}

/** Placeholders, references to beans, and what XML has no way to say. */
const unwritable = /\$\{|#\{|^#\w|^\s|\s$|[\u0000-\u001f\ufffe\uffff]|\p{Cs}/u

function checkWritable({ texts, connectors, policies }: SettingTexts): void {
  const said = [
    ...texts,
    ...connectors.flatMap(({ name, uri }) => [['connector', name] as const, ['uri', uri] as const]),
    ...policies.map(({ destination }) => ['destinationPolicies', destination.name] as const),
  ]
  for (const [name, text] of said) {
    if (!unwritable.test(text)) continue
    const message = `${name}: its text cannot be written in an activemq.xml`
    throw new BrokerError('CONFIG_INVALID', message)
  }
  const published = connectors.find(({ publishedUri }) => publishedUri !== '')
  if (published === undefined) return
  const message = `transportConnectors: an activemq.xml has no word for the publishedUri of "${published.name}"`
  throw new BrokerError('CONFIG_INVALID', message)
}
