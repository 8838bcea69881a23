import {
  flagOf,
  policyWords,
  settingChapters,
  settingSchema,
  variableOf,
} from '../../packages/broker/src/config/broker-settings.ts'
import type {
  SettingName,
  SettingSchema,
} from '../../packages/broker/src/config/broker-settings.ts'
import { formatSetting } from '../../packages/broker/src/config/setting-value.ts'

const introduction = `# Configuration

<!-- Generated from packages/broker/src/config/broker-settings.ts by scripts/generate-reference.ts. -->

A broker reads its settings from a file, \`quorate.yaml\` (see [an example](quorate.yaml)), from
\`QUORATE_*\` environment variables and from flags of \`quorate start\`. Flags win over variables,
those over the file, and the file over the defaults. Words that ActiveMQ's \`replicatedLevelDB\` has
are its words. The file may also be an [activemq.xml](../configuration-activemq-xml.md).

A key or value that is not known stops the start, with its file, line and column and the nearest
word that is. Durations are written \`800ms\`, \`2s\`, \`1m30s\`, sizes \`64kb\`, \`100mb\`,
\`1gb\` in powers of two. Secrets belong into variables rather than flags, which other users of the
machine can see.
`

const relations = `## What must fit together

- \`leaderLease\` is below \`electionTimeout\`: a leader that is replaced must have stopped before.
- \`heartbeat\` fits at least twice into \`leaderLease\`.
- \`quorumTimeout\` is above \`electionTimeout\`.
- \`zkSessionTimeout\` is at least three heartbeats.
- No two of the ports of a broker are the same.
`

function kindOf({ type, unit, enum: words }: SettingSchema): string {
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(', ')
  if (unit === 'ms') return 'duration'
  if (unit === 'bytes') return 'size'
  if (type === 'integer') return 'number'
  return type === 'boolean' ? '`true` or `false`' : type === 'string' ? 'text' : 'list'
}

function rangeOf(schema: SettingSchema): string {
  const { minimum, maximum } = schema as { readonly minimum?: number; readonly maximum?: number }
  const bounds = [
    minimum === undefined ? '' : `at least ${formatSetting(minimum, schema)}`,
    maximum === undefined ? '' : `at most ${formatSetting(maximum, schema)}`,
  ]
  const text = bounds.filter((bound) => bound !== '').join(', ')
  return text === '' ? '' : ` (${text})`
}

function formOf({ patternMessage }: SettingSchema): string {
  return patternMessage === undefined ? '' : `, ${patternMessage}`
}

function defaultOf(schema: SettingSchema): string {
  if (schema.defaultText !== undefined) return schema.defaultText
  return `\`${formatSetting(schema.default, schema)}\``
}

/** The words of the entries of a list. */
function wordsOf(name: SettingName): readonly string[] {
  if (name !== 'destinationPolicies') return []
  const rows = Object.entries(policyWords).map(([word, schema]) => {
    const value = `${kindOf(schema)}${rangeOf(schema)}`
    return `| \`${word}\` | ${value} | ${defaultOf(schema)} | ${schema.description} |`
  })
  const targets = 'queue: "ORDERS.>"`, `topic: "PRICES.*"`, `tempQueue: true` or `tempTopic: true'
  return [
    `Each entry is for one of \`${targets}\`, and says:`,
    ['| word | value | default | purpose |', '| --- | --- | --- | --- |', ...rows].join('\n'),
  ]
}

function section(name: SettingName): string {
  const schema = settingSchema(name)
  const { description, effect, secret } = schema
  const paragraphs = [description, effect, secret === true ? 'Never logged.' : undefined]
  return [
    `### \`${name}\``,
    paragraphs.filter((text) => text !== undefined).join(' '),
    [
      `- Value: ${kindOf(schema)}${rangeOf(schema)}${formOf(schema)}`,
      `- Default: ${defaultOf(schema)}`,
      `- Flag \`--${flagOf(name)}\`, variable \`${variableOf(name)}\``,
    ].join('\n'),
    ...wordsOf(name),
  ].join('\n\n')
}

/** docs/reference/configuration.md, before prettier. */
export function configurationPage(): string {
  const chapters = Object.entries(settingChapters).map(
    ([chapter, names]) => `## ${chapter}\n\n${names.map(section).join('\n\n')}`,
  )
  return [introduction, ...chapters, relations].join('\n\n')
}
