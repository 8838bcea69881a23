import type { Clock } from '@quorate/core/base/clock'
import { INACTIVITY_MS } from './client-link.ts'
import type { DeliveryLedger } from './delivery-ledger.ts'
import type { Worker } from './worker.ts'

export interface DrainLimits {
  /** Nothing happened for so long: nothing will come any more. */
  readonly quietMs: number
  /** It ends after so long, whatever is missing. */
  readonly deadlineMs: number
}

/**
 * A broker gives up a client that has vanished after up to two inactivity periods, and only then
 * passes on what that one held.
 */
export const defaultDrainLimits: DrainLimits = {
  quietMs: 2 * INACTIVITY_MS + 800,
  deadlineMs: 60_000,
}

export interface DrainResult {
  /** False when the deadline ended it. */
  readonly isComplete: boolean
  readonly tookMs: number
  /** For people: who is not done, and what is missing. */
  readonly unfinished: readonly string[]
}

const LOOK_EVERY_MS = 100
const MISSING_SHOWN = 10

/**
 * Ends all sending, and lets consumers go on until everybody is idle, everything confirmed was
 * received, and nothing more comes for a while.
 */
export async function drain(
  workers: readonly Worker[],
  around: {
    readonly ledger: DeliveryLedger
    readonly clock: Clock
    readonly limits: DrainLimits
  },
): Promise<DrainResult> {
  const { ledger, clock, limits } = around
  const beganMs = clock.monotonicMs()
  for (const worker of workers) worker.settle()
  let busyMs = beganMs
  for (;;) {
    const nowMs = clock.monotonicMs()
    const isBusy = ledger.missingCount > 0 || workers.some((worker) => !worker.isIdle)
    if (isBusy) busyMs = nowMs
    const quietSinceMs = Math.max(busyMs, ledger.lastEventMs)
    const isComplete = nowMs - quietSinceMs >= limits.quietMs
    const tookMs = nowMs - beganMs
    if (isComplete || tookMs >= limits.deadlineMs) {
      return { isComplete, tookMs, unfinished: isComplete ? [] : unfinished(workers, ledger) }
    }
    await new Promise<void>((resolve) => void clock.after(LOOK_EVERY_MS, resolve))
  }
}

function unfinished(workers: readonly Worker[], ledger: DeliveryLedger): string[] {
  const busy = workers.filter((worker) => !worker.isIdle).map(({ name }) => `${name} is not idle`)
  return [...busy, ...ledger.missing(MISSING_SHOWN).map((key) => `${key} is missing`)]
}
