import type * as ev from '../../support/history/events.ts'
import {
  confirmationOf,
  fateOf,
  indexHistory,
  receiptsIn,
} from '../../support/history/history-index.ts'
import type { HistoryIndex, Receipt } from '../../support/history/history-index.ts'
import type { CheckName } from '../../support/history/violation.ts'
import { LANE } from './model-broker.ts'

export interface Sound {
  readonly events: readonly ev.HistoryEvent[]
  readonly index: HistoryIndex
  /** Any of them. */
  readonly pick: <T>(all: readonly T[]) => T | undefined
}

export interface Corruption {
  readonly title: string
  readonly check: CheckName
  /** A history with one thing wrong; null where there is nothing to do it to. */
  readonly of: (sound: Sound) => readonly ev.HistoryEvent[] | null
}

export function soundOf(events: readonly ev.HistoryEvent[], victim: number): Sound {
  const index = indexHistory(events, { graceMs: 500, noticeMs: 500, takeoverNoticeMs: 500 })
  return { events, index, pick: (all) => all[victim % all.length] }
}

function without(sound: Sound, gone: readonly ev.HistoryEvent[]): ev.HistoryEvent[] {
  return sound.events.filter((event) => !gone.includes(event))
}

export function replaced(
  sound: Sound,
  old: ev.HistoryEvent,
  ...by: readonly ev.HistoryEvent[]
): ev.HistoryEvent[] {
  return sound.events.flatMap((event) => (event === old ? by : [event]))
}

function beforeDrained(sound: Sound, ...added: readonly ev.HistoryEvent[]): ev.HistoryEvent[] {
  return [...sound.events.slice(0, -1), ...added, ...sound.events.slice(-1)]
}

const isQueue = ({ event }: Receipt): boolean => event.destination.startsWith('queue:')

/** Receipts that are their message's only one there. */
function onlyReceipts({ index }: Sound): Receipt[] {
  return index.receipts.filter(
    ({ source, event }) => receiptsIn(index, source, event.message).length === 1,
  )
}

function isConfirmed({ index }: Sound, { event }: Receipt): boolean {
  const sent = index.sent.get(event.message)
  return sent !== undefined && confirmationOf(index, sent) !== null
}

/** The acknowledgement of that one receipt, with its outcome, and nothing else. */
function acknowledgementOf({ index }: Sound, receipt: Receipt): ev.HistoryEvent[] | null {
  const all = index.acknowledgements.filter(
    ({ message, source }) => message === receipt.event.message && source === receipt.source,
  )
  const [one, more] = all
  if (one?.op == null || one.tx !== null || more !== undefined) return null
  const { op } = one
  const covered = index.acknowledgements.filter((other) => other.op === op)
  return covered.length === 1 && op.end !== null ? [op.invoke, op.end] : null
}

/**
 * Deliveries that a lost connection ended and another delivery followed, acknowledged on its own.
 */
function takenOver(sound: Sound): { readonly first: Receipt; readonly later: ev.HistoryEvent[] }[] {
  const { index } = sound
  return index.receipts.flatMap((first) => {
    const { client, message, tx } = first.event
    const [one, second, more] = receiptsIn(index, first.source, message)
    if (one !== first || second === undefined || more !== undefined) return []
    const acknowledgement = acknowledgementOf(sound, second)
    const isTold = index.acknowledgements.some(
      (other) => other.receipt.event.consumer === first.event.consumer && other.message !== message,
    )
    const isLost = index.connections.wasLostBetween(client, first.at, second.at)
    if (acknowledgement === null || !isTold || !isLost || tx !== undefined) return []
    return isConfirmed(sound, first) ? [{ first, later: [second.event, ...acknowledgement] }] : []
  })
}

