/**
 * What clients of one queue did and saw, in the order of one monotonic clock. A message is named by
 * its producer and its number with that producer.
 */
export type QueueEvent =
  | {
      readonly kind: 'invoke'
      readonly atMs: number
      readonly producer: number
      readonly n: number
    }
  | { readonly kind: 'ok'; readonly atMs: number; readonly producer: number; readonly n: number }
  /** The client reported an error: the message may or may not be in the queue. */
  | { readonly kind: 'fail'; readonly atMs: number; readonly producer: number; readonly n: number }
  | {
      readonly kind: 'receive'
      readonly atMs: number
      readonly consumer: number
      readonly producer: number
      readonly n: number
      readonly redelivered: boolean
    }
  /** A connection was lost (and perhaps resumed): `party` is 'producer-0', 'consumer-1'. */
  | { readonly kind: 'interrupted'; readonly atMs: number; readonly party: string }
  | { readonly kind: 'resumed'; readonly atMs: number; readonly party: string }

/**
 * A consumer may log a receipt this much later than its connection's thread logs the loss of the
 * connection that brought the message.
 */
const INTERRUPTION_GRACE_MS = 500

/** 'producer:number', as the message carries it. */
export type MessageName = string

export interface TotalQueueVerdict {
  readonly sent: number
  readonly confirmed: number
  /** Sends whose outcome nobody knows; such a message may appear or not. */
  readonly unknown: number
  /** Different messages received. */
  readonly received: number
  /** Confirmed and never received. */
  readonly lost: readonly MessageName[]
  /** Received and not sent, or not yet. */
  readonly unexpected: readonly MessageName[]
  /** Receipts after the first that carry the redelivered flag and follow a lost connection. */
  readonly redeliveries: number
  /** Receipts after the first that only a send repeated with unknown outcome explains. */
  readonly resends: number
  /** Receipts after the first that nothing explains. */
  readonly unexplained: readonly string[]
  /** First deliveries that one consumer saw in another order than their producer sent them. */
  readonly disorder: readonly string[]
}

interface MessageHistory {
  readonly name: MessageName
  invokedMs: number | null
  outcome: 'pending' | 'ok' | 'fail'
  /** The producer lost its connection while the send was pending, so the client sent it again. */
  resent: boolean
  receipts: number
  /** Receipts without the redelivered flag: one, if all is well. */
  unflagged: number
  resendsSeen: number
  lastReceiptMs: number
}

interface Progress {
  readonly messages: Map<MessageName, MessageHistory>
  readonly pendingOf: Map<number, Set<MessageHistory>>
  /** The highest first-delivered number for each producer and consumer. */
  readonly seen: Map<string, number>
  readonly unexpected: Set<MessageName>
  lastInterruptionMs: number
  redeliveries: number
  resends: number
  readonly unexplained: string[]
  readonly disorder: string[]
}

function nameOf(event: { readonly producer: number; readonly n: number }): MessageName {
  return `${event.producer}:${event.n}`
}

function historyOf(progress: Progress, name: MessageName): MessageHistory {
  let history = progress.messages.get(name)
  if (history === undefined) {
    history = {
      name,
      invokedMs: null,
      outcome: 'pending',
      resent: false,
      receipts: 0,
      unflagged: 0,
      resendsSeen: 0,
      lastReceiptMs: 0,
    }
    progress.messages.set(name, history)
  }
  return history
}

function pendingOf(progress: Progress, producer: number): Set<MessageHistory> {
  let pending = progress.pendingOf.get(producer)
  if (pending === undefined) progress.pendingOf.set(producer, (pending = new Set()))
  return pending
}

