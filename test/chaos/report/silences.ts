import type { CellResult, PhaseName } from '../cell-result.ts'
import { throughputBinMs } from '../cell-result.ts'

export interface Silence {
  readonly fromMs: number
  readonly toMs: number
}

/** Shorter ones are the rhythm of the load. */
const SHOWN_FROM_MS = 700

const sendingPhases: readonly PhaseName[] = ['warm-up', 'rounds', 'final heal']

/** Stretches, to the precision of the bins, in which clients sent and nothing was confirmed. */
export function silencesOf({ timeline }: CellResult): Silence[] {
  const sending = timeline.phases.filter(({ name }) => sendingPhases.includes(name))
  const fromMs = Math.min(...sending.map((phase) => phase.fromMs))
  const toMs = Math.max(...sending.map((phase) => phase.toMs))
  const busy = timeline.throughput.filter((bin) => bin.confirmed > 0)
  const found: Silence[] = []
  let quietSinceMs = fromMs
  for (const atMs of [...busy.map((bin) => bin.atMs), toMs]) {
    if (atMs > toMs) break
    if (atMs - quietSinceMs >= SHOWN_FROM_MS) found.push({ fromMs: quietSinceMs, toMs: atMs })
    quietSinceMs = Math.max(quietSinceMs, atMs + throughputBinMs)
  }
  return found
}
