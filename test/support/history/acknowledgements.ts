import type { Connections } from './connections.ts'
import type * as ev from './events.ts'
import type { Operation, Receipt } from './history-index.ts'

/** One message that one acknowledgement covers. */
export interface Acknowledgement {
  readonly source: ev.SourceName
  readonly message: ev.MessageName
  /** The delivery that it answers. */
  readonly receipt: Receipt
  /** Null for a transacted session that acknowledges by its commit alone. */
  readonly op: Operation<ev.AckCall> | null
  readonly tx: ev.TransactionName | null
}

type Held = Map<ev.MessageName, Receipt>

function coveredBy(
  op: Operation<ev.AckCall>,
  held: Held,
  connections: Connections,
): readonly Receipt[] {
  const { mode, messages, source } = op.call
  const named = messages.flatMap((name) => {
    const receipt = held.get(`${source} ${name}`)
    return receipt === undefined ? [] : [receipt]
  })
  if (mode !== 'upTo') return named
  const last = Math.max(-1, ...named.map((receipt) => receipt.at))
  const covered: Receipt[] = []
  for (const [key, receipt] of held) {
    if (receipt.at > last) break
    if (receipt.source !== source) continue
    if (op.outcome !== 'fail') held.delete(key)
    if (!connections.wasLostBetween(op.invoke.client, receipt.at, op.at)) covered.push(receipt)
  }
  return covered
}

/** What each consumer was given and has not acknowledged by an `upTo`, while time goes on. */
class Holdings {
  readonly #heldBy = new Map<ev.ConsumerName, Held>()
  readonly #receipts: readonly Receipt[]
  #next = 0

  constructor(receipts: readonly Receipt[]) {
    this.#receipts = receipts
  }

  goTo(at: number): void {
    for (;;) {
      const receipt = this.#receipts[this.#next]
      if (receipt === undefined || receipt.at > at) return
      this.#next++
      const key = `${receipt.source} ${receipt.event.message}`
      const held = this.of(receipt.event.consumer)
      // Again at the end: the order of the map is that of the latest receipts.
      held.delete(key)
      held.set(key, receipt)
    }
  }

  of(consumer: ev.ConsumerName): Held {
    let held = this.#heldBy.get(consumer)
    if (held === undefined) this.#heldBy.set(consumer, (held = new Map<string, Receipt>()))
    return held
  }
}

/** Which deliveries each acknowledgement covers, in the order of the history. */
export function resolveAcknowledgements(
  operations: readonly Operation[],
  receipts: readonly Receipt[],
  connections: Connections,
): Acknowledgement[] {
  const holdings = new Holdings(receipts)
  const found: Acknowledgement[] = []
  const explicit = new Set<ev.TransactionName>()
  for (const operation of operations) {
    const { call, at } = operation
    if (call.type !== 'ack' && call.type !== 'close') continue
    holdings.goTo(at)
    const held = holdings.of(call.consumer)
    if (call.type === 'close') {
      held.clear()
      continue
    }
    const { tx = null, source } = call
    if (tx !== null) explicit.add(tx)
    const op = operation as Operation<ev.AckCall>
    for (const receipt of coveredBy(op, held, connections)) {
      found.push({ source, message: receipt.event.message, receipt, op, tx })
    }
  }
  for (const receipt of receipts) {
    const { tx, message } = receipt.event
    if (tx === undefined || explicit.has(tx)) continue
    found.push({ source: receipt.source, message, receipt, op: null, tx })
  }
  return found
}
