import { checkAvailability, unavailabilities } from './checks/availability.ts'
import { checkHolders } from './checks/holders.ts'
import { checkLeaders } from './checks/leaders.ts'
import { checkQueueLoss, checkSubscriptions } from './checks/loss.ts'
import { checkOrder, checkReceipts } from './checks/receipts.ts'
import { checkRedeliveries } from './checks/redelivery.ts'
import { checkResurrection } from './checks/resurrection.ts'
import { checkTransactions } from './checks/transactions.ts'
import type { HistoryEvent } from './events.ts'
import { confirmationOf, indexHistory } from './history-index.ts'
import type { HistoryIndex } from './history-index.ts'
import type { CheckName, Limits, Violation } from './violation.ts'

/** For clients on real clocks and threads; a simulation that tells all at once passes zeros. */
const realLimits: Limits = {
  graceMs: 500,
  noticeMs: 500,
  // Two inactivity periods of the workloads' clients (2.5 s): a broker that stands still breaks no
  // connection, and its clients hear nothing of the next leader.
  takeoverNoticeMs: 5500,
  leaseMs: 5000,
  unavailableMs: 5000,
}

const checks: Readonly<
  Record<CheckName, (index: HistoryIndex, limits: Limits) => readonly Violation[]>
> = {
  C1: checkQueueLoss,
  C2: checkReceipts,
  C3: checkOrder,
  C4: checkResurrection,
  C5: checkTransactions,
  C6: checkHolders,
  C7: checkSubscriptions,
  C9: checkLeaders,
  C10: checkAvailability,
  C12: checkRedeliveries,
}

export interface HistoryCounts {
  readonly events: number
  /** Different messages of which a send was tried. */
  readonly sent: number
  readonly confirmed: number
  /** Neither confirmed nor certainly without effect. */
  readonly unknown: number
  /** Different messages received, from each queue and each subscription. */
  readonly received: number
  readonly receipts: number
  /** Receipts of a message after the first from its queue or subscription. */
  readonly redeliveries: number
  readonly acknowledged: number
  readonly transactions: number
  readonly interruptions: number
  readonly faults: number
  readonly elections: number
  /** The longest wait for a confirmed send with no fault, rounded up. */
  readonly longestUnavailableMs: number
}

export interface HistoryVerdict {
  readonly counts: HistoryCounts
  readonly violations: readonly Violation[]
}

function countsOf(index: HistoryIndex): HistoryCounts {
  const { events, sent, receipts } = index
  const ofKind = (kind: HistoryEvent['kind']): number =>
    events.reduce((count, event) => count + (event.kind === kind ? 1 : 0), 0)
  let confirmed = 0
  let failed = 0
  for (const message of sent.values()) {
    if (confirmationOf(index, message) !== null) confirmed++
    else if (message.sends.every((send) => send.outcome === 'fail')) failed++
  }
  let received = 0
  for (const ofSource of index.received.values()) received += ofSource.size
  return {
    events: events.length,
    sent: sent.size,
    confirmed,
    unknown: sent.size - confirmed - failed,
    received,
    receipts: receipts.length,
    redeliveries: receipts.length - received,
    acknowledged: index.acknowledgements.length,
    transactions: index.transactions.size,
    interruptions: ofKind('interrupted'),
    faults: ofKind('faultBegins'),
    elections: ofKind('elected'),
    longestUnavailableMs: unavailabilities(index).reduce(
      (longest, { ms }) => Math.max(longest, Math.ceil(ms)),
      0,
    ),
  }
}

/** Judges a whole history by every check; a check with nothing to look at finds nothing. */
export function judgeHistory(
  events: readonly HistoryEvent[],
  limits: Partial<Limits> = {},
): HistoryVerdict {
  const all = { ...realLimits, ...limits }
  const index = indexHistory(events, all)
  const violations = Object.values(checks).flatMap((check) => check(index, all))
  return { counts: countsOf(index), violations }
}

/** One line a violation; empty when the history is sound. */
export function violationLines({ violations }: HistoryVerdict): string[] {
  return violations.map(({ check, line }) => `${check}: ${line}`)
}