const losses: readonly Corruption[] = [
  {
    title: 'a confirmed message of a queue that nobody received',
    check: 'C1',
    of: (sound) => {
      const all = onlyReceipts(sound).filter((one) => isQueue(one) && isConfirmed(sound, one))
      const victim = sound.pick(all)
      return victim === undefined ? null : without(sound, [victim.event])
    },
  },
  {
    title: 'a delivery that was lost with its connection and not made again',
    check: 'C1',
    of: (sound) => {
      const victim = sound.pick(takenOver(sound).filter(({ first }) => isQueue(first)))
      return victim === undefined ? null : without(sound, victim.later)
    },
  },
  {
    title: 'a confirmed message that did not reach a durable subscription',
    check: 'C7',
    of: (sound) => {
      const all = onlyReceipts(sound).filter(
        (one) => one.source === 'reader/endless' && isConfirmed(sound, one),
      )
      const victim = sound.pick(all)
      return victim === undefined ? null : without(sound, [victim.event])
    },
  },
  {
    title: 'a message that reaches a subscription made after it was confirmed',
    check: 'C7',
    of: (sound) => {
      const period = sound.pick(sound.index.subscriptions.slice(2))
      const early = sound.index.receipts.filter(
        ({ at, source, event }) =>
          period !== undefined &&
          source === 'reader/endless' &&
          at < period.notBefore &&
          receiptsIn(sound.index, 'reader/brief', event.message).length === 0,
      )
      const victim = sound.pick(early.filter((one) => isConfirmed(sound, one)))
      if (victim === undefined) return null
      const who = { client: 'reader-1', consumer: 'reader-1', subscription: 'reader/brief' }
      const atMs = sound.events.at(-1)?.atMs ?? 0
      return beforeDrained(sound, { ...victim.event, ...who, atMs })
    },
  },
  {
    title: 'a history that was not drained',
    check: 'C1',
    of: (sound) => {
      if (sound.index.sent.size === 0) return null
      return sound.events.filter((event) => event.kind !== 'drained')
    },
  },
]

function firstDelivery({ event }: Receipt): boolean {
  return !event.redelivered
}

const inventions: readonly Corruption[] = [
  {
    title: 'a message that nobody sent',
    check: 'C2',
    of: (sound) => {
      const victim = sound.pick(sound.index.receipts)?.event
      return victim === undefined
        ? null
        : replaced(sound, victim, victim, { ...victim, message: 'p7:7' })
    },
  },
  {
    title: 'a message whose send had failed',
    check: 'C2',
    of: (sound) => {
      const all = onlyReceipts(sound).flatMap(({ event }) => {
        const send = sound.index.sent.get(event.message)?.sends[0]
        return send?.end == null ? [] : [send.end]
      })
      const victim = sound.pick(all)
      return victim === undefined ? null : replaced(sound, victim, { ...victim, kind: 'fail' })
    },
  },
  {
    title: 'a message before it was sent',
    check: 'C2',
    of: (sound) => {
      const victim = sound.pick(sound.index.receipts)?.event
      if (victim === undefined) return null
      return [{ ...victim, atMs: 0 }, ...without(sound, [victim])]
    },
  },
  {
    title: 'a message in a queue that it was not sent to',
    check: 'C2',
    of: (sound) => {
      const victim = sound.pick(sound.index.receipts)?.event
      if (victim === undefined) return null
      return replaced(sound, victim, { ...victim, destination: 'queue://else' })
    },
  },
]

const duplicates: readonly Corruption[] = [
  {
    title: 'a second receipt that is not flagged',
    check: 'C2',
    of: (sound) => {
      const victim = sound.pick(sound.index.receipts.filter(firstDelivery))?.event
      return victim === undefined ? null : replaced(sound, victim, victim, victim)
    },
  },
  {
    title: 'a second receipt that lost its flag',
    check: 'C2',
    of: (sound) => {
      const { index } = sound
      const all = index.receipts.filter(({ source, event }) => {
        const [first] = receiptsIn(index, source, event.message)
        return event.redelivered && first?.event.redelivered === false
      })
      const victim = sound.pick(all)?.event
      if (victim === undefined) return null
      return replaced(sound, victim, { ...victim, redelivered: false })
    },
  },
  {
    title: 'a flagged receipt that nothing explains',
    check: 'C2',
    of: (sound) => {
      const { receipts, connections } = sound.index
      const told = receipts.filter(
        ({ at, event }) => !connections.wasLostBetween(event.client, at, at + 1),
      )
      const victim = sound.pick(told)?.event
      if (victim === undefined) return null
      return replaced(sound, victim, victim, { ...victim, redelivered: true })
    },
  },
  {
    title: 'a second copy of a message that was sent again',
    check: 'C2',
    of: (sound) => {
      const { index } = sound
      const all = index.receipts.filter(({ event, source }) => {
        const send = index.sent.get(event.message)?.sends[0]
        if (send === undefined || event.redelivered || source === LANE) return false
        return index.connections.wasLostBetween(send.invoke.client, send.at, send.endAt)
      })
      const victim = sound.pick(all)?.event
      const atMs = sound.events.at(-1)?.atMs ?? 0
      return victim === undefined ? null : beforeDrained(sound, { ...victim, atMs })
    },
  },
]

