import assert from 'node:assert/strict'
import type { LogBatch } from '@quorate/broker/store/journal/log-batch'
import { opsOf } from './log-ops.ts'

/** Far less than a broker's own limits, so that a burst of one client reaches them. */
export const uncommittedMax = { bytes: 1 << 15, records: 24 } as const
/**
 * Every connection may be above the limit with what it had sent already; few come and go meanwhile.
 */
const TURNS_MAX = 32

/** R30: above the limit of what is not committed, a leader reads no sender any more. */
export class UncommittedWatch {
  #turns = 0

  /** A leader appended what it took in one turn; `uncommitted`: records, with these. */
  appended(id: string, batch: LogBatch, uncommitted: number): void {
    if (uncommitted <= uncommittedMax.records) this.#turns = 0
    else if (opsOf(batch).some(({ kind }) => kind === 'message')) this.#turns++
    assert.ok(
      this.#turns <= TURNS_MAX,
      `${id} takes more and more, ${uncommitted} records are not committed (R30)`,
    )
  }
}
