import type { ConsumerName, Dispatched, HistoryEvent, SourceName } from '../events.ts'
import { inserted } from '../history-index.ts'
import type { HistoryIndex } from '../history-index.ts'
import type { Violation } from '../violation.ts'

/** A message with a consumer, or on its way to one. */
interface Dispatch {
  readonly event: Dispatched
  readonly source: SourceName
  /** The consumer tells of it. */
  receipt: HistoryEvent | null
}

/** A durable subscription of this client's, or the queue. */
function sourceOf({ client, destination }: Dispatched, subscriptions: Map<string, SourceName>) {
  return subscriptions.get(`${client} ${destination}`) ?? destination
}

/** All dispatches in their order, with what became of them. */
function dispatchesOf({ events }: HistoryIndex): Dispatch[] {
  const all: Dispatch[] = []
  const subscriptions = new Map<string, SourceName>()
  // A consumer is on one connection at a time: what it tells of came with the latest.
  const latest = new Map<`${ConsumerName} ${string}`, Dispatch>()
  for (const event of events) {
    if (event.kind === 'dispatched') {
      const dispatch = { event, source: sourceOf(event, subscriptions), receipt: null }
      latest.set(`${event.consumer} ${event.message}`, dispatch)
      all.push(dispatch)
    } else if (event.kind === 'receive') {
      const dispatch = latest.get(`${event.consumer} ${event.message}`)
      if (dispatch !== undefined) dispatch.receipt ??= event
    } else if (event.kind === 'invoke' && event.call.type === 'subscribe') {
      const { destination, subscription } = event.call
      subscriptions.set(`${event.client} ${destination}`, subscription)
    }
  }
  return all
}

/** What is wrong with the mark of `now`, after those before it; null when nothing is. */
function doubtOf(before: readonly Dispatch[], { event: now }: Dispatch): string | null {
  const sameLeaders = before.filter(
    ({ event }) => event.node === now.node && event.epoch === now.epoch,
  )
  // What the leader before this one handed out nobody knows: it counts as one delivery (R44).
  const most = now.isInherited ? Math.max(1, before.length) : sameLeaders.length
  if (now.redeliveries > most) return `it can have been at most ${most}`
  const seen = sameLeaders.filter(({ receipt }) => receipt !== null).length
  const wasSeen = before.some(({ receipt }) => receipt !== null)
  const least = Math.max(seen, now.isInherited && wasSeen ? 1 : 0)
  return now.redeliveries < least ? `consumers had it ${least} times` : null
}

/**
 * C12: a leader counts the deliveries that ended unacknowledged. Of its own time it knows them all,
 * and of the time before it counts one for each message that it found, and those that were counted
 * in the log.
 */
export function checkRedeliveries(index: HistoryIndex): Violation[] {
  const violations: Violation[] = []
  const dispatches = new Map<string, Dispatch[]>()
  for (const now of dispatchesOf(index)) {
    const { event, source } = now
    const { message, node, consumer, redeliveries } = event
    const before = inserted(dispatches, `${source} ${message}`, () => [])
    const doubt = doubtOf(before, now)
    if (doubt !== null) {
      const what = `${node} gave ${consumer} ${message} of ${source}`
      const line = `${what} as delivered ${redeliveries} times before: ${doubt}`
      const proof = before.flatMap((one) => (one.receipt ? [one.event, one.receipt] : [one.event]))
      violations.push({ check: 'C12', about: [], line, events: [...proof, event] })
    }
    before.push(now)
  }
  return violations
}
