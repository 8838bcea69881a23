import assert from 'node:assert/strict'
import { DeliveryLedger } from '../clients/delivery-ledger.ts'
import { Sender } from '../walkthroughs/sender.ts'
import type { Chance } from '../world/chance.ts'
import type { SimulatedBroker } from '../world/simulated-broker.ts'
import type { Simulation } from '../world/simulation.ts'

/** How long a send may wait while one node leads and nothing is wrong with it. */
const SERVED_MS = 1_500
/** A node that was away has to be fed and counted again. */
const WHOLE_MS = 6_000

/**
 * A healthy cluster, to which one thing happens: what is demanded of it then is much more than of
 * one that is struck from all sides.
 */
export class Trial {
  readonly simulation: Simulation
  readonly chance: Chance
  readonly #sender: Sender
  #probes = 0

  constructor(simulation: Simulation, chance: Chance) {
    this.simulation = simulation
    this.chance = chance
    const environment = simulation.clientEnvironment(chance.fork())
    const ledger = new DeliveryLedger()
    this.#sender = new Sender(
      { ...environment, record: (event) => ledger.note(event) },
      { name: 'trial', destination: 'queue://trial' },
    )
  }

  /** Throws when nobody leads. */
  get leader(): SimulatedBroker {
    const { leader } = this.simulation
    assert.ok(leader, 'nobody leads')
    return leader
  }

  get followers(): readonly SimulatedBroker[] {
    return this.simulation.brokers.filter((broker) => !broker.isLeading)
  }

  tell(line: string): void {
    this.simulation.tell(`trial: ${line}`)
  }

  /** So long the one that leads keeps its place, and serves. */
  async nothingMoves(ms: number, during: string): Promise<void> {
    const { leader, simulation } = this
    const { epoch } = simulation
    await simulation.run(ms)
    await this.served(during)
    const now = simulation.leader?.id ?? 'nobody'
    const isSame = now === leader.id && simulation.epoch === epoch
    assert.ok(
      isSame,
      `${now} leads in ${simulation.epoch}, not ${leader.id} in ${epoch}, ${during}`,
    )
  }

  /** A message is confirmed. */
  async served(during: string, withinMs = SERVED_MS): Promise<void> {
    const label = `probe-${++this.#probes}`
    this.#sender.send(label, { count: 1, bytes: 40 }, () => undefined)
    const isServed = () => this.#sender.waiting(label) === 0
    await this.simulation.until(isServed, withinMs, `nobody is served, ${during},`)
  }

  /** Everybody runs, holds the same log, and has it on the disk. */
  async whole(during: string, withinMs = WHOLE_MS): Promise<void> {
    const { simulation } = this
    const isWhole = () => simulation.isEqual && simulation.brokers.every(({ isUp }) => isUp)
    await simulation.until(isWhole, withinMs, `the replicas are not equal, ${during},`)
  }

  /** The last message of many is with everybody: whoever does not follow is found out. */
  async followed(during: string): Promise<void> {
    await this.served(during)
    await this.whole(during)
  }

  async close(): Promise<void> {
    await this.#sender.close()
  }
}
