import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { Field, Structure } from '../../src/openwire/field.ts'
import { schema } from '../../src/openwire/schema.ts'

interface Description {
  readonly name: string
  readonly code: number | null
  readonly superClass: string | null
  readonly versions: readonly number[]
  readonly properties: readonly { name: string; type?: string }[]
  readonly layouts: readonly { from: number; to: number; order: string[]; kinds: string[] }[]
}

const file = new URL('../../../../test/conformance/openwire/schema.json', import.meta.url)
const { commands } = JSON.parse(readFileSync(file, 'utf8')) as { commands: Description[] }
const descriptions = new Map(commands.map((each) => [each.name, each]))

const kinds: Readonly<Record<string, string>> = {
  byteArray: 'bytes',
  byteSequence: 'bytes',
  constByteArray: 'fixedBytes',
  objectArray: 'list',
}

/** ActiveMQ's names for the fields that we call otherwise. */
const javaNames: Readonly<Record<string, string>> = {
  jmsType: 'type',
  transactionType: 'type',
}

/** Fields that ActiveMQ renamed without a change on the wire. */
const oldNames: Readonly<Record<string, string>> = { subscriptionName: 'subcriptionName' }

function described(name: string | null, version: number): string[] {
  if (name === null || name === 'BaseDataStream') return []
  const description = descriptions.get(name)
  assert.ok(description !== undefined, `${name} is described`)
  const layout = description.layouts.find(({ from, to }) => from <= version && version <= to)
  const types = new Map(description.properties.map((each) => [each.name, each.type ?? '']))
  const own = (layout?.order ?? []).map((field, i) => {
    const current = types.has(field) ? field : (oldNames[field] ?? field)
    const kind = layout?.kinds[i] ?? ''
    return `${current} ${kinds[kind] ?? kind} ${types.get(current) ?? ''}`
  })
  return [...described(description.superClass, version), ...own]
}

function ours(row: Structure, version: number): string[] {
  const onWire = ({ since, until }: Field): boolean => since <= version && version <= until
  return row.fields
    .filter(onWire)
    .map(({ name, kind, of }) => `${javaNames[name] ?? name} ${kind} ${of}`)
}

describe('the OpenWire table', () => {
  for (const description of commands) {
    if (description.code === null) continue
    it(`lays out ${description.name} as ActiveMQ does at every version`, () => {
      const row = schema[description.name as keyof typeof schema] as Structure
      assert.equal(row.code, description.code)
      assert.equal(row.since, description.versions[0])
      for (const version of description.versions) {
        const expected = described(description.name, version)
        assert.deepEqual(ours(row, version), expected, `v${version}`)
      }
    })
  }

  it('has no structure that ActiveMQ does not have', () => {
    const codes = commands.filter(({ code }) => code !== null).map(({ name }) => name)
    assert.deepEqual(Object.keys(schema).sort(), codes.sort())
  })
})
