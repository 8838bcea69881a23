import { Connections } from './connections.ts'
import type { Moment, Slack } from './connections.ts'
import { resolveAcknowledgements } from './acknowledgements.ts'
import type { Acknowledgement } from './acknowledgements.ts'
import type * as ev from './events.ts'
import { subscriptionPeriods } from './subscription-periods.ts'
import type { SubscriptionPeriod } from './subscription-periods.ts'
import type { Subject } from './violation.ts'

/** A call with its outcome; one without outcome is unknown and never ends. */
export interface Operation<C extends ev.Call = ev.Call> {
  readonly call: C
  readonly invoke: ev.Invoke
  readonly at: number
  outcome: 'ok' | 'fail' | 'unknown'
  end: ev.Outcome | null
  endAt: number
}

export interface Receipt extends Moment {
  readonly event: ev.Receive
  readonly source: ev.SourceName
}

export interface SentMessage {
  readonly name: ev.MessageName
  readonly destination: ev.DestinationName
  readonly sends: Operation<ev.SendCall>[]
}

export interface Transaction {
  readonly name: ev.TransactionName
  readonly sends: Operation<ev.SendCall>[]
  readonly commits: Operation<ev.CommitCall>[]
  readonly rollbacks: Operation<ev.RollbackCall>[]
}

/** What several checkers look up in one history. Positions are indices into `events`. */
export interface HistoryIndex {
  readonly events: readonly ev.HistoryEvent[]
  readonly operations: readonly Operation[]
  readonly connections: Connections
  readonly sent: ReadonlyMap<ev.MessageName, SentMessage>
  readonly receipts: readonly Receipt[]
  readonly received: ReadonlyMap<ev.SourceName, ReadonlyMap<ev.MessageName, readonly Receipt[]>>
  readonly transactions: ReadonlyMap<ev.TransactionName, Transaction>
  readonly acknowledgements: readonly Acknowledgement[]
  /** The transaction that acknowledges this delivery, or would have. */
  readonly transactionOf: ReadonlyMap<Receipt, ev.TransactionName>
  readonly subscriptions: readonly SubscriptionPeriod[]
  readonly closed: ReadonlyMap<ev.ConsumerName, readonly Operation<ev.CloseCall>[]>
  /** Where `drained` stands. */
  readonly drains: readonly number[]
}

/** Each consumer of a topic that is not a durable subscription gets a copy of its own. */
export function sourceOf(event: ev.Receive): ev.SourceName {
  if (event.subscription !== undefined) return event.subscription
  return event.destination.startsWith('topic:')
    ? `${event.destination} ${event.consumer}`
    : event.destination
}

export function subjectOf({ source, event }: Receipt): Subject {
  return { source, message: event.message }
}

/** Whether it happened: a commit that was tried and not answered may have. */
export function fateOf(transaction: Transaction): 'committed' | 'unknown' | 'rolledBack' {
  if (transaction.commits.some((commit) => commit.outcome === 'ok')) return 'committed'
  return transaction.commits.some((commit) => commit.outcome === 'unknown')
    ? 'unknown'
    : 'rolledBack'
}

export interface Confirmation {
  readonly op: Operation
  readonly send: Operation<ev.SendCall>
}

/** The call whose `ok` promised that this message is kept: the send, or its commit. */
export function confirmationOf(index: HistoryIndex, sent: SentMessage): Confirmation | null {
  for (const send of sent.sends) {
    if (send.outcome !== 'ok') continue
    if (send.call.tx === undefined) return { op: send, send }
    const commits = index.transactions.get(send.call.tx)?.commits
    const op = commits?.find((commit) => commit.outcome === 'ok')
    if (op !== undefined) return { op, send }
  }
  return null
}

function operationsOf(events: readonly ev.HistoryEvent[]): Operation[] {
  const operations: Operation[] = []
  const open = new Map<string, Operation>()
  for (const [at, event] of events.entries()) {
    if (event.kind === 'invoke') {
      const { call } = event
      const begun = { call, invoke: event, at, outcome: 'unknown', end: null, endAt: Infinity }
      open.set(`${event.client} ${event.op}`, begun as Operation)
      operations.push(begun as Operation)
    } else if (event.kind === 'ok' || event.kind === 'fail' || event.kind === 'unknown') {
      const operation = open.get(`${event.client} ${event.op}`)
      if (operation === undefined) throw new Error(`no such call: ${JSON.stringify(event)}`)
      Object.assign(operation, { outcome: event.kind, end: event, endAt: at })
    }
  }
  return operations
}

