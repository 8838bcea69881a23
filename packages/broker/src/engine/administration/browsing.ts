import type { MessageStore } from '../../store/message-store.ts'
import type { Queue } from '../destination/queue.ts'
import type { Backlog } from '../dispatch/backlog.ts'
import { compareEntries, Entry } from '../dispatch/entry.ts'
import type { Placed } from '../dispatch/entry.ts'
import { BROWSED_ENTRIES_MAX, FETCH_BYTES_MAX } from '../policy/limits.ts'
import { Subscription } from '../subscription/subscription.ts'
import { fetchBodies } from '../dispatch/bodies.ts'

/** One message of a queue, as it is found there. */
export interface BrowsedMessage extends Placed {
  readonly isStored: boolean
  /** A consumer has it. */
  readonly isHandedOut: boolean
  readonly redeliveries: number
  readonly priority: number
  readonly expirationMs: number
  /** Canonical encoding. */
  readonly body: Buffer
}

export interface BrowsedPage {
  readonly messages: readonly BrowsedMessage[]
  /** The last one that was looked at, if there are more behind it; it may have left meanwhile. */
  readonly next: Placed | null
}

/** Before the first message of a queue. */
export const BEGINNING: Placed = { place: 0, turn: 0 }

/**
 * Up to `limit` messages behind a place, those that are handed out included; fewer where they are
 * large. Messages in the temporary store are not among them. Nothing is taken.
 */
export function browse(
  store: MessageStore,
  { backlog }: Queue,
  how: { readonly after: Placed; readonly limit: number },
  done: (page: BrowsedPage) => void,
): void {
  const limit = Math.min(how.limit, BROWSED_ENTRIES_MAX)
  const handedOut = handedOutOf(backlog)
  // One more than is shown tells whether there are more.
  const stored = backlog.storedList()?.next(how.after.place, limit + 1) ?? []
  const found = [...stored.map((each) => Entry.ofStored(each)), ...unstored(backlog, handedOut)]
  const behind = found.filter((entry) => compareEntries(entry, how.after) > 0).sort(compareEntries)
  const page = withinBytes(behind.slice(0, limit))
  const isTaken = placesOf(handedOut)
  fetchBodies(store, page, (bodies) => {
    const messages = page.flatMap((entry, i) => {
      const body = bodies[i] ?? null
      // It has left meanwhile.
      if (body === null) return []
      const { place, turn, redeliveries, priority, expirationMs } = entry
      const isStored = entry.stored !== null
      const isHandedOut = isTaken.has(`${place}-${turn}`)
      return [{ place, turn, isStored, isHandedOut, redeliveries, priority, expirationMs, body }]
    })
    const isMore = behind.length > page.length
    done({ messages, next: (isMore ? page.at(-1) : null) ?? null })
  })
}

function handedOutOf(backlog: Backlog): Entry[] {
  const consumers = backlog.receivers.filter((each) => each instanceof Subscription)
  const deliveries = consumers.flatMap(({ inFlight }) => [...inFlight])
  return deliveries.filter(({ source }) => source === backlog).map(({ entry }) => entry)
}

function unstored(backlog: Backlog, handedOut: readonly Entry[]): Entry[] {
  const waiting = backlog.memoryEntries().filter((each) => each instanceof Entry)
  return [...waiting, ...handedOut.filter(({ stored }) => stored === null)]
}

function placesOf(entries: readonly Entry[]): ReadonlySet<string> {
  return new Set(entries.map(({ place, turn }) => `${place}-${turn}`))
}

/** At least one. */
function withinBytes(entries: readonly Entry[]): Entry[] {
  const page: Entry[] = []
  let bytes = 0
  for (const entry of entries) {
    if (page.length > 0 && bytes + entry.length > FETCH_BYTES_MAX) break
    page.push(entry)
    bytes += entry.length
  }
  return page
}
