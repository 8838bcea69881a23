import type { ConsumerName, Dispatched, HistoryEvent, SourceName } from '../events.ts'
import { inserted } from '../history-index.ts'
import type { HistoryIndex } from '../history-index.ts'
import type { Violation } from '../violation.ts'

/** A message with a consumer, or on its way to one. */
interface Dispatch {
  readonly event: Dispatched
  readonly source: SourceName
  /** Something was confirmed after it before somebody else was elected: so is what it counts. */
  readonly isCommitted: boolean
  /** The consumer tells of it. */
  receipt: HistoryEvent | null
}

/** A durable subscription of this client's, or the queue. */
function sourceOf({ client, destination }: Dispatched, subscriptions: Map<string, SourceName>) {
  return subscriptions.get(`${client} ${destination}`) ?? destination
}

/** From each event on: when the last call was made that was confirmed before the next election. */
function lastConfirmed({ events, operations }: HistoryIndex): (at: number) => number {
  const elections = [...events.keys()].filter((at) => events[at]?.kind === 'elected')
  const termOf = (at: number): number => elections.findLastIndex((election) => election <= at)
  const last = new Map<number, number>()
  for (const { call, at, outcome, endAt } of operations) {
    const isStored = call.type === 'commit' || (call.type === 'send' && call.tx === undefined)
    if (!isStored || outcome !== 'ok') continue
    const term = termOf(at)
    if (term === termOf(endAt)) last.set(term, at)
  }
  return (at) => last.get(termOf(at)) ?? -1
}

/** All dispatches in their order, with what became of them. */
function dispatchesOf(index: HistoryIndex): Dispatch[] {
  const { events } = index
  const confirmedAfter = lastConfirmed(index)
  const all: Dispatch[] = []
  const subscriptions = new Map<string, SourceName>()
  // A consumer is on one connection at a time: what it tells of came with the latest.
  const latest = new Map<`${ConsumerName} ${string}`, Dispatch>()
  for (const [at, event] of events.entries()) {
    if (event.kind === 'dispatched') {
      const isCommitted = confirmedAfter(at) > at
      const source = sourceOf(event, subscriptions)
      const dispatch = { event, source, isCommitted, receipt: null }
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
  if (now.redeliveries < seen) return `consumers had it ${seen} times`
  if (!now.isInherited) return null
  const wasSeen = before.some(({ receipt }) => receipt !== null)
  const logged = before.map(({ event, isCommitted }) => (isCommitted ? event.redeliveries : 0))
  const least = Math.max(wasSeen ? 1 : 0, ...logged)
  return now.redeliveries < least ? `an earlier leader's log had ${least}` : null
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
      const about = event.isInherited ? [{ source, message }] : []
      violations.push({ check: 'C12', about, line, events: [...proof, event] })
    }
    before.push(now)
  }
  return violations
}