export function isCall<T extends ev.Call['type']>(
  operation: Operation,
  type: T,
): operation is Operation<Extract<ev.Call, { type: T }>> {
  return operation.call.type === type
}

export function inserted<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}

function sentMessages(operations: readonly Operation[]): Map<ev.MessageName, SentMessage> {
  const sent = new Map<ev.MessageName, SentMessage>()
  for (const operation of operations) {
    if (!isCall(operation, 'send')) continue
    const { message: name, destination } = operation.call
    inserted(sent, name, () => ({ name, destination, sends: [] })).sends.push(operation)
  }
  return sent
}

function transactionsOf(operations: readonly Operation[]): Map<ev.TransactionName, Transaction> {
  const all = new Map<ev.TransactionName, Transaction>()
  const named = (name: ev.TransactionName): Transaction =>
    inserted(all, name, () => ({ name, sends: [], commits: [], rollbacks: [] }))
  for (const operation of operations) {
    if (isCall(operation, 'commit')) named(operation.call.tx).commits.push(operation)
    else if (isCall(operation, 'rollback')) named(operation.call.tx).rollbacks.push(operation)
    else if (isCall(operation, 'send') && operation.call.tx !== undefined) {
      named(operation.call.tx).sends.push(operation)
    } else if (isCall(operation, 'ack') && operation.call.tx !== undefined) {
      named(operation.call.tx)
    }
  }
  return all
}

function receiptsOf(events: readonly ev.HistoryEvent[]): Receipt[] {
  const receipts: Receipt[] = []
  for (const [at, event] of events.entries()) {
    if (event.kind !== 'receive') continue
    receipts.push({ at, atMs: event.atMs, event, source: sourceOf(event) })
  }
  return receipts
}

export function indexHistory(events: readonly ev.HistoryEvent[], slack: Slack): HistoryIndex {
  const operations = operationsOf(events)
  const receipts = receiptsOf(events)
  const received = new Map<ev.SourceName, Map<ev.MessageName, Receipt[]>>()
  for (const receipt of receipts) {
    const ofSource = inserted(received, receipt.source, () => new Map<string, Receipt[]>())
    inserted(ofSource, receipt.event.message, () => []).push(receipt)
  }
  const closed = new Map<ev.ConsumerName, Operation<ev.CloseCall>[]>()
  for (const operation of operations) {
    if (isCall(operation, 'close')) {
      inserted(closed, operation.call.consumer, () => []).push(operation)
    }
  }
  const connections = new Connections(events, slack)
  const acknowledgements = resolveAcknowledgements(operations, receipts, connections)
  return {
    events,
    operations,
    connections,
    sent: sentMessages(operations),
    receipts,
    received,
    transactions: transactionsOf(operations),
    acknowledgements,
    transactionOf: new Map(
      acknowledgements.flatMap(({ receipt, tx }) => (tx === null ? [] : [[receipt, tx]])),
    ),
    subscriptions: subscriptionPeriods(operations),
    closed,
    drains: [...events.keys()].filter((at) => events[at]?.kind === 'drained'),
  }
}

const none: readonly Receipt[] = []

export function receiptsIn(
  index: HistoryIndex,
  source: ev.SourceName,
  message: ev.MessageName,
): readonly Receipt[] {
  return index.received.get(source)?.get(message) ?? none
}

/**
 * Whether `told` may have left the broker before `other` did, though it is told after it: the
 * broker says that `other` was not the first delivery, and `told` came over a connection that is
 * older than `other` and was lost - the broker knew it before the client.
 */
export function wasUnderWay(index: HistoryIndex, told: Receipt, other: Receipt): boolean {
  if (!other.event.redelivered || told.event.consumer === other.event.consumer) return false
  const { connections } = index
  return connections
    .candidates(told.event.client, told)
    .some((one) => one.began < other.at && connections.isLostBy(one, told))
}
