import type { SourceName } from '../events.ts'
import type { HistoryIndex, Receipt } from '../history-index.ts'
import type { Limits, Violation } from '../violation.ts'
import { endedBefore } from './receipts.ts'

interface Holding {
  last: Receipt
  former: Receipt | null
  changedMs: number
}

/** C6: a source with exclusive consumers has one receiver until that one is lost or closed. */
export function checkHolders(index: HistoryIndex, { leaseMs }: Limits): Violation[] {
  const exclusive = new Set<SourceName>()
  for (const { call } of index.operations) {
    if (call.type === 'open' && call.exclusive) exclusive.add(call.source)
  }
  const violations: Violation[] = []
  const holdings = new Map<SourceName, Holding>()
  for (const now of index.receipts) {
    if (!exclusive.has(now.source)) continue
    const holding = holdings.get(now.source)
    if (holding === undefined) {
      holdings.set(now.source, { last: now, former: null, changedMs: now.atMs })
      continue
    }
    const { last, former, changedMs } = holding
    const { consumer } = now.event
    if (consumer === last.event.consumer) {
      holding.last = now
      continue
    }
    if (consumer === former?.event.consumer && now.atMs - changedMs <= leaseMs) continue
    if (endedBefore(index, [last], now) === 0) {
      const line = `${consumer} received from ${now.source} while ${last.event.consumer} holds it`
      violations.push({ check: 'C6', about: [], line, events: [last.event, now.event] })
    }
    holdings.set(now.source, { last: now, former: last, changedMs: now.atMs })
  }
  return violations
}
