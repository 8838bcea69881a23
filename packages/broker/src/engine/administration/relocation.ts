import { BrokerError } from '@quorate/core/base/errors'
import { isTemporary } from '@quorate/core/model/destination'
import type { DestinationName } from '@quorate/core/model/destination'
import type { Message } from '../client.ts'
import type { Queue } from '../destination/queue.ts'
import { Entry } from '../dispatch/entry.ts'
import { ADMINISTERED_BYTES_PER_RECORD_MAX } from '../policy/limits.ts'
import { Shipment } from '../routing.ts'
import { transactionOp } from '../transaction/transaction.ts'
import { fetchBodies } from '../dispatch/bodies.ts'
import { checkCount, commitErrand } from './errand.ts'
import type { Errand } from './errand.ts'

export interface RelocationWords {
  readonly from: Queue
  readonly to: DestinationName
  readonly sequences: readonly number[]
}

/**
 * Moves these stored messages, as far as they wait. They leave the one list and join the others in
 * one record: each is always in exactly one of the two. Returns how many; a refusal comes through
 * the client, and all of them wait where they did.
 */
export function moveMessages(errand: Errand, { from, to, sequences }: RelocationWords): number {
  check(errand, to, sequences)
  const entries = from.backlog.withdraw(sequences)
  const back = (): void => from.backlog.giveBack(entries)
  load(errand, entries, back, (bodies) => {
    if (from.removing) throw gone()
    const shipments = shipmentsOf(errand, { from, to }, entries, bodies)
    for (const entry of entries) from.backlog.leave(entry)
    const places = entries.map(({ place }) => place)
    ship(errand, from, shipments, places)
  })
  return entries.length
}

/** Copies these stored messages, whoever has them. */
export function copyMessages(errand: Errand, { from, to, sequences }: RelocationWords): number {
  check(errand, to, sequences)
  const list = from.backlog.storedList()
  const stored = [...new Set(sequences)].sort((a, b) => a - b).map((each) => list?.get(each))
  const entries = stored.filter((each) => each !== undefined).map((each) => Entry.ofStored(each))
  load(
    errand,
    entries,
    () => undefined,
    (bodies) => ship(errand, from, shipmentsOf(errand, { from, to }, entries, bodies), []),
  )
  return entries.length
}

/** All or nothing, and everything that can be wrong is found before anything is changed. */
function check({ core, router }: Errand, to: DestinationName, sequences: readonly number[]): void {
  checkCount(sequences)
  if (core.flow.isUncommittedFull) {
    throw new BrokerError('RESOURCE_LIMIT', 'Too much is not committed yet; try again.')
  }
  if (isTemporary(to.kind)) {
    const why = 'Messages that are stored cannot go to a temporary destination.'
    throw new BrokerError('INVALID_DESTINATION', why)
  }
  router.route(to)
}

function load(
  errand: Errand,
  entries: readonly Entry[],
  undo: () => void,
  done: (bodies: readonly Buffer[]) => void,
): void {
  const { core, client, receipt } = errand
  const finish = (bodies: readonly (Buffer | null)[]): void => {
    try {
      const present = bodies.filter((body) => body !== null)
      // A list that was removed meanwhile.
      if (present.length < entries.length) throw gone()
      done(present)
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error
      undo()
      client.reject(receipt, error)
    }
  }
  const bytes = entries.reduce((sum, { length }) => sum + length, 0)
  if (entries.length > 1 && bytes > ADMINISTERED_BYTES_PER_RECORD_MAX) {
    undo()
    throw new BrokerError('RESOURCE_LIMIT', 'The messages are too large for one operation.', {
      details: { bytes, mostBytes: ADMINISTERED_BYTES_PER_RECORD_MAX },
    })
  }
  fetchBodies(core.store, entries, finish)
}

function shipmentsOf(
  { core, client, router }: Errand,
  { from, to }: Pick<RelocationWords, 'from' | 'to'>,
  entries: readonly Entry[],
  bodies: readonly Buffer[],
): Shipment[] {
  const route = router.route(to)
  const shipments = entries.map((entry, i) => {
    const body = bodies[i] ?? Buffer.alloc(0)
    const resent = core.editor.resend(body, { from: from.destination, to })
    return new Shipment(messageOf(entry, to, resent), route, client)
  })
  for (const shipment of shipments) {
    const lack = shipment.lack(core.flow)
    if (lack === null) continue
    throw new BrokerError('RESOURCE_LIMIT', `There is no room at present: ${lack.reason}.`)
  }
  return shipments
}

function ship(
  errand: Errand,
  from: Queue,
  shipments: readonly Shipment[],
  places: readonly number[],
): void {
  const held = shipments.map((shipment) => ({ shipment, producer: null }))
  const op = transactionOp('', held, new Map(places.length === 0 ? [] : [[from.backlog, places]]))
  const bytes = shipments.reduce((sum, { message }) => sum + message.body.length, 0)
  commitErrand(errand, { op, shipments, from: from.backlog, places, bytes })
}

function messageOf(entry: Entry, destination: DestinationName, body: Buffer): Message {
  return {
    producer: '',
    producerSequence: 0,
    destination,
    persistent: true,
    priority: entry.priority,
    expirationMs: entry.expirationMs,
    body,
    paced: true,
    decoded: undefined,
  }
}

function gone(): BrokerError {
  return new BrokerError('INVALID_DESTINATION', 'The messages have left the queue meanwhile.')
}