function onReceive(progress: Progress, event: QueueEvent & { kind: 'receive' }): void {
  const name = nameOf(event)
  const history = historyOf(progress, name)
  if (history.invokedMs === null) progress.unexpected.add(name)
  history.receipts++
  if (!event.redelivered) history.unflagged++
  if (history.receipts > 1) {
    const afterInterruption =
      progress.lastInterruptionMs >= history.lastReceiptMs - INTERRUPTION_GRACE_MS
    // A consumer may have been handed a message just before its connection was lost, and say so
    // only after another got it again: then the first delivery is the second receipt.
    const isFirstDelivery = !event.redelivered && history.unflagged === 1
    if ((event.redelivered || isFirstDelivery) && afterInterruption) {
      progress.redeliveries++
    } else if ((history.resent || history.outcome === 'fail') && history.resendsSeen === 0) {
      // One repeated send makes one second copy, and no more.
      history.resendsSeen++
      progress.resends++
    } else {
      const why = event.redelivered ? 'no connection was lost since' : 'not flagged redelivered'
      progress.unexplained.push(`${name} receipt ${history.receipts}: ${why}`)
    }
  } else if (!event.redelivered) {
    const lane = `${event.producer}>${event.consumer}`
    const before = progress.seen.get(lane) ?? -1
    if (event.n < before) {
      progress.disorder.push(`consumer ${event.consumer} saw ${name} after number ${before}`)
    } else {
      progress.seen.set(lane, event.n)
    }
  }
  history.lastReceiptMs = event.atMs
}

function onInterrupted(progress: Progress, event: QueueEvent & { kind: 'interrupted' }): void {
  progress.lastInterruptionMs = event.atMs
  const producer = /^producer-(\d+)$/.exec(event.party)?.[1]
  if (producer === undefined) return
  for (const history of pendingOf(progress, Number(producer))) history.resent = true
}

function apply(progress: Progress, event: QueueEvent): void {
  switch (event.kind) {
    case 'invoke': {
      const history = historyOf(progress, nameOf(event))
      history.invokedMs = event.atMs
      pendingOf(progress, event.producer).add(history)
      return
    }
    case 'ok':
    case 'fail': {
      const history = historyOf(progress, nameOf(event))
      history.outcome = event.kind
      pendingOf(progress, event.producer).delete(history)
      return
    }
    case 'receive':
      return onReceive(progress, event)
    case 'interrupted':
      return onInterrupted(progress, event)
    case 'resumed':
      return
  }
}

/**
 * Judges the history of one queue that was drained at the end: every confirmed message was
 * received, nothing was received that nobody sent, every further receipt of a message is explained,
 * and each consumer saw each producer's first deliveries in the order they were sent.
 *
 * A message that was never confirmed may be received or not. A redelivery is explained by its flag
 * together with a connection lost since the receipt before; anything else is a duplicate that the
 * queue made up, unless a client repeated a send of unknown outcome - which a broker that remembers
 * producer sequences stores once, so that those are counted on their own.
 */
export function checkTotalQueue(events: readonly QueueEvent[]): TotalQueueVerdict {
  const progress: Progress = {
    messages: new Map(),
    pendingOf: new Map(),
    seen: new Map(),
    unexpected: new Set(),
    lastInterruptionMs: -Infinity,
    redeliveries: 0,
    resends: 0,
    unexplained: [],
    disorder: [],
  }
  for (const event of events) apply(progress, event)
  const all = [...progress.messages.values()]
  const sent = all.filter((message) => message.invokedMs !== null)
  const confirmed = sent.filter((message) => message.outcome === 'ok')
  return {
    sent: sent.length,
    confirmed: confirmed.length,
    unknown: sent.length - confirmed.length,
    received: all.filter((message) => message.receipts > 0).length,
    lost: confirmed.filter((message) => message.receipts === 0).map((message) => message.name),
    unexpected: [...progress.unexpected],
    redeliveries: progress.redeliveries,
    resends: progress.resends,
    unexplained: progress.unexplained,
    disorder: progress.disorder,
  }
}

const SHOWN = 10

function shown(label: string, names: readonly string[]): string[] {
  if (names.length === 0) return []
  const more = names.length > SHOWN ? `, and ${names.length - SHOWN} more` : ''
  return [`${label} (${names.length}): ${names.slice(0, SHOWN).join(', ')}${more}`]
}

/** One line a violation; empty when the history is sound. */
export function violations(verdict: TotalQueueVerdict): string[] {
  return [
    ...shown('lost', verdict.lost),
    ...shown('unexpected', verdict.unexpected),
    ...shown('received more often than explained', verdict.unexplained),
    ...shown('out of order', verdict.disorder),
    ...(verdict.resends > 0 ? [`stored twice: ${verdict.resends} repeated sends`] : []),
  ]
}
