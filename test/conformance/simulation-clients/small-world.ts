import { MemoryBroker } from '../../support/memory-broker.ts'
import type { HistoryEvent } from '../../support/history/events.ts'
import type { ClientEnvironment } from '../../simulation/clients/client-environment.ts'
import { Chance } from '../../simulation/world/chance.ts'
import { SimulatedNetwork } from '../../simulation/world/simulated-network.ts'
import { SimulatedProcess } from '../../simulation/world/simulated-process.ts'
import { Timeline } from '../../simulation/world/timeline.ts'

const PORT = 61616

/** One broker in memory on the host 'broker', and a host 'clients', in simulated time. */
export class SmallWorld {
  readonly timeline = new Timeline()
  readonly chance: Chance
  readonly network: SimulatedNetwork
  readonly broker: MemoryBroker
  readonly events: HistoryEvent[] = []
  readonly surprises: string[] = []
  readonly #host: SimulatedProcess

  private constructor(seed: number) {
    this.chance = new Chance(seed)
    this.network = new SimulatedNetwork(this.timeline, this.chance.fork())
    this.#host = new SimulatedProcess('clients', this.timeline)
    const far = new SimulatedProcess('broker', this.timeline)
    this.broker = new MemoryBroker({
      clock: far.clock,
      schedule: (work) => void far.after(0, work),
    })
    void this.network.of(far).listen({
      host: 'broker',
      port: PORT,
      accept: (stream) => this.broker.adapter.accept(stream),
      onError: () => undefined,
    })
  }

  static async start(seed: number): Promise<SmallWorld> {
    const world = new SmallWorld(seed)
    await world.timeline.run(1)
    return world
  }

  environment(): ClientEnvironment {
    return {
      network: this.network.of(this.#host),
      clock: this.#host.clock,
      chance: this.chance.fork(),
      addresses: [
        { host: 'broker', port: PORT },
        { host: 'nobody', port: PORT },
      ],
      record: (event) => void this.events.push(event),
      surprised: (what) => void this.surprises.push(what),
    }
  }

  /** Neither side hears the other, and nobody is told. */
  cutOff(): void {
    this.network.cut('clients', 'broker')
    this.network.cut('broker', 'clients')
  }

  run(ms: number): Promise<void> {
    return this.timeline.run(ms)
  }
}
