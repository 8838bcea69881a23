/** A queue or topic that is there from the start. */
export interface DeclaredDestination {
  readonly kind: 'queue' | 'topic'
  readonly name: string
}

/** Those that the setting `destinations` may name. */
export const DECLARED_DESTINATIONS_MAX = 1000
/** Characters of one name, as everywhere. */
const NAME_CHARS_MAX = 4096

/** What a text like `queue://ORDERS, topic://PRICES` names, in order, each once. */
export function declaredDestinations(text: string): DeclaredDestination[] {
  const found = new Map<string, DeclaredDestination>()
  for (const part of partsOf(text)) {
    const [, scheme = 'queue', name = ''] = /^(?:(queue|topic):\/\/)?(.*)$/.exec(part) ?? []
    found.set(`${scheme}://${name}`, { kind: scheme as DeclaredDestination['kind'], name })
  }
  return [...found.values()]
}

/** What is wrong with such a text, in words. */
export function objectionsToDestinations(text: string): string[] {
  const parts = partsOf(text)
  const complaints = parts.flatMap((part) => objectionTo(part) ?? [])
  if (parts.length > DECLARED_DESTINATIONS_MAX) {
    complaints.push(
      `names ${parts.length} destinations, at most ${DECLARED_DESTINATIONS_MAX} may be`,
    )
  }
  return complaints
}

function objectionTo(part: string): string | undefined {
  const name = part.replace(/^(queue|topic):\/\//, '')
  if (/^[a-z-]+:\/\//i.test(name)) return `"${part}" is neither queue://NAME nor topic://NAME`
  if (name === '') return `"${part}" has no name`
  if (name.length > NAME_CHARS_MAX) return `"${part.slice(0, 40)}..." is too long for a name`
  const isPattern = name.split('.').some((level) => level === '*' || level === '>')
  return isPattern ? `"${part}" is a pattern: it names no single destination` : undefined
}

function partsOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
