import type { HistoryEvent } from '../events.ts'
import { receiptsIn, subjectOf, wasUnderWay } from '../history-index.ts'
import type { HistoryIndex, Receipt, SentMessage } from '../history-index.ts'
import type { Violation } from '../violation.ts'

function firstInvoke(index: HistoryIndex, receipt: Receipt): HistoryEvent[] {
  const invoke = index.sent.get(receipt.event.message)?.sends[0]?.invoke
  return invoke === undefined ? [] : [invoke]
}

/** Why this message cannot have come from there; null when it can. */
function inventionOf(index: HistoryIndex, { at, event }: Receipt): string | null {
  const sent = index.sent.get(event.message)
  const first = sent?.sends[0]
  if (sent === undefined || first === undefined) return 'nobody sent it'
  if (sent.destination !== event.destination) return `it was sent to ${sent.destination}`
  if (first.at > at) return 'it was sent only later'
  if (sent.sends.every((send) => send.outcome === 'fail')) return 'its send had failed'
  return null
}

/**
 * Where this delivery ended unacknowledged: connections lost, closes, rollbacks; first the first.
 */
function endsOf(index: HistoryIndex, receipt: Receipt, now: Receipt): number[] {
  const { client, consumer, tx = index.transactionOf.get(receipt) } = receipt.event
  const lost = index.connections
    .candidates(client, receipt)
    .flatMap((one) => (index.connections.isLostBy(one, now) && one.ended ? [one.ended.at] : []))
  const transaction = tx === undefined ? undefined : index.transactions.get(tx)
  const commits = transaction?.commits.filter((op) => op.outcome !== 'ok') ?? []
  const closes = index.closed.get(consumer)?.filter((op) => op.at > receipt.at) ?? []
  const calls = [...closes, ...commits, ...(transaction?.rollbacks ?? [])]
  const asked = calls.map((op) => op.at).filter((at) => at < now.at)
  return [...lost, ...asked].sort((a, b) => a - b)
}

/** How many of these deliveries ended unacknowledged before `now`, each for a reason of its own. */
export function endedBefore(
  index: HistoryIndex,
  receipts: readonly Receipt[],
  now: Receipt,
): number {
  const used = new Set<number>()
  for (const receipt of receipts) {
    const end = endsOf(index, receipt, now).find((at) => !used.has(at))
    if (end !== undefined) used.add(end)
  }
  return used.size
}

/** Why there is no reason for this receipt after those before it; null when there is. */
function doubtOf(index: HistoryIndex, before: readonly Receipt[], now: Receipt): string | null {
  const isLate = before.some((receipt) => wasUnderWay(index, now, receipt))
  if (!now.event.redelivered) {
    const other = before.find((receipt) => !receipt.event.redelivered)
    if (other !== undefined) return 'neither is flagged as redelivered, as if it were stored twice'
    return isLate ? null : 'this one is not flagged as redelivered'
  }
  // All deliveries but one have ended: this one, too, when it was under way before another.
  const ended = endedBefore(index, isLate ? [...before, now] : before, now)
  if (ended >= before.length) return null
  return `only ${ended} of ${before.length} deliveries before it had ended unacknowledged`
}

/**
 * C2: nothing is received that nobody sent, and every further receipt of a message has a reason.
 */
export function checkReceipts(index: HistoryIndex): Violation[] {
  const violations: Violation[] = []
  const add = (what: string, receipts: readonly Receipt[], now: Receipt): void => {
    const line = `${now.event.consumer} received ${now.event.message} from ${now.source} ${what}`
    const events = [...firstInvoke(index, now), ...receipts.map((one) => one.event), now.event]
    violations.push({ check: 'C2', about: [subjectOf(now)], line, events })
  }
  const counts = new Map<readonly Receipt[], number>()
  for (const receipt of index.receipts) {
    const all = receiptsIn(index, receipt.source, receipt.event.message)
    const count = counts.get(all) ?? 0
    counts.set(all, count + 1)
    const invented = inventionOf(index, receipt)
    if (invented !== null) {
      add(`though ${invented}`, [], receipt)
    } else if (count > 0) {
      const before = all.slice(0, count)
      const doubt = doubtOf(index, before, receipt)
      if (doubt !== null) add(`again (receipt ${count + 1}): ${doubt}`, before, receipt)
    }
  }
  return violations
}

type Place = readonly [visibleAt: number, sentAt: number]

/** Where a message stands among those of its producer: a transaction's by the commit. */
function placeOf(index: HistoryIndex, sent: SentMessage): Place | null {
  const [send, another] = sent.sends
  // Sent again, its place is anywhere between.
  if (send === undefined || another !== undefined) return null
  const { tx } = send.call
  if (tx === undefined) return [send.at, send.at]
  const commit = index.transactions.get(tx)?.commits.at(-1)
  return commit === undefined ? null : [commit.at, send.at]
}

function isAfter(a: Place, b: Place): boolean {
  return a[0] === b[0] ? a[1] > b[1] : a[0] > b[0]
}

/** C3: of one producer's messages, one consumer sees the first deliveries in the order sent. */
export function checkOrder(index: HistoryIndex): Violation[] {
  const violations: Violation[] = []
  const highest = new Map<string, { readonly place: Place; readonly receipt: Receipt }>()
  for (const receipt of index.receipts) {
    const { message, consumer, redelivered } = receipt.event
    const sent = index.sent.get(message)
    const isFirst = receiptsIn(index, receipt.source, message)[0] === receipt
    const place = sent === undefined ? null : placeOf(index, sent)
    if (place === null || !isFirst || redelivered) continue
    const producer = message.slice(0, message.lastIndexOf(':'))
    const lane = `${producer} ${receipt.source} ${consumer}`
    const before = highest.get(lane)
    if (before !== undefined && isAfter(before.place, place)) {
      const line = `${consumer} saw ${message} of ${receipt.source} after ${before.receipt.event.message}`
      const about = [subjectOf(before.receipt), subjectOf(receipt)]
      const events = [before.receipt.event, receipt.event]
      violations.push({ check: 'C3', about, line, events })
    } else {
      highest.set(lane, { place, receipt })
    }
  }
  return violations
}
