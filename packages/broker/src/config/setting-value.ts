import { settingSchema } from './broker-settings.ts'
import type { SettingName, SettingSchema } from './broker-settings.ts'
import { didYouMean } from './nearest-word.ts'
import { formatDuration, formatSize, parseDuration, parseSize } from './quantity.ts'

type Parsed = { readonly value: string | number | boolean } | { readonly problem: string }

function parseInteger(text: string, schema: SettingSchema): Parsed {
  if (schema.unit === 'ms') {
    const value = parseDuration(text)
    return value === undefined
      ? { problem: `"${text}" is no duration like 800ms or 2s` }
      : { value }
  }
  if (schema.unit === 'bytes') {
    const value = parseSize(text)
    return value === undefined ? { problem: `"${text}" is no size like 64kb or 100mb` } : { value }
  }
  return /^-?\d{1,15}$/.test(text)
    ? { value: Number(text) }
    : { problem: `"${text}" is no whole number` }
}

function parseText(text: string, schema: SettingSchema): Parsed {
  switch (schema.type) {
    case 'integer':
      return parseInteger(text, schema)
    case 'boolean':
      if (text === 'true' || text === 'false') return { value: text === 'true' }
      return {
        problem: `"${text}" is neither true nor false${didYouMean(text, ['true', 'false'])}`,
      }
    case 'string':
    case 'array':
    case 'policies':
      return { value: text }
  }
}

/** A value of the schema's unit as a person would write it. */
export function formatSetting(value: unknown, schema: SettingSchema): string {
  if (typeof value === 'number' && schema.unit === 'ms') return formatDuration(value)
  if (typeof value === 'number' && schema.unit === 'bytes') return formatSize(value)
  return String(value)
}

/** A value of the schema's type, against the rest of the schema. */
function isValid(value: string | number | boolean, schema: SettingSchema): boolean {
  if (schema.enum !== undefined) return schema.enum.some((word) => word === value)
  if (typeof value === 'number') {
    return value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity)
  }
  if (typeof value === 'boolean') return true
  const fits = schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(value)
  return fits && value.length >= (schema.minLength ?? 0)
}

/** Says in the setting's own words what its schema does not like. */
function explain(value: unknown, schema: SettingSchema): string {
  const shown = schema.secret === true ? 'the value' : `"${formatSetting(value, schema)}"`
  if (schema.enum !== undefined) {
    const words = schema.enum.map(String)
    // Of numbers the nearest by letters is not what anybody meant.
    const hint = schema.type === 'string' ? didYouMean(String(value), words) : ''
    const why = schema.enumReason === undefined ? '' : ` (${schema.enumReason})`
    return `${shown} is none of ${words.join(', ')}${why}${hint}`
  }
  if (schema.pattern !== undefined)
    return `${shown} is not ${schema.patternMessage ?? 'acceptable'}`
  if (schema.minLength !== undefined) return 'must not be empty'
  const { minimum, maximum } = schema
  const least = minimum === undefined ? '' : `at least ${formatSetting(minimum, schema)}`
  const most = maximum === undefined ? '' : `at most ${formatSetting(maximum, schema)}`
  return `${shown} must be ${[least, most].filter((part) => part !== '').join(' and ')}`
}

/** Parses and checks one setting's text; calls `complain` when it is not valid. */
export function parseSetting(
  name: SettingName,
  text: string,
  complain: (message: string) => void,
): string | number | boolean | undefined {
  return parseValue(name, { text, schema: settingSchema(name) }, complain)
}

/** The same for a value that stands inside of a setting; `name` is for the complaint. */
export function parseValue(
  name: string,
  { text, schema }: { readonly text: string; readonly schema: SettingSchema },
  complain: (message: string) => void,
): string | number | boolean | undefined {
  const parsed = parseText(text, schema)
  if ('problem' in parsed) {
    complain(`${name}: ${parsed.problem}`)
    return undefined
  }
  if (isValid(parsed.value, schema)) return parsed.value
  complain(`${name}: ${explain(parsed.value, schema)}`)
  return undefined
}
