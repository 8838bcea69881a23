import fc from 'fast-check'
import type { DataStructure, StructureName } from '../../src/openwire/commands.ts'
import { membersOf, templateOf } from '../../src/openwire/commands.ts'
import type { CodecOptions } from '../../src/openwire/codec.ts'
import type { Field, Structure } from '../../src/openwire/field.ts'
import { schema } from '../../src/openwire/schema.ts'

export const structureNames = Object.keys(schema) as StructureName[]

export const version = fc.integer({ min: 1, max: 12 })

const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  {
    weight: 1,
    arbitrary: fc.constant('\0 nul, \u00e9, \u20ac and \ud83d\ude00 and a lone \ud83d'),
  },
  { weight: 1, arbitrary: fc.string({ minLength: 40, maxLength: 90 }) },
)

const long = fc.oneof(
  fc.nat({ max: 70_000 }),
  fc.maxSafeInteger(),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
)

const bytes = fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value))

/** Objects as code makes them, not fast-check's without a prototype. */
const plain = { noNullPrototype: true } as const

const stackElement = fc.record(
  {
    className: fc.option(text),
    methodName: fc.option(text),
    fileName: fc.option(text),
    lineNumber: fc.integer(),
  },
  plain,
)

/** A throwable of what a format with or without stack traces carries. */
function throwable(withTrace: boolean): fc.Arbitrary<unknown> {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.record(
      {
        className: fc.option(text),
        message: fc.option(text),
        stackTrace: withTrace ? fc.array(stackElement, { maxLength: 3 }) : fc.constant([]),
        cause: withTrace ? fc.option(tie('tree'), { maxDepth: 2 }) : fc.constant(null),
      },
      plain,
    ),
  }))
  return tree
}

export interface Carried {
  readonly version: number
  readonly stackTraceEnabled: boolean
}

function fieldValue(field: Field, carried: Carried, depth: number): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'boolean':
      return fc.boolean()
    case 'byte':
      return fc.integer({ min: -128, max: 127 })
    case 'int':
      return fc.integer()
    case 'long':
      return long
    case 'string':
      return fc.option(text)
    case 'bytes':
      return fc.option(bytes)
    case 'fixedBytes':
      return fc
        .uint8Array({ minLength: field.size, maxLength: field.size })
        .map((value) => Buffer.from(value))
    case 'throwable':
      return fc.option(throwable(carried.stackTraceEnabled))
    case 'nested':
    case 'cached':
      return depth > 2 ? fc.constant(null) : fc.option(anyOf(field, carried, depth + 1))
    case 'list':
      if (depth > 1) return fc.constant(null)
      return fc.option(fc.array(fc.option(anyOf(field, carried, depth + 1)), { maxLength: 3 }))
  }
}

function anyOf(field: Field, carried: Carried, depth: number): fc.Arbitrary<unknown> {
  // Only what a cache may hold stands in the one cached field that is open to everything.
  const open = field.of === 'DataStructure' && field.kind === 'cached'
  const names = open
    ? (['ConnectionId', 'SessionId', 'ConsumerId', 'ProducerId'] as const)
    : membersOf(field.of)
  const known = names.filter((name) => (schema[name] as Structure).since <= carried.version)
  return fc.constantFrom(...known).chain((name) => structureOf(name, carried, depth))
}

/** Any object of a structure that a version can carry; what it cannot holds its zero. */
export function structureOf(
  name: StructureName,
  carried: Carried,
  depth = 0,
): fc.Arbitrary<DataStructure> {
  const row = schema[name] as Structure
  const template = templateOf(row)
  const properties: Record<string, fc.Arbitrary<unknown>> = {}
  for (const [key, zero] of Object.entries(template)) properties[key] = fc.constant(zero)
  for (const field of row.fields) {
    const present = field.since <= carried.version && carried.version <= field.until
    if (present) properties[field.name] = fieldValue(field, carried, depth)
  }
  return fc.record(properties, plain) as unknown as fc.Arbitrary<DataStructure>
}

export const anyFormat: fc.Arbitrary<CodecOptions> = fc.record({
  version,
  tight: fc.boolean(),
  sizePrefix: fc.boolean(),
  cacheSize: fc.constantFrom(0, 4, 128, 1024),
  stackTraceEnabled: fc.boolean(),
  maxFrameBytes: fc.constant(1_000_000),
})

/** A format and some structures that it can carry. */
export const formatAndStructures = anyFormat.chain((format) => {
  const names = structureNames.filter((name) => schema[name].since <= format.version)
  const one = fc.constantFrom(...names).chain((name) => structureOf(name, format))
  return fc.record({
    format: fc.constant(format),
    structures: fc.array(one, { minLength: 1, maxLength: 5 }),
  })
})
