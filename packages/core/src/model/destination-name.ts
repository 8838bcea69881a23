import { BrokerError } from '../base/errors.ts'
import type { DestinationKind, DestinationName } from './destination.ts'

/** Longest name of a destination, in UTF-16 units; composites included. */
export const DESTINATION_NAME_MAX = 4096
/** Most parts of a composite destination (`A,B,topic://C`). */
export const COMPOSITE_PARTS_MAX = 64

const SEPARATOR = '.'
const ANY_LEVEL = '*'
const ANY_REST = '>'

const schemes: readonly (readonly [string, DestinationKind])[] = [
  ['queue://', 'queue'],
  ['topic://', 'topic'],
  ['temp-queue://', 'temp-queue'],
  ['temp-topic://', 'temp-topic'],
]

/**
 * Reads `queue://ORDERS`, or a bare `ORDERS` with `kind` for its kind. The name may be composite
 * or hold wildcards. INVALID_DESTINATION when it is empty or too long.
 */
export function parseDestinationName(text: string, kind: DestinationKind): DestinationName {
  const trimmed = text.trim()
  for (const [scheme, schemeKind] of schemes) {
    if (trimmed.startsWith(scheme)) {
      return checked({ kind: schemeKind, name: trimmed.slice(scheme.length) })
    }
  }
  return checked({ kind, name: trimmed })
}

function checked(destination: DestinationName): DestinationName {
  if (destination.name === '') throw new BrokerError('INVALID_DESTINATION', 'The name is empty.')
  if (destination.name.length > DESTINATION_NAME_MAX) {
    throw new BrokerError('INVALID_DESTINATION', 'The name of the destination is too long.', {
      details: { length: destination.name.length, longest: DESTINATION_NAME_MAX },
    })
  }
  return destination
}

/**
 * The destinations that a name stands for: itself, or the parts of a composite (`A,topic://B`),
 * each of the composite's own kind unless it says otherwise. Doubles count once, empty parts not
 * at all.
 */
export function splitComposite(destination: DestinationName): DestinationName[] {
  if (!destination.name.includes(',')) return [checked(destination)]
  checked(destination)
  const parts: DestinationName[] = []
  for (const text of destination.name.split(',')) {
    if (text.trim() === '') continue
    const part = parseDestinationName(text, destination.kind)
    if (!parts.some((other) => isSameDestination(other, part))) parts.push(part)
  }
  if (parts.length === 0) throw new BrokerError('INVALID_DESTINATION', 'The name is empty.')
  if (parts.length > COMPOSITE_PARTS_MAX) {
    throw new BrokerError('INVALID_DESTINATION', 'The composite destination has too many parts.', {
      details: { parts: parts.length, most: COMPOSITE_PARTS_MAX },
    })
  }
  return parts
}

export function isSameDestination(one: DestinationName, other: DestinationName): boolean {
  return one.kind === other.kind && one.name === other.name
}

/** Whether the name is a pattern: a level that is `*`, or `>` as its last level. */
export function isDestinationPattern(name: string): boolean {
  if (!name.includes(ANY_LEVEL) && !name.endsWith(ANY_REST)) return false
  const levels = name.split(SEPARATOR)
  return levels.includes(ANY_LEVEL) || levels.at(-1) === ANY_REST
}

/**
 * A name with wildcards, ready to be compared with many names: `*` stands for exactly one level, a
 * final `>` for any number of further levels and also for none (`A.>` matches `A`, as in
 * ActiveMQ).
 */
export class DestinationPattern {
  readonly destination: DestinationName
  readonly #levels: readonly string[]
  readonly #openEnded: boolean

  constructor(destination: DestinationName) {
    this.destination = destination
    const levels = destination.name.split(SEPARATOR)
    this.#openEnded = levels.at(-1) === ANY_REST
    while (levels.at(-1) === ANY_REST) levels.pop()
    this.#levels = levels
  }

  matches(destination: DestinationName): boolean {
    if (destination.kind !== this.destination.kind) return false
    const levels = destination.name.split(SEPARATOR)
    if (levels.length < this.#levels.length) return false
    if (levels.length > this.#levels.length && !this.#openEnded) return false
    return this.#levels.every((level, i) => level === ANY_LEVEL || level === levels[i])
  }
}
