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
    held.delete(key)
    if (!connections.wasLostBetween(op.invoke.client, receipt.at, op.at)) covered.push(receipt)
  }
  return covered
}

/** Which deliveries each acknowledgement covers, in the order of the history. */
export function resolveAcknowledgements(
  operations: readonly Operation[],
  receipts: readonly Receipt[],
  connections: Connections,
): Acknowledgement[] {
  const heldBy = new Map<ev.ConsumerName, Held>()
  const found: Acknowledgement[] = []
  const explicit = new Set<ev.TransactionName>()
  let next = 0
  for (const operation of operations) {
    if (operation.call.type !== 'ack') continue
    const op = operation as Operation<ev.AckCall>
    for (let receipt = receipts[next]; receipt && receipt.at < op.at; receipt = receipts[++next]) {
      const { consumer, message } = receipt.event
      const held = heldBy.get(consumer) ?? new Map<string, Receipt>()
      heldBy.set(consumer, held)
      // Again at the end: the order of the map is that of the latest receipts.
      held.delete(`${receipt.source} ${message}`)
      held.set(`${receipt.source} ${message}`, receipt)
    }
    const { tx = null, source } = op.call
    if (tx !== null) explicit.add(tx)
    const held: Held = heldBy.get(op.call.consumer) ?? new Map<string, Receipt>()
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
