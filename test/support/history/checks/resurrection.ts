import type { Acknowledgement } from '../acknowledgements.ts'
import { receiptsIn, wasUnderWay } from '../history-index.ts'
import type { HistoryIndex, Operation } from '../history-index.ts'
import type { Violation } from '../violation.ts'

/**
 * The call whose `ok` made this acknowledgement final; null when nothing did. An answer that came
 * over another connection than the delivery says nothing: the broker knew no such delivery there.
 * A commit answers for the whole transaction, or fails.
 */
function finalCall(index: HistoryIndex, { tx, op, receipt }: Acknowledgement): Operation | null {
  if (tx !== null) {
    const commits = index.transactions.get(tx)?.commits
    return commits?.find((commit) => commit.outcome === 'ok') ?? null
  }
  if (op?.outcome !== 'ok') return null
  const { client } = op.invoke
  return index.connections.wasLostBetween(client, receipt.at, op.endAt) ? null : op
}

/**
 * C4: once a consumer's acknowledgement is confirmed, nobody is given the message again. A receipt
 * that is told later is pardoned when it was under way before the acknowledged delivery: that one
 * is flagged as redelivered, and the teller's connection is older than it and was lost.
 */
export function checkResurrection(index: HistoryIndex): Violation[] {
  const violations: Violation[] = []
  const reported = new Set<unknown>()
  for (const acknowledgement of index.acknowledgements) {
    const { source, message, receipt } = acknowledgement
    const final = finalCall(index, acknowledgement)
    if (final?.end == null) continue
    for (const again of receiptsIn(index, source, message).toReversed()) {
      if (again.at < final.endAt) break
      if (reported.has(again) || wasUnderWay(index, again, receipt)) continue
      reported.add(again)
      const told = `acknowledged by ${receipt.event.consumer} at ${final.end.atMs} ms`
      const line = `${again.event.consumer} received ${message} from ${source}, ${told}`
      const events = [receipt.event, final.invoke, final.end, again.event]
      violations.push({ check: 'C4', about: [{ source, message }], line, events })
    }
  }
  return violations
}