const orders: readonly Corruption[] = [
  {
    title: 'two first deliveries in the wrong order',
    check: 'C3',
    of: (sound) => {
      const firsts = onlyReceipts(sound).filter(firstDelivery)
      const pairs = firsts.flatMap((one) => {
        const producer = one.event.message.split(':')[0]
        const other = firsts.find(
          ({ at, source, event }) =>
            at > one.at &&
            source === one.source &&
            event.consumer === one.event.consumer &&
            event.message.split(':')[0] === producer,
        )
        return other === undefined ? [] : [[one.event, other.event] as const]
      })
      const pair = sound.pick(pairs)
      if (pair === undefined) return null
      const [one, other] = pair
      return sound.events.map((event) => {
        if (event === one) return { ...one, message: other.message }
        return event === other ? { ...other, message: one.message } : event
      })
    },
  },
]

function again(sound: Sound, event: ev.Receive, by: string): ev.Receive {
  const { tx, ...rest } = event
  const atMs = sound.events.at(-1)?.atMs ?? 0
  // Outside of the transaction that had it.
  void tx
  return { ...rest, client: by, consumer: by, redelivered: true, atMs }
}

const resurrections: readonly Corruption[] = [
  {
    title: 'a message that comes back after its acknowledgement was confirmed',
    check: 'C4',
    of: (sound) => {
      const { connections, acknowledgements } = sound.index
      const final = acknowledgements.filter(({ op, receipt }) => {
        const { client } = receipt.event
        if (op?.outcome !== 'ok' || op.call.tx !== undefined) return false
        return !connections.wasLostBetween(client, receipt.at, op.endAt)
      })
      const victim = sound.pick(final)?.receipt.event
      if (victim === undefined) return null
      return beforeDrained(sound, again(sound, victim, victim.consumer))
    },
  },
  {
    title: 'a message that comes back after a committed transaction acknowledged it',
    check: 'C4',
    of: (sound) => {
      const { transactions, acknowledgements } = sound.index
      const committed = acknowledgements.filter(({ tx }) => {
        const transaction = tx === null ? undefined : transactions.get(tx)
        return transaction !== undefined && fateOf(transaction) === 'committed'
      })
      const victim = sound.pick(committed)?.receipt.event
      return victim === undefined ? null : beforeDrained(sound, again(sound, victim, 'consumer-0'))
    },
  },
]

/** Sends of transactions of this fate, with their receipts in queues. */
function sendsOf(
  { index }: Sound,
  fate: ReturnType<typeof fateOf>,
): { readonly send: ev.SendCall; readonly receipts: readonly Receipt[] }[] {
  return [...index.transactions.values()]
    .filter((transaction) => fateOf(transaction) === fate)
    .flatMap(({ sends }) => sends.map(({ call }) => call))
    .filter((send) => send.destination.startsWith('queue:'))
    .map((send) => ({ send, receipts: receiptsIn(index, send.destination, send.message) }))
}

