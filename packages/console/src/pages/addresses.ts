import { encoded } from '../api/encoded.ts'

/** The pages, by the first word behind the # of the address. */
export const pageNames = [
  'home',
  'queues',
  'topics',
  'subscribers',
  'connections',
  'cluster',
] as const

export type PageName = (typeof pageNames)[number]

/** Where in the console somebody is. */
export interface Place {
  readonly page: PageName
  /** Of queues and topics: the name of one. */
  readonly name: string | null
  /** Of a queue: the id of a message. */
  readonly message: string | null
}

/** Reads `#/queues/ORDERS/1042`; what is no place is home. */
export function placeIn(hash: string): Place {
  const [word, name, message] = hash.replace(/^#\/?/, '').split('/').map(decoded)
  const page = pageNames.find((each) => each === word) ?? 'home'
  return { page, name: name || null, message: message || null }
}

/** The address of a page, or of one thing on it. */
export function addressOf(page: PageName, ...rest: readonly string[]): string {
  return `#/${[page, ...rest.map(encoded)].join('/')}`
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
