/**
 * Turns a description of ActiveMQ's OpenWire structures (test/conformance/openwire/schema.json)
 * into the table packages/core/src/openwire/schema.ts:
 *
 *   node --import tsx scripts/generate-openwire.ts test/conformance/openwire/schema.json
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Property {
  readonly name: string
  readonly kind: string
  readonly type?: string
  readonly size?: number
  readonly since: number
}

interface Layout {
  readonly from: number
  readonly to: number
  readonly order: readonly string[]
  readonly kinds: readonly string[]
}

interface Description {
  readonly name: string
  readonly code: number | null
  readonly abstract: boolean
  readonly superClass: string | null
  readonly versions: readonly number[]
  readonly properties: readonly Property[]
  readonly layouts: readonly Layout[]
}

const target = join(
  dirname(fileURLToPath(import.meta.url)),
  '../packages/core/src/openwire/schema.ts',
)

/** Row constructors of field.ts by the kinds of the description. */
const constructorOf: Readonly<Record<string, string>> = {
  boolean: 'boolean',
  byte: 'byte',
  int: 'int',
  long: 'long',
  string: 'string',
  byteArray: 'bytes',
  byteSequence: 'bytes',
  constByteArray: 'fixedBytes',
  throwable: 'throwable',
  nested: 'nested',
  cached: 'cached',
  objectArray: 'list',
}

/** What ActiveMQ's own objects hold in a field that an old version does not carry, if not zero. */
const absentValue: Readonly<Record<string, string>> = {
  'ConnectionInfo.clientMaster': 'true',
  'RemoveInfo.lastDeliveredSequenceId': '-2',
}

/** Fields of the wire that would collide with `type`, which tells our commands apart. */
const renamed: Readonly<Record<string, string>> = {
  'Message.type': 'jmsType',
  'TransactionInfo.type': 'transactionType',
  'JournalTransaction.type': 'transactionType',
}

/** Rows that older versions carry and newer ones do not, before the row named. */
const legacyRows: Readonly<Record<string, string>> = {
  'NetworkBridgeFilter.networkBrokerId': "int('networkTTL', 1, { until: 9 })",
}

const spreads: Readonly<Record<string, string>> = {
  BaseCommand: 'baseCommand',
  Message: 'message',
  ActiveMQMessage: 'message',
  ActiveMQDestination: 'destination',
  ActiveMQTempDestination: 'destination',
  Response: 'response',
  PartialCommand: 'partialCommand',
}

function rowOf(owner: Description, property: Property): string {
  const constructor = constructorOf[property.kind]
  if (constructor === undefined) throw new Error(`unknown kind ${property.kind}`)
  const born = owner.versions[0] ?? 1
  const since = property.since > born ? property.since : 1
  const key = `${owner.name}.${property.name}`
  const absent = absentValue[key]
  const parts = [`'${renamed[key] ?? property.name}'`]
  if (property.type !== undefined) parts.push(`'${property.type}'`)
  if (property.size !== undefined) parts.push(String(property.size))
  if (since > 1 || absent !== undefined) parts.push(String(since))
  if (absent !== undefined) parts.push(`{ absent: ${absent} }`)
  return `${constructor}(${parts.join(', ')})`
}

function rowsOf(owner: Description): string[] {
  const rows: string[] = []
  for (const property of owner.properties) {
    const legacy = legacyRows[`${owner.name}.${property.name}`]
    if (legacy !== undefined) rows.push(legacy)
    rows.push(rowOf(owner, property))
  }
  return rows
}

function fieldsOf(owner: Description): string {
  const rows = rowsOf(owner)
  const spread = spreads[owner.superClass ?? '']
  if (spread !== undefined && rows.length === 0) return spread
  return `[${[...(spread === undefined ? [] : [`...${spread}`]), ...rows].join(', ')}]`
}

function generate(descriptions: readonly Description[]): string {
  const named = new Map(descriptions.map((each) => [each.name, each]))
  const shared = ['BaseCommand', 'ActiveMQDestination', 'Message', 'Response', 'PartialCommand']
  const lines = [
    '/**',
    ' * Every data structure of OpenWire 1 to 12, one row per field in the order of the wire. A field',
    ' * is on the wire when since <= negotiated version <= until. Written by',
    " * scripts/generate-openwire.ts; held against ActiveMQ's own description by a test.",
    ' */',
    "import { boolean, byte, bytes, cached, fixedBytes, int, list } from './field.ts'",
    "import { long, nested, string, structure, throwable } from './field.ts'",
    '',
  ]
  for (const name of shared) {
    const owner = named.get(name)
    if (owner === undefined) throw new Error(`no ${name}`)
    lines.push(`const ${spreads[name]} = ${fieldsOf(owner)} as const`, '')
  }
  lines.push('export const schema = {')
  for (const owner of descriptions) {
    if (owner.code === null) continue
    const fields = shared.includes(owner.name) ? spreads[owner.name] : fieldsOf(owner)
    const born = owner.versions[0] ?? 1
    const since = born > 1 ? `, ${born}` : ''
    lines.push(`${owner.name}: structure(${owner.code}, ${fields}${since}),`)
  }
  lines.push('} as const', '')
  return lines.join('\n')
}

const source = process.argv[2]
if (source === undefined) throw new Error('usage: generate-openwire.ts <description.json>')
const description = JSON.parse(readFileSync(source, 'utf8')) as { commands: Description[] }
writeFileSync(target, generate(description.commands))
