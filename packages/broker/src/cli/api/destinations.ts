import { BrokerError } from '@quorate/core/base/errors'
import { formatDestination } from '@quorate/core/model/destination'
import type { DestinationKind, DestinationName } from '@quorate/core/model/destination'
import {
  DestinationPattern,
  isDestinationPattern,
  parseDestinationName,
} from '@quorate/core/model/destination-name'
import { didYouMean } from '../../config/nearest-word.ts'
import type { ApiClient, Query } from './api-client.ts'
import { objectsIn, textIn } from './api-values.ts'
import type { ApiObject } from './api-values.ts'
import { API_FILTER_CHARS_MAX, API_PAGE_ITEMS_MAX, DESTINATIONS_WALKED_MAX } from './limits.ts'

/** Where the API has this destination. */
export function destinationPath({ kind, name }: DestinationName): string {
  return `/api/v1/destinations/${kind}/${encodeURIComponent(name)}`
}

/**
 * Reads `ORDERS` or `queue://ORDERS`, the name of one queue. Throws INVALID_ARGUMENT for what is
 * none, or stands for several.
 */
export function queueNamed(text: string): DestinationName {
  const destination = parseDestinationName(text, 'queue')
  if (destination.kind === 'topic' || destination.kind === 'temp-topic') {
    const message = `${formatDestination(destination)}: topics keep no messages to look at`
    throw new BrokerError('INVALID_ARGUMENT', message)
  }
  return single(destination)
}

/** The same for a queue or a topic; a queue where nothing else is said. */
export function destinationNamed(text: string): DestinationName {
  return single(parseDestinationName(text, 'queue'))
}

function single(destination: DestinationName): DestinationName {
  const { name } = destination
  if (!isDestinationPattern(name) && !name.includes(',')) return destination
  throw new BrokerError('INVALID_ARGUMENT', `"${name}" stands for several: name one`)
}

export interface Walk {
  readonly kind?: DestinationKind
  readonly filter?: string | undefined
  readonly sort?: string | undefined
  readonly order?: 'ascending' | 'descending'
  /** So many at most; all without it. */
  readonly limit?: number | undefined
}

/** All destinations that are asked for, page by page. RESOURCE_LIMIT when there are too many. */
export async function walkDestinations(api: ApiClient, walk: Walk = {}): Promise<ApiObject[]> {
  const { limit: most = Infinity, ...query } = walk
  return walkPages(api, '/api/v1/destinations', { query, most })
}

interface PagesWords {
  readonly query?: Query
  /** So many items at most. */
  readonly most?: number
  readonly pageItems?: number
}

/** The items of all pages of a list. */
export async function walkPages(
  api: ApiClient,
  path: string,
  { query = {}, most = Infinity, pageItems = API_PAGE_ITEMS_MAX }: PagesWords = {},
): Promise<ApiObject[]> {
  const found: ApiObject[] = []
  let after: string | undefined
  while (found.length < most) {
    const limit = Math.min(pageItems, most - found.length)
    const page = await api.get(path, { ...query, limit, after })
    const items = objectsIn(page, 'items')
    found.push(...items.slice(0, limit))
    if (page.next === null || page.next === undefined) break
    const next = textIn(page, 'next')
    if (next === after) {
      throw new BrokerError(
        'PROTOCOL_VIOLATION',
        'this is no answer of a broker: pages without end',
      )
    }
    after = next
    if (found.length >= DESTINATIONS_WALKED_MAX) {
      const message = `there are more than ${DESTINATIONS_WALKED_MAX} items: name some of them`
      throw new BrokerError('RESOURCE_LIMIT', message)
    }
  }
  return found
}

/**
 * Those of `items` that a person named. Throws INVALID_DESTINATION for a name or pattern that
 * nothing fits.
 */
function chosenFrom(items: readonly ApiObject[], words: readonly string[]): ApiObject[] {
  const chosen = new Set<ApiObject>()
  for (const word of words) {
    const fitting = items.filter((item) => isMeant(word, item))
    if (fitting.length === 0) {
      const names = items.map((item) => textIn(item, 'name'))
      const message = `there is no destination ${word}${didYouMean(word, names)}`
      throw new BrokerError('INVALID_DESTINATION', message)
    }
    for (const item of fitting) chosen.add(item)
  }
  return [...chosen]
}

/** Destinations of one kind that a person named; what cannot be meant is not asked for. */
export async function destinationsNamed(
  api: ApiClient,
  kind: DestinationKind,
  words: readonly string[],
): Promise<ApiObject[]> {
  const [word] = words
  const filter =
    words.length === 1 && word !== undefined
      ? literalPart(parseDestinationName(word, kind).name)
      : undefined
  try {
    return chosenFrom(await walkDestinations(api, { kind, filter }), words)
  } catch (error) {
    const isNone = error instanceof BrokerError && error.code === 'INVALID_DESTINATION'
    if (!isNone || filter === undefined) throw error
    // Among all of them is the one that was meant.
    return chosenFrom(await walkDestinations(api, { kind }), words)
  }
}

/** What every name that fits a pattern contains, as a filter for the API; undefined: nothing. */
export function literalPart(pattern: string): string | undefined {
  // `A.>` is A too.
  const pieces = pattern.split(/[*>]/).map((piece) => piece.replace(/\.$/, ''))
  const longest = pieces.reduce((best, piece) => (piece.length > best.length ? piece : best))
  return longest === '' ? undefined : longest.slice(0, API_FILTER_CHARS_MAX)
}

function isMeant(word: string, item: ApiObject): boolean {
  const kind = textIn(item, 'kind') as DestinationKind
  const destination = parseDestinationName(word, kind)
  return destination.kind === kind && isNamed(destination.name, textIn(item, 'name'))
}

/**
 * Whether a name fits a pattern as ActiveMQ's commands read it: `*` is any text, as in JMX, and a
 * last `>` all that is below, as clients write it.
 */
export function isNamed(pattern: string, name: string): boolean {
  const kind = 'queue'
  if (pattern.endsWith('>')) {
    return new DestinationPattern({ kind, name: pattern }).matches({ kind, name })
  }
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name)
}