const splits: readonly Corruption[] = [
  {
    title: 'a committed transaction of which one message is missing',
    check: 'C5',
    of: (sound) => {
      const victim = sound.pick(sendsOf(sound, 'committed').filter((one) => one.receipts.length))
      return victim === undefined
        ? null
        : without(
            sound,
            victim.receipts.map((receipt) => receipt.event),
          )
    },
  },
  {
    title: 'a message of a transaction that was rolled back',
    check: 'C5',
    of: (sound) => {
      const victim = sound.pick(sendsOf(sound, 'rolledBack'))?.send
      if (victim === undefined) return null
      const { message, destination } = victim
      const atMs = sound.events.at(-1)?.atMs ?? 0
      const who = { client: 'consumer-0', consumer: 'consumer-0', redelivered: false }
      return beforeDrained(sound, { kind: 'receive', atMs, message, destination, ...who })
    },
  },
  {
    title: 'a message of a transaction before its commit',
    check: 'C5',
    of: (sound) => {
      const [one] = sound.pick(sendsOf(sound, 'committed'))?.receipts ?? []
      const send = one && sound.index.sent.get(one.event.message)?.sends[0]
      if (one === undefined || send?.end == null) return null
      const early = { ...one.event, atMs: send.end.atMs }
      const rest = { ...soundOf(without(sound, [one.event]), 0), pick: sound.pick }
      return replaced(rest, send.end, send.end, early)
    },
  },
  {
    title: 'a transaction of unknown commit of which a part came',
    check: 'C5',
    of: (sound) => {
      const { index } = sound
      const wholes = sendsOf(sound, 'unknown').filter(({ send, receipts }) => {
        const sends = index.transactions.get(send.tx ?? '')?.sends ?? []
        return receipts.length > 0 && sends.length > 1
      })
      const victim = sound.pick(wholes)
      return victim === undefined
        ? null
        : without(
            sound,
            victim.receipts.map((receipt) => receipt.event),
          )
    },
  },
  {
    title: 'a transaction of unknown commit that both sent and gave back',
    check: 'C5',
    of: (sound) => {
      const { index } = sound
      const all = index.acknowledgements.filter(({ tx, source, message, receipt }) => {
        const came = sendsOf(sound, 'unknown').some(
          ({ send, receipts }) => send.tx === tx && receipts.length > 0,
        )
        return came && receiptsIn(index, source, message).at(-1) === receipt
      })
      const victim = sound.pick(all)?.receipt.event
      return victim === undefined ? null : beforeDrained(sound, again(sound, victim, 'worker'))
    },
  },
  {
    title: 'an acknowledgement that was rolled back and did not return',
    check: 'C5',
    of: (sound) => {
      const { index } = sound
      const all = index.acknowledgements.filter(({ tx }) => {
        const transaction = tx === null ? undefined : index.transactions.get(tx)
        return transaction !== undefined && fateOf(transaction) === 'rolledBack'
      })
      const victim = sound.pick(all)
      if (victim === undefined) return null
      const later = receiptsIn(index, victim.source, victim.message).filter(
        (receipt) => receipt.at > victim.receipt.at,
      )
      return without(
        sound,
        later.map((receipt) => receipt.event),
      )
    },
  },
]

const marks: readonly Corruption[] = [
  {
    title: 'a second receiver while the first holds the queue',
    check: 'C6',
    of: (sound) => {
      const lane = sound.index.receipts.filter(({ source }) => source === LANE)
      const held = lane.filter((one, at) => {
        const next = lane[at + 1]
        const { client, consumer } = one.event
        const closes = sound.index.closed.get(consumer) ?? []
        return (
          next?.event.consumer === consumer &&
          lane[at - 1]?.event.consumer === consumer &&
          !closes.some(({ at: closed }) => closed > (lane[at - 1]?.at ?? 0) && closed < next.at) &&
          !sound.index.connections.wasLostBetween(client, lane[at - 1]?.at ?? 0, next.at)
        )
      })
      const victim = sound.pick(held)?.event
      if (victim === undefined) return null
      const other = victim.consumer === 'lane-0' ? 'lane-1' : 'lane-0'
      return replaced(sound, victim, { ...victim, client: other, consumer: other })
    },
  },
  {
    title: 'two leaders of one epoch',
    check: 'C9',
    of: (sound) => {
      const victim = sound.pick(sound.events.filter((event) => event.kind === 'elected'))
      return victim === undefined ? null : replaced(sound, victim, victim, { ...victim, node: 'x' })
    },
  },
  {
    title: 'a send that waits for a minute while nothing is broken',
    check: 'C10',
    of: (sound) => {
      const all = sound.index.operations.filter(
        ({ call, outcome }) => call.type === 'send' && call.tx === undefined && outcome === 'ok',
      )
      const victim = sound.pick(all)
      if (victim === undefined) return null
      return sound.events.map((event, at) =>
        at > victim.at ? { ...event, atMs: event.atMs + 60_000 } : event,
      )
    },
  },
]

export const corruptions: readonly Corruption[] = [
  ...losses,
  ...inventions,
  ...duplicates,
  ...orders,
  ...resurrections,
  ...splits,
  ...marks,
]
