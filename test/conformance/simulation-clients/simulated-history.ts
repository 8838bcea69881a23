import { MemoryBroker } from '../../support/memory-broker.ts'
import type { HistoryEvent } from '../../support/history/events.ts'
import { judgeHistory } from '../../support/history/judge.ts'
import type { HistoryVerdict } from '../../support/history/judge.ts'
import { NOTICE_MS } from '../../simulation/clients/client-link.ts'
import type { DrainResult } from '../../simulation/clients/drain.ts'
import { startClients } from '../../simulation/clients/start-clients.ts'
import type { RunningClients } from '../../simulation/clients/start-clients.ts'
import { Chance } from '../../simulation/world/chance.ts'
import { SimulatedNetwork } from '../../simulation/world/simulated-network.ts'
import { SimulatedProcess } from '../../simulation/world/simulated-process.ts'
import { Timeline } from '../../simulation/world/timeline.ts'

const FOR_MS = 20_000
const DRAIN_WITHIN_MS = 70_000
const PORT = 61616

export interface SimulatedHistory {
  readonly description: string
  readonly events: readonly HistoryEvent[]
  readonly surprises: readonly string[]
  readonly drained: DrainResult | null
  readonly verdict: HistoryVerdict
}

/** What goes wrong in a history, one after the other. */
interface Trouble {
  readonly timeline: Timeline
  readonly network: SimulatedNetwork
  readonly broker: MemoryBroker
  readonly chance: Chance
}

/** Connections break, grow silent in one direction or both, leadership moves. */
async function trouble({ timeline, network, broker, chance }: Trouble): Promise<void> {
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
  const chance = new Chance(seed)
  const timeline = new Timeline()
  const network = new SimulatedNetwork(timeline, chance.fork())
  const [host, far] = ['clients', 'broker'].map((name) => new SimulatedProcess(name, timeline)) as [
    SimulatedProcess,
    SimulatedProcess,
  ]
  const broker = new MemoryBroker({ clock: far.clock })
  void network.of(far).listen({
    host: 'broker',
    port: PORT,
    accept: (stream) => broker.adapter.accept(stream),
    onError: () => undefined,
  })
  await timeline.run(1)
  const events: HistoryEvent[] = []
  const surprises: string[] = []
  const clients = startClients({
    chance: chance.fork(),
    addresses: [
      { host: 'broker', port: PORT },
      { host: 'nobody', port: PORT },
    ],
    network: network.of(host),
    clock: host.clock,
    record: (event) => void events.push(event),
    surprised: (what) => void surprises.push(what),
  })
  if (options.isTroubled) await trouble({ timeline, network, broker, chance: chance.fork() })
  else await timeline.run(FOR_MS)
  const result = await drained(timeline, clients)
  void clients.close()
  await timeline.run(1000)
  await broker.stop()
  const limits = { graceMs: 0, noticeMs: NOTICE_MS, leaseMs: 0, unavailableMs: Infinity }
  const { description } = clients
  return { description, events, surprises, drained: result, verdict: judgeHistory(events, limits) }
}
