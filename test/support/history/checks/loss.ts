import type { MessageName, SourceName } from '../events.ts'
import { confirmationOf, receiptsIn } from '../history-index.ts'
import type { Confirmation, HistoryIndex, Receipt, SentMessage } from '../history-index.ts'
import type { SubscriptionPeriod } from '../subscription-periods.ts'
import type { CheckName, Violation } from '../violation.ts'

/** Which messages may be gone because somebody acknowledged them, and who says so at all. */
interface Settled {
  readonly messages: ReadonlySet<string>
  readonly consumers: ReadonlySet<string>
}

function settledIn(index: HistoryIndex): Settled {
  const messages = new Set<string>()
  const consumers = new Set<string>()
  for (const { op, tx, source, message, receipt } of index.acknowledgements) {
    consumers.add(receipt.event.consumer)
    const transaction = tx === null ? undefined : index.transactions.get(tx)
    // What was rolled back is judged with its transaction (C5), unless nobody ended that.
    const isOpen = transaction?.commits.length === 0 && transaction.rollbacks.length === 0
    if (op?.outcome !== 'fail' && !isOpen) messages.add(`${source} ${message}`)
  }
  return { messages, consumers }
}

/** Given to a connection that was lost or a consumer that was closed, and to nobody after it. */
function wasDropped(
  { closed, connections }: HistoryIndex,
  settled: Settled,
  { last, drainedAt }: { readonly last: Receipt; readonly drainedAt: number },
): boolean {
  const { client, consumer, message } = last.event
  if (!settled.consumers.has(consumer)) return false
  if (settled.messages.has(`${last.source} ${message}`)) return false
  const isClosed = (closed.get(consumer) ?? []).some(
    (op) => op.outcome === 'ok' && op.at > last.at && op.at < drainedAt,
  )
  return isClosed || connections.wasLostBetween(client, last.at, drainedAt)
}

interface Source {
  readonly check: CheckName
  readonly name: SourceName
  /** What it kept goes with it. */
  readonly until: number
}

class LossCheck {
  readonly violations: Violation[] = []
  readonly #index: HistoryIndex
  readonly #settled: Settled

  constructor(index: HistoryIndex) {
    this.#index = index
    this.#settled = settledIn(index)
  }

  /** Demands what was promised before the last drain while the source was there. */
  demand(source: Source, name: MessageName, promise: Confirmation): void {
    const { check, name: from } = source
    const drainedAt = this.#index.drains.findLast((at) => at < source.until) ?? -1
    if (promise.op.endAt > drainedAt) return
    const last = receiptsIn(this.#index, from, name).at(-1)
    const confirmedMs = promise.op.end?.atMs
    const confirmed = `${from} lost ${name}: confirmed at ${confirmedMs} ms`
    const about = [{ source: from, message: name }]
    const proof = promise.op.end === null ? [] : [promise.send.invoke, promise.op.end]
    if (last === undefined) {
      const line = `${confirmed}, never received`
      this.violations.push({ check, about, line, events: proof })
    } else if (wasDropped(this.#index, this.#settled, { last, drainedAt })) {
      const what = `its last receiver ${last.event.consumer} went without acknowledgement`
      const line = `${confirmed}, ${what}`
      this.violations.push({ check, about, line, events: [...proof, last.event] })
    }
  }

  /** A message from before the subscription: it was never to have a copy. */
  refuse(period: SubscriptionPeriod, name: MessageName, promise: Confirmation): void {
    const { subscription, notBefore } = period
    if (promise.op.endAt > notBefore || promise.op.end === null) return
    const early = receiptsIn(this.#index, subscription, name).find(
      (receipt) => receipt.at > notBefore,
    )
    if (early === undefined) return
    const line = `${subscription} got ${name}, which was confirmed before it was subscribed`
    const about = [{ source: subscription, message: name }]
    this.violations.push({ check: 'C7', about, line, events: [promise.op.end, early.event] })
  }
}

function undrained(index: HistoryIndex, check: CheckName): Violation[] {
  if (index.drains.length > 0 || index.sent.size === 0) return []
  const line = 'the history has no drained mark, so that nothing can be said to be lost'
  return [{ check, about: [], line, events: index.events.slice(-1) }]
}

function confirmedMessages(index: HistoryIndex, isTopic: boolean): [SentMessage, Confirmation][] {
  const found: [SentMessage, Confirmation][] = []
  for (const sent of index.sent.values()) {
    if (sent.destination.startsWith('topic:') !== isTopic) continue
    const promise = confirmationOf(index, sent)
    if (promise !== null) found.push([sent, promise])
  }
  return found
}

/** C1: every message confirmed before the drain was received from its queue. */
export function checkQueueLoss(index: HistoryIndex): Violation[] {
  const check = new LossCheck(index)
  for (const [sent, promise] of confirmedMessages(index, false)) {
    const queue = { check: 'C1', name: sent.destination, until: Infinity } as const
    check.demand(queue, sent.name, promise)
  }
  return [...undrained(index, 'C1'), ...check.violations]
}

/**
 * C7: every message that was sent after the subscription was confirmed, and confirmed before the
 * last drain before its removal, was received through it; none that was confirmed before somebody
 * subscribed.
 */
export function checkSubscriptions(index: HistoryIndex): Violation[] {
  if (index.subscriptions.length === 0) return []
  const check = new LossCheck(index)
  for (const [sent, promise] of confirmedMessages(index, true)) {
    const from = promise.op === promise.send ? (sent.sends[0]?.at ?? 0) : promise.op.at
    for (const period of index.subscriptions) {
      if (period.destination !== sent.destination) continue
      const { subscription, surelyFrom, surelyUntil } = period
      if (from > surelyFrom && promise.op.endAt < surelyUntil) {
        const source = { check: 'C7', name: subscription, until: surelyUntil } as const
        check.demand(source, sent.name, promise)
      }
      check.refuse(period, sent.name, promise)
    }
  }
  return [...undrained(index, 'C7'), ...check.violations]
}
