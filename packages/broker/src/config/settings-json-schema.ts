import {
  policyTargets,
  policyWords,
  settingNames,
  settingSchema,
  variableOf,
} from './broker-settings.ts'
import type { SettingSchema } from './broker-settings.ts'

type JsonSchema = Readonly<Record<string, unknown>>

const dialect = 'https://json-schema.org/draft/2020-12/schema'

const connector: JsonSchema = {
  anyOf: [
    { type: 'string', description: 'tcp://host:port?option=value' },
    {
      type: 'object',
      properties: {
        name: { type: 'string' },
        uri: { type: 'string' },
        publishedUri: { type: 'string' },
      },
      required: ['uri'],
      additionalProperties: false,
    },
  ],
}

/**
 * As a JSON Schema, which editors understand: quorate.yaml, whose words the other sources share.
 */
export function settingsJsonSchema(): JsonSchema {
  const properties = Object.fromEntries(
    settingNames.map((name) => [name, described(settingSchema(name), variableOf(name))]),
  )
  return {
    $schema: dialect,
    title: 'Settings of a Quorate broker',
    type: 'object',
    properties,
    additionalProperties: false,
  }
}

function described(schema: SettingSchema, variable?: string): JsonSchema {
  const { description, effect, defaultText, secret } = schema
  return {
    description: [description, effect].filter((text) => text !== undefined).join(' '),
    ...valueOf(schema),
    ...(defaultText === undefined ? { default: schema.default } : { 'x-default': defaultText }),
    ...(variable === undefined ? {} : { 'x-variable': variable }),
    ...(secret === true ? { writeOnly: true } : {}),
  }
}

function valueOf(schema: SettingSchema): JsonSchema {
  const { type, unit, minimum, maximum, pattern, minLength, maxItems } = schema
  const bounds = { ...given('minimum', minimum), ...given('maximum', maximum) }
  if (type === 'array')
    return { type, items: connector, minItems: 1, ...given('maxItems', maxItems) }
  if (type === 'policies') {
    return { type: 'array', items: policy(), ...given('maxItems', maxItems) }
  }
  if (schema.enum !== undefined) return { enum: schema.enum }
  if (type === 'integer' && unit !== undefined) {
    const text = unit === 'ms' ? '^(\\d+ *(ms|s|m|h|d) *)+$' : '^\\d+ *([kmg]b?|b)?$'
    return {
      anyOf: [
        { type, ...bounds },
        { type: 'string', pattern: text },
      ],
      'x-unit': unit,
    }
  }
  return { type, ...bounds, ...given('pattern', pattern), ...given('minLength', minLength) }
}

function policy(): JsonSchema {
  const words = Object.entries(policyWords).map(([word, schema]) => [word, described(schema)])
  const names = policyTargets.map((target) => [
    target,
    target.startsWith('temp') ? { const: true } : { type: 'string', minLength: 1 },
  ])
  return {
    type: 'object',
    properties: Object.fromEntries([...names, ...words]) as JsonSchema,
    oneOf: policyTargets.map((target) => ({ required: [target] })),
    additionalProperties: false,
  }
}

function given(word: string, value: unknown): JsonSchema {
  return value === undefined ? {} : { [word]: value }
}
