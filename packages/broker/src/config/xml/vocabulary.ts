import { activemqWords } from './activemq-words.ts'

/** What ActiveMQ knows about one element of activemq.xml. */
export interface ElementWords {
  readonly attributes: ReadonlySet<string>
  /** Written as elements inside of it, which hold the values. */
  readonly properties: ReadonlySet<string>
}

/** The elements that activemq.xml may have, by name. */
export function readVocabulary(): ReadonlyMap<string, ElementWords> {
  const found = new Map<string, ElementWords>()
  for (const line of activemqWords.trim().replaceAll('\n  ', ' ').split('\n')) {
    const colon = line.indexOf(':')
    const [attributes = '', properties = ''] = line.slice(colon + 1).split('|')
    found.set(line.slice(0, colon), {
      attributes: words(attributes),
      properties: words(properties),
    })
  }
  return found
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' ').filter((word) => word !== ''))
}
