import { didYouMean } from '../nearest-word.ts'
import { parseSize } from '../quantity.ts'

/** What the value of an attribute may be in ActiveMQ; of a list, one of its words. */
export type ValueType =
  'text' | 'boolean' | 'integer' | 'size' | 'decimal' | 'uri' | 'classes' | readonly string[]

/** Spring's words for both. */
const booleans: ReadonlyMap<string, 'true' | 'false'> = new Map([
  ...['true', 'yes', 'on', '1'].map((word) => [word, 'true'] as const),
  ...['false', 'no', 'off', '0'].map((word) => [word, 'false'] as const),
])

/** A boolean, in any case and any of Spring's words, as `true` or `false`; all else as it is. */
export function normalized(text: string, type: ValueType): string {
  return type === 'boolean' ? (booleans.get(text.trim().toLowerCase()) ?? text) : text
}

/** What is wrong with a value that is normalized; undefined when nothing is. */
export function objectionTo(text: string, type: ValueType): string | undefined {
  const tidy = text.trim()
  if (typeof type !== 'string') {
    if (type.includes(tidy.toLowerCase())) return undefined
    return `"${text}" is none of ${type.join(', ')}${didYouMean(tidy, type)}`
  }
  if (type === 'text') return undefined
  const { fits, objection } = rules[type]
  if (fits(tidy)) return undefined
  const hint = type === 'boolean' ? didYouMean(tidy, ['true', 'false']) : ''
  return `"${text}" ${objection}${hint}`
}

interface Rule {
  readonly fits: (text: string) => boolean
  readonly objection: string
}

const isInteger = (text: string): boolean => /^[+-]?\d{1,19}$/.test(text)

const className = '[\\p{L}_$][\\p{L}\\p{N}_$.]*'
const classNames = new RegExp(`^${className}(\\s*,\\s*${className})*$`, 'u')

const rules: Readonly<Record<Exclude<ValueType & string, 'text'>, Rule>> = {
  boolean: {
    fits: (text) => text === 'true' || text === 'false',
    objection: 'is neither true nor false',
  },
  integer: { fits: isInteger, objection: 'is no whole number' },
  size: {
    // Minus one is "no limit" to many of ActiveMQ's sizes.
    fits: (text) => isInteger(text) || parseSize(text) !== undefined,
    objection: 'is no size like 64kb or 100mb',
  },
  decimal: {
    fits: (text) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text),
    objection: 'is no number',
  },
  // Spring escapes what does not belong into a URI: blanks in a list of brokers, for example.
  uri: { fits: (text) => /^[a-z][a-z0-9+.-]*:./i.test(text), objection: 'is no URI' },
  classes: { fits: (text) => classNames.test(text), objection: 'is no name of a Java class' },
}
