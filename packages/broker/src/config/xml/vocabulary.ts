import { activemqWords } from './activemq-words.ts'
import type { ValueType } from './value-type.ts'

/** What ActiveMQ knows about one element of activemq.xml. */
export interface ElementWords {
  readonly attributes: ReadonlyMap<string, ValueType>
  /** Written as elements inside of it, which hold the values. */
  readonly properties: ReadonlySet<string>
}

const typesBySign: Readonly<Record<string, ValueType>> = {
  '?': 'boolean',
  '#': 'integer',
  '%': 'size',
  '~': 'decimal',
  '/': 'uri',
  '@': 'classes',
}

/** The elements that activemq.xml may have, by name. */
export function readVocabulary(): ReadonlyMap<string, ElementWords> {
  const found = new Map<string, ElementWords>()
  for (const line of activemqWords.trim().replaceAll('\n  ', ' ').split('\n')) {
    const colon = line.indexOf(':')
    const [attributes = '', properties = ''] = line.slice(colon + 1).split('|')
    found.set(line.slice(0, colon), {
      attributes: new Map(words(attributes).map(attribute)),
      properties: new Set(words(properties)),
    })
  }
  return found
}

function words(text: string): readonly string[] {
  return text.split(' ').filter((word) => word !== '')
}

function attribute(word: string): [string, ValueType] {
  const [, name = '', sign = '', choice] = /^(\w+)(?:([?#%~/@])|=(.*))?$/.exec(word) ?? []
  return [name, choice?.split(',') ?? typesBySign[sign] ?? 'text']
}
