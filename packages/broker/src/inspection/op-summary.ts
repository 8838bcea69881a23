import { formatDestination } from '@quorate/core/model/destination'
import type { CopiesOp, LogOp, MessageOp, SubscriptionAddedOp } from '../store/log-op.ts'
import type { ListNames } from './list-names.ts'
import { nameOfSubscription } from './list-names.ts'

/** An operation of the log with names in place of numbers, and without its body. */
export interface OpSummary {
  readonly kind: LogOp['kind']
  /** What it does, in words. */
  readonly words: string
  /** Destinations and durable subscriptions that it concerns. */
  readonly lists: readonly string[]
  /** Of the body of a message, or of all that are copied. */
  readonly bodyBytes?: number
  /** The beginning of the body, when it was asked for; what cannot be printed is a dot. */
  readonly body?: string
  /** Of an acknowledgement, a redelivery or copies. */
  readonly messages?: MessagesSummary
  /** Of a transaction. */
  readonly operations?: readonly OpSummary[]
}

/** How many messages, and by their sequences the first and the last, when there are any. */
export interface MessagesSummary {
  readonly count: number
  readonly first?: number
  readonly last?: number
}

/** Bytes of a body that are shown. */
const BODY_SHOWN_MAX = 80
/** Operations of a transaction that are put into words; the others are counted. */
const OPERATIONS_TOLD_MAX = 20
/** Lists that copied messages wait in and that are put into words; the others are counted. */
const LISTS_TOLD_MAX = 5

export interface SummaryOptions {
  readonly names: ListNames
  readonly bodies: boolean
}

export function summarizeOp(op: LogOp, options: SummaryOptions): OpSummary {
  const { names } = options
  switch (op.kind) {
    case 'message':
      return summarizeMessage(op, options)
    case 'acknowledge':
    case 'redelivered':
      return summarizeSequences(op, names)
    case 'producer':
      return told(op.kind, `introduce producer ${op.id} "${op.name}"`)
    case 'destination-added': {
      const name = formatDestination(op.destination)
      return told(op.kind, `add ${name} as number ${op.id}`, name)
    }
    case 'destination-removed':
    case 'subscription-removed':
      return told(op.kind, `remove ${names.list(op.id)}`, names.list(op.id))
    case 'subscription-added':
      return summarizeSubscription(op, names)
    case 'copies':
      return summarizeCopies(op, names)
    case 'log-start':
      return told(op.kind, `nothing before record ${op.index} is needed any more`)
    case 'transaction': {
      const operations = op.ops.map((nested) => summarizeOp(nested, options))
      const shown = operations.slice(0, OPERATIONS_TOLD_MAX).map(({ words }) => words)
      const more = operations.length - shown.length
      const all = more > 0 ? [...shown, `${more} more`] : shown
      const name = op.id === '' ? 'transaction' : `transaction "${op.id}"`
      const words = `${name}: ${all.length === 0 ? 'nothing' : all.join('; ')}`
      return { ...told(op.kind, words), operations }
    }
  }
}

function told(kind: OpSummary['kind'], words: string, ...lists: string[]): OpSummary {
  return { kind, words, lists }
}

function summarizeMessage(op: MessageOp, { names, bodies }: SummaryOptions): OpSummary {
  const lists = op.lists.map((id) => names.list(id))
  const where = lists.length === 0 ? 'nowhere' : lists.join(', ')
  const facts = [
    op.priority === 4 ? '' : `priority ${op.priority}`,
    op.producer === 0 ? '' : `from ${names.producer(op.producer)} #${op.producerSequence}`,
    op.expirationMs === 0 ? '' : `expires ${isoOrNumber(op.expirationMs)}`,
    op.redeliveries === 0 ? '' : `${op.redeliveries} failed deliveries`,
  ].filter((fact) => fact !== '')
  const body = bodies ? shownBody(op.body) : undefined
  const words = [`store ${op.body.length} bytes to ${where}`, ...facts].join(', ')
  return {
    ...told(op.kind, body === undefined ? words : `${words}: ${body}`, ...lists),
    bodyBytes: op.body.length,
    ...(body === undefined ? {} : { body }),
  }
}

function summarizeSequences(
  op: Extract<LogOp, { readonly sequences: readonly number[] }>,
  names: ListNames,
): OpSummary {
  const messages = summarizeMessages(op.sequences)
  const which = whichOf(messages)
  const list = names.list(op.list)
  const words =
    op.kind === 'acknowledge'
      ? `acknowledge ${which} of ${list}`
      : `count a failed delivery of ${which} of ${list}`
  return { ...told(op.kind, words, list), messages }
}

function summarizeCopies({ messages }: CopiesOp, names: ListNames): OpSummary {
  const ids = new Set(messages.flatMap(({ lists }) => lists.map(({ list }) => list)))
  const lists = [...ids].map((id) => names.list(id))
  const shown = lists.slice(0, LISTS_TOLD_MAX)
  if (lists.length > shown.length) shown.push(`${lists.length - shown.length} more`)
  const where = lists.length === 0 ? '' : ` of ${shown.join(', ')}`
  // None are left when all were consumed between the search for them and the record.
  const copied = summarizeMessages(messages.map(({ sequence }) => sequence))
  const bodyBytes = messages.reduce((sum, { body }) => sum + body.length, 0)
  const words = `copy ${whichOf(copied)}${where} out of older segments, ${bodyBytes} bytes`
  return { ...told('copies', words, ...lists), bodyBytes, messages: copied }
}

function summarizeMessages(sequences: readonly number[]): MessagesSummary {
  const count = sequences.length
  if (count === 0) return { count }
  let [first, last] = [Infinity, 0]
  for (const sequence of sequences) {
    first = Math.min(first, sequence)
    last = Math.max(last, sequence)
  }
  return { count, first, last }
}

function whichOf({ count, first, last }: MessagesSummary): string {
  if (count === 0) return 'no message'
  return count === 1 ? `message ${first}` : `${count} messages (${first} to ${last})`
}

function summarizeSubscription(op: SubscriptionAddedOp, names: ListNames): OpSummary {
  const name = nameOfSubscription(op, names.list(op.topic))
  const selector = op.selector === '' ? '' : `, selector "${op.selector}"`
  const noLocal = op.noLocal ? ', no local' : ''
  return told(op.kind, `add ${name} as number ${op.id}${selector}${noLocal}`, name)
}

/** A date that cannot be one is shown as the number that stands there. */
function isoOrNumber(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString()
}

function shownBody(body: Buffer): string {
  const shown = body.subarray(0, BODY_SHOWN_MAX)
  const text = shown.toString('latin1').replaceAll(/[^\u0020-\u007e]/g, '.')
  return `"${text}"${body.length > shown.length ? '...' : ''}`
}
