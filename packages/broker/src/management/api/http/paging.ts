import { BrokerError } from '@quorate/core/base/errors'
import { integer, nullable, object, text } from './schema.ts'
import type { Schema } from './schema.ts'

/** Items of one page. */
export const PAGE_ITEMS_MAX = 500
/** Characters of a cursor; it holds a value and a key. */
export const CURSOR_CHARS_MAX = 24_576
/** Characters of a filter by name. */
export const FILTER_CHARS_MAX = 256

const PAGE_ITEMS_DEFAULT = 50

export const pageQuery = {
  limit: integer({
    description: 'Items of a page.',
    minimum: 1,
    maximum: PAGE_ITEMS_MAX,
    default: PAGE_ITEMS_DEFAULT,
  }),
  after: text({
    description: '`next` of the page before; the same filter and order go with it.',
    maxLength: CURSOR_CHARS_MAX,
  }),
  filter: text({
    description: 'Only items whose name contains this, whatever its case.',
    maxLength: FILTER_CHARS_MAX,
  }),
} as const

/** What a page looks like. */
export function pageOfSchema<T>(item: Schema<T>) {
  return object({
    items: { type: 'array', items: item },
    total: integer({ description: 'Items that fit the filter, on all pages.' }),
    next: nullable(text({ description: 'Cursor of the next page; null: this is the last one.' })),
  })
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly total: number
  readonly next: string | null
}

/** Where an item stands: by a value, and by its key among equals. */
export interface Rank {
  readonly value: string | number
  readonly key: string
}

export interface PageRequest<T> {
  readonly limit: number
  readonly after: string | undefined
  /** '' takes all. */
  readonly filter: string
  /** Biggest value first; equals by key all the same. */
  readonly descending: boolean
  /** What the filter looks at. */
  readonly nameOf: (item: T) => string
  /** No two items have the same. */
  readonly keyOf: (item: T) => string
  /** Called for each item that fits the filter; keep it cheap. */
  readonly rankBy: (item: T) => string | number
}

interface Ranked<T> extends Rank {
  readonly item: T
}

/**
 * One page of many items, in one walk and without sorting them all: what cannot be on the page is
 * forgotten at once. A page stays right when items come and go before it.
 */
export function pageOf<T>(items: Iterable<T>, request: PageRequest<T>): Page<T> {
  const { limit, nameOf, keyOf, rankBy } = request
  const filter = request.filter.toLowerCase()
  const sign = request.descending ? -1 : 1
  const after = request.after === undefined ? null : rankIn(request.after)
  const page: Ranked<T>[] = []
  let total = 0
  let isMore = false
  for (const item of items) {
    if (filter !== '' && !nameOf(item).toLowerCase().includes(filter)) continue
    total++
    const ranked = { value: rankBy(item), key: keyOf(item), item }
    if (after !== null && compareRanks(ranked, after, sign) <= 0) continue
    const last = page.at(-1)
    if (page.length === limit && last !== undefined && compareRanks(ranked, last, sign) > 0) {
      isMore = true
      continue
    }
    page.splice(placeOf(page, ranked, sign), 0, ranked)
    if (page.length <= limit) continue
    page.pop()
    isMore = true
  }
  const last = page.at(-1)
  const next = isMore && last !== undefined ? cursorOf(last) : null
  return { items: page.map(({ item }) => item), total, next }
}

/** Negative when `one` comes first. Texts by their code units: the same on every machine. */
function compareRanks(one: Rank, other: Rank, sign: 1 | -1): number {
  if (one.value !== other.value) return one.value < other.value ? -sign : sign
  if (one.key === other.key) return 0
  return one.key < other.key ? -1 : 1
}

function placeOf(page: readonly Rank[], rank: Rank, sign: 1 | -1): number {
  let low = 0
  let high = page.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareRanks(page[middle] as Rank, rank, sign) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function cursorOf({ value, key }: Rank): string {
  return Buffer.from(JSON.stringify([value, key])).toString('base64url')
}

function rankIn(cursor: string): Rank {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (Array.isArray(parsed) && parsed.length === 2) {
      const [value, key] = parsed as unknown[]
      const isValue = typeof value === 'string' || Number.isFinite(value)
      if (isValue && typeof key === 'string') return { value: value as string | number, key }
    }
  } catch {
    // Told below, like every other text that is no cursor.
  }
  throw new BrokerError('INVALID_ARGUMENT', 'query.after is no cursor of ours.')
}
