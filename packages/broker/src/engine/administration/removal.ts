import type { Queue } from '../destination/queue.ts'
import { transactionOp } from '../transaction/transaction.ts'
import { ACKNOWLEDGED_PER_RECORD_MAX } from '../policy/limits.ts'
import { checkCount, commitErrand } from './errand.ts'
import type { Errand } from './errand.ts'

/**
 * Deletes these stored messages, as far as they wait. How many is known at once; it is confirmed
 * when it is committed.
 */
export function deleteMessages(errand: Errand, from: Queue, sequences: readonly number[]): number {
  checkCount(sequences)
  return remove(errand, from, sequences)
}

/** Where a purge stands: what was there when it began, and what has been looked at. */
export interface PurgeStretch {
  readonly after: number
  /** Later messages stay. */
  readonly below: number
}

export interface PurgeStep {
  readonly count: number
  /** null: everything has been looked at. */
  readonly next: PurgeStretch | null
}

/** Deletes what waits in one stretch of the queue; the first also what is not stored. */
export function purgeMessages(errand: Errand, from: Queue, stretch: PurgeStretch): PurgeStep {
  const dropped = stretch.after === 0 ? dropUnstored(errand, from) : 0
  const found = from.backlog.storedList()?.next(stretch.after, ACKNOWLEDGED_PER_RECORD_MAX) ?? []
  const old = found.filter(({ sequence }) => sequence < stretch.below)
  const count = remove(
    errand,
    from,
    old.map(({ sequence }) => sequence),
  )
  const last = old.at(-1)
  const isEnd = last === undefined || old.length < ACKNOWLEDGED_PER_RECORD_MAX
  const next = isEnd ? null : { after: last.sequence, below: stretch.below }
  return { count: dropped + count, next }
}

function remove(errand: Errand, from: Queue, sequences: readonly number[]): number {
  const entries = from.backlog.withdraw(sequences)
  for (const entry of entries) from.backlog.leave(entry)
  const places = entries.map(({ place }) => place)
  const op = transactionOp('', [], new Map([[from.backlog, places]]))
  commitErrand(errand, { op, shipments: [], from: from.backlog, places, bytes: 0 })
  return entries.length
}

function dropUnstored({ core }: Errand, { backlog }: Queue): number {
  const atFirst = backlog.memoryWaiting
  for (let left = atFirst; left > 0; left = backlog.memoryWaiting) {
    backlog.dropOldestMemory()
    // What is on its way to the temporary store goes when it has arrived.
    if (backlog.memoryWaiting === left) break
  }
  // There is room for others.
  core.dispatcher.schedule()
  return atFirst - backlog.memoryWaiting
}
