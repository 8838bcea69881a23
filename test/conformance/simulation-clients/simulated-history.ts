import { judgeHistory } from '../../support/history/judge.ts'
import type { HistoryEvent } from '../../support/history/events.ts'
import type { HistoryVerdict } from '../../support/history/judge.ts'
import { NOTICE_MS } from '../../simulation/clients/client-link.ts'
import type { DrainResult } from '../../simulation/clients/drain.ts'
import { startClients } from '../../simulation/clients/start-clients.ts'
import type { RunningClients } from '../../simulation/clients/start-clients.ts'
import type { Chance } from '../../simulation/world/chance.ts'
import type { Timeline } from '../../simulation/world/timeline.ts'
import { SmallWorld } from './small-world.ts'

const FOR_MS = 20_000
const DRAIN_WITHIN_MS = 70_000

export interface SimulatedHistory {
  readonly description: string
  readonly events: readonly HistoryEvent[]
  readonly surprises: readonly string[]
  readonly drained: DrainResult | null
  readonly verdict: HistoryVerdict
}

/** Connections break, grow silent in one direction or both, leadership moves. */
async function trouble({ timeline, network, broker }: SmallWorld, chance: Chance): Promise<void> {
  while (timeline.nowMs < FOR_MS) {
    await timeline.run(chance.between(500, 4000))
    const what = chance.pick(['reset', 'fail over', 'cut', 'cut one way'])
    if (what === 'reset') network.reset('clients')
    else if (what === 'fail over') await broker.failOver()
    else {
      const isForward = what === 'cut' || chance.chance(0.5)
      if (isForward) network.cut('clients', 'broker')
      if (what === 'cut' || !isForward) network.cut('broker', 'clients')
      await timeline.run(chance.between(100, 5000))
      network.heal()
    }
  }
}

async function drained(timeline: Timeline, clients: RunningClients): Promise<DrainResult | null> {
  let result: DrainResult | null = null
  void clients.drain().then((told) => (result = told))
  await timeline.until(() => result !== null, DRAIN_WITHIN_MS)
  return result
}

/** A drawn population against one broker in memory, in simulated time. */
export async function simulateHistory(
  seed: number,
  options: { readonly isTroubled: boolean },
): Promise<SimulatedHistory> {
  const world = await SmallWorld.start(seed)
  const { timeline, events, surprises } = world
  const clients = startClients(world.environment())
  if (options.isTroubled) await trouble(world, world.chance.fork())
  else await timeline.run(FOR_MS)
  const result = await drained(timeline, clients)
  void clients.close()
  await timeline.run(1000)
  await world.broker.stop()
  const limits = { graceMs: 0, noticeMs: NOTICE_MS, leaseMs: 0, unavailableMs: Infinity }
  const { description } = clients
  return { description, events, surprises, drained: result, verdict: judgeHistory(events, limits) }
}
