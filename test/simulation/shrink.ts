import type { HistoryOptions, HistoryOutcome } from './history.ts'
import { runHistory } from './history.ts'
import type { FaultName } from './nemesis/faults.ts'

export interface ShrunkHistory {
  readonly outcome: HistoryOutcome
  readonly options: HistoryOptions
  /** Histories that were tried. */
  readonly tries: number
}

/** Tries that shrinking may cost. */
const TRIES_MAX = 120

/**
 * Finds a smaller history of the same seed that still fails: fewer strikes at its end, then without
 * whole kinds of faults, then without single strikes. What fails may be another promise than
 * before; the smaller history is the better place to look either way.
 */
export async function shrink(
  seed: number,
  onTry: (tries: number) => void = () => undefined,
): Promise<ShrunkHistory | null> {
  let best = await runHistory(seed)
  if (best.failure === null) return null
  let options: HistoryOptions = {}
  let tries = 0
  const fails = async (candidate: HistoryOptions): Promise<boolean> => {
    if (tries >= TRIES_MAX) return false
    onTry(++tries)
    const outcome = await runHistory(seed, candidate)
    if (outcome.failure === null) return false
    best = outcome
    options = candidate
    return true
  }
  // Which strikes the failure needs: halving from the end.
  let [enough, tooFew] = [best.plan.strikes, -1]
  while (enough - tooFew > 1) {
    const middle = Math.floor((enough + tooFew) / 2)
    if (await fails({ ...options, strikes: middle })) enough = middle
    else tooFew = middle
  }
  const never = new Set<FaultName>()
  for (const name of best.plan.faults) {
    if (await fails({ ...options, never: new Set([...never, name]) })) never.add(name)
  }
  const without = new Set<number>()
  for (let strike = enough - 1; strike >= 0; strike--) {
    if (await fails({ ...options, without: new Set([...without, strike]) })) without.add(strike)
  }
  return { outcome: best, options, tries }
}
