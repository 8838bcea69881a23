import { BrokerError } from '@quorate/core/base/errors'
import type { Schema, SchemaWords } from './schema.ts'

/** Objects and lists inside each other; bodies come from anybody. */
const NESTING_MAX = 16

/**
 * The value, if it fits the schema. With `isText` it came as text, in a path or query: numbers and
 * booleans are read from it. Defaults are put in. Throws INVALID_ARGUMENT that says where.
 */
export function checked<T>(schema: Schema<T>, value: unknown, from: CheckedFrom): T {
  return check(schema, value, { at: from.name, isText: from.isText, depth: 0 }) as T
}

export interface CheckedFrom {
  /** `query`, `path` or `body`, for people. */
  readonly name: string
  readonly isText: boolean
}

interface Place {
  readonly at: string
  readonly isText: boolean
  readonly depth: number
}

function check(schema: SchemaWords, value: unknown, place: Place): unknown {
  if (place.depth > NESTING_MAX) throw wrong(place, 'is nested too deeply')
  if (schema.anyOf !== undefined) return checkAny(schema.anyOf, value, place)
  switch (schema.type) {
    case 'string':
      return checkText(schema, value, place)
    case 'integer':
    case 'number':
      return checkNumber(schema, value, place)
    case 'boolean':
      return checkFlag(value, place)
    case 'array':
      return checkList(schema, value, place)
    case 'object':
      return checkObject(schema, value, place)
    default:
      return checkNull(value, place)
  }
}

/** What has no type is the null that `nullable` allows. */
function checkNull(value: unknown, place: Place): null {
  if (value === null) return null
  throw wrong(place, 'is not null')
}

function checkAny(schemas: readonly SchemaWords[], value: unknown, place: Place): unknown {
  let first: unknown
  for (const schema of schemas) {
    try {
      return check(schema, value, place)
    } catch (error) {
      first ??= error
    }
  }
  throw first
}

function checkText(schema: SchemaWords, value: unknown, place: Place): string {
  if (typeof value !== 'string') throw wrong(place, 'is no text')
  const { minLength = 0, maxLength = Infinity } = schema
  if (value.length < minLength) throw wrong(place, `has less than ${minLength} characters`)
  if (value.length > maxLength) throw wrong(place, `has more than ${maxLength} characters`)
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    throw wrong(place, `is none of ${schema.enum.join(', ')}`)
  }
  return value
}

function checkNumber(schema: SchemaWords, value: unknown, place: Place): number {
  const read = place.isText && typeof value === 'string' ? numberIn(value) : value
  if (typeof read !== 'number' || !Number.isFinite(read)) throw wrong(place, 'is no number')
  if (schema.type === 'integer' && !Number.isSafeInteger(read)) {
    throw wrong(place, 'is no whole number')
  }
  const { minimum = -Infinity, maximum = Infinity } = schema
  if (read < minimum) throw wrong(place, `is less than ${minimum}`)
  if (read > maximum) throw wrong(place, `is more than ${maximum}`)
  return read
}

/** Plain decimals only: `Number` reads '', ' 1' and '0x1' too. */
function numberIn(value: string): number {
  return /^-?\d{1,16}(\.\d{1,16})?$/.test(value) ? Number(value) : NaN
}

function checkFlag(value: unknown, place: Place): boolean {
  if (typeof value === 'boolean') return value
  if (place.isText && (value === 'true' || value === 'false')) return value === 'true'
  throw wrong(place, 'is neither true nor false')
}

/** In a query a name that comes once is a list of one. */
function checkList(schema: SchemaWords, given: unknown, place: Place): unknown[] {
  const value = place.isText && typeof given === 'string' ? [given] : given
  if (!Array.isArray(value)) throw wrong(place, 'is no list')
  const { items, maxItems = Infinity } = schema
  if (value.length > maxItems) throw wrong(place, `has more than ${maxItems} items`)
  return value.map((item, i) => check(items ?? {}, item, inside(place, `[${i}]`)))
}

function checkObject(schema: SchemaWords, value: unknown, place: Place): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(place, 'is no object')
  }
  const { properties = {}, additionalProperties = true, maxProperties = Infinity } = schema
  const entries = Object.entries(value)
  if (entries.length > maxProperties) throw wrong(place, `has more than ${maxProperties} entries`)
  // Without a prototype: a name like __proto__ is a name like any other.
  const read = Object.create(null) as Record<string, unknown>
  for (const [name, item] of entries) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined
    const itsSchema = known ?? (typeof additionalProperties === 'object' && additionalProperties)
    if (itsSchema === false) throw wrong(inside(place, `.${name}`), 'is not known here')
    read[name] = check(itsSchema, item, inside(place, `.${name}`))
  }
  for (const [name, { default: otherwise }] of Object.entries(properties)) {
    if (name in read) continue
    if (otherwise !== undefined) read[name] = otherwise
    else if (schema.required?.includes(name) === true) {
      throw wrong(inside(place, `.${name}`), 'is missing')
    }
  }
  return read
}

/** Characters of a name that are shown: it may be anything. */
const SHOWN_NAME_MAX = 80

function inside({ at, isText, depth }: Place, step: string): Place {
  return { at: `${at}${step.slice(0, SHOWN_NAME_MAX)}`, isText, depth: depth + 1 }
}

function wrong({ at }: Place, why: string): BrokerError {
  return new BrokerError('INVALID_ARGUMENT', `${at} ${why}.`)
}
