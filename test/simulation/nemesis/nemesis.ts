import { Chance } from '../world/chance.ts'
import type { FaultBegins } from '../../support/history/events.ts'
import type { SimulatedBroker } from '../world/simulated-broker.ts'
import type { Simulation } from '../world/simulation.ts'
import type { Fault } from './fault.ts'
import type { FaultName } from './faults.ts'
import { faults } from './faults.ts'

/** Breaks things, and mends them often enough that something can happen in between. */
export class Nemesis {
  readonly #simulation: Simulation
  readonly #seed: number
  #chance: Chance
  readonly #names: readonly FaultName[]
  readonly #totalWeight: number
  #isOver = false
  /** Until when a broker is not mended: whoever broke it will do that. */
  readonly #kept = new Map<SimulatedBroker, number>()
  /** What was struck: mending on the way is partial, so all of it lasts until the end. */
  #struck: FaultBegins[] = []

  /** `names`: the faults that exist in this history. */
  constructor(simulation: Simulation, seed: number, names: readonly FaultName[]) {
    this.#simulation = simulation
    this.#seed = seed
    this.#chance = new Chance(seed)
    this.#names = names
    this.#totalWeight = names.reduce((sum, name) => sum + faults[name].weight, 0)
  }

  /** While a minority is broken already, mostly something is mended. */
  strike(number: number): void {
    // Of its own seed: a strike that is left out does not change those after it.
    this.#chance = new Chance(this.#seed + number * 7_919)
    const { brokers } = this.#simulation
    const broken = brokers.filter((broker) => !broker.isUp || broker.isPaused)
    const minority = Math.floor((brokers.length - 1) / 2)
    if (broken.length >= minority && this.#chance.chance(0.6)) {
      this.#mend(broken.filter((broker) => !this.#isKept(broker)))
    } else this.#harm()
  }

  /** Everything is mended, and what was planned for later does not happen any more. */
  healAll(): void {
    this.#isOver = true
    const simulation = this.#simulation
    simulation.healAll()
    for (const begins of this.#struck) {
      simulation.record({ ...begins, kind: 'faultEnds', atMs: simulation.nowMs })
    }
    this.#struck = []
  }

  #mend(broken: readonly SimulatedBroker[]): void {
    const simulation = this.#simulation
    const broker = this.#chance.pick(broken.length > 0 ? broken : simulation.brokers)
    if (broker.isPaused) broker.resume()
    else broker.start()
    if (this.#chance.chance(0.5)) simulation.healNetwork()
    if (this.#chance.chance(0.5)) simulation.healSurroundings()
  }

  #harm(): void {
    const { brokers, leader } = this.#simulation
    const isLeaders = this.#chance.chance(0.4)
    const victim = (isLeaders ? leader : undefined) ?? this.#chance.pick(brokers)
    const fault = this.#draw()
    const { strike }: Fault = faults[fault]
    this.#mark(fault, victim)
    const later = (ms: number, work: () => void): void => this.#later(ms, work)
    const keepBroken = (broker: SimulatedBroker, ms: number): void => {
      this.#kept.set(broker, this.#simulation.nowMs + ms)
    }
    strike({ simulation: this.#simulation, chance: this.#chance, victim, later, keepBroken })
  }

  #isKept(broker: SimulatedBroker): boolean {
    return (this.#kept.get(broker) ?? 0) > this.#simulation.nowMs
  }

  #later(ms: number, work: () => void): void {
    this.#simulation.timeline.after(ms, () => {
      if (!this.#isOver) work()
    })
  }

  #mark(fault: FaultName, { id }: SimulatedBroker): void {
    const simulation = this.#simulation
    const begins = { kind: 'faultBegins', atMs: simulation.nowMs, fault, targets: [id] } as const
    this.#struck.push(begins)
    simulation.record(begins)
  }

  #draw(): FaultName {
    let at = this.#chance.random() * this.#totalWeight
    for (const name of this.#names) {
      at -= faults[name].weight
      if (at < 0) return name
    }
    return this.#names[0] as FaultName
  }
}
