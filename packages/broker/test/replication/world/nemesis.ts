import type { FakeNode, Trap } from './fake-node.ts'
import type { ReplicaWorld } from './replica-world.ts'
import type { Scheduler } from './scheduler.ts'

/** What may go wrong in a history besides crashes, pauses and partitions. */
export interface Menace {
  readonly wipes: boolean
  readonly damage: boolean
}

const trapped: readonly Trap['effect'][] = [
  'append',
  'persist',
  'truncate',
  'commit',
  'openEpoch',
  'appendConfig',
  'quiesce',
  'read',
  'lead',
  'fence',
  'fenceReply',
  'sessionStart',
  'tail',
  'truncateTo',
  'matched',
  'ack',
]

/** Breaks things, and mends them often enough that something can happen in between. */
export class Nemesis {
  readonly #world: ReplicaWorld
  readonly #random: Scheduler
  readonly #menace: Menace

  constructor(world: ReplicaWorld, menace: Menace) {
    this.#world = world
    this.#random = world.scheduler
    this.#menace = menace
  }

  /** While a minority is broken already, mostly something is mended. */
  strike(): void {
    const { nodes } = this
    const broken = nodes.filter((node) => !node.isUp || node.isPaused)
    const minority = Math.floor((nodes.length - 1) / 2)
    if (broken.length >= minority && this.#chance(0.6)) this.#mend(broken)
    else this.#harm()
  }

  get nodes(): FakeNode[] {
    return [...this.#world.nodes.values()]
  }

  #chance(probability: number): boolean {
    return this.#random.random() < probability
  }

  #mend(broken: readonly FakeNode[]): void {
    const { nodes } = this
    const node = this.#random.pick(broken.length > 0 ? broken : nodes)
    if (!node.isUp) node.start()
    else if (node.isPaused) node.resume()
    if (this.#chance(0.5)) this.#world.heal()
    if (this.#chance(0.5)) this.#world.coordinationUp = true
  }

  /** The leader more often than others: nothing happens without it. */
  get #victim(): FakeNode {
    const { nodes } = this
    return (this.#chance(0.4) ? this.#world.leader : undefined) ?? this.#random.pick(nodes)
  }

  #harm(): void {
    const world = this.#world
    const draw = this.#random.random()
    if (draw < 0.15) this.#crash(this.#victim)
    else if (draw < 0.2) this.#blackout()
    else if (draw < 0.45) this.#setTrap(this.#victim)
    else if (draw < 0.53) this.#pause(this.#victim)
    else if (draw < 0.65) this.#cutOne(this.#victim)
    else if (draw < 0.72) this.#isolate(this.#victim)
    else if (draw < 0.76) world.network.reset(this.#victim.id)
    else if (draw < 0.88) this.#destroy(this.#victim)
    else if (draw < 0.94) world.heal()
    else if (draw < 0.97) world.coordinationUp = !world.coordinationUp
    else world.epochRegister = Math.max(0, world.epochRegister - 3)
  }

  /** Half of the time something starts the process again at once. */
  #crash(node: FakeNode): void {
    if (!node.isUp) return
    node.crash({ powerCut: this.#chance(0.5) })
    if (this.#chance(0.5)) node.start()
  }

  /** Power is lost by several at once, between written and synced, and comes back. */
  #blackout(): void {
    for (const node of this.nodes) {
      if (node.isUp && this.#chance(0.7)) node.crash({ powerCut: true })
    }
    for (const node of this.nodes) if (!node.isUp && this.#chance(0.7)) node.start()
  }

  /** Strikes at a point that chance alone would hardly find. */
  #setTrap(node: FakeNode): void {
    const countdown = 1 + Math.floor(this.#random.random() * 4)
    const draw = this.#random.random()
    const strike = () => {
      if (draw < 0.5) this.#crash(node)
      else if (draw < 0.8) this.#isolate(node)
      else if (draw < 0.9) this.#pause(node)
      else this.#world.network.reset(node.id)
    }
    node.trap = { effect: this.#random.pick(trapped), countdown, strike }
  }

  #pause(node: FakeNode): void {
    if (node.isUp) node.pause()
  }

  #cutOne(node: FakeNode): void {
    const other = this.#random.pick(this.nodes)
    if (other !== node) this.#world.cut(node.id, other.id, { oneWay: this.#chance(0.4) })
  }

  /** One side: a node with a minority, or alone. */
  #isolate(node: FakeNode): void {
    const others = this.nodes.filter((other) => other !== node)
    const beside = this.nodes.length > 3 ? this.#random.pick(others) : node
    for (const other of others) {
      if (other === beside) continue
      this.#world.cut(node.id, other.id)
      if (beside !== node) this.#world.cut(beside.id, other.id)
    }
  }

  #destroy(node: FakeNode): void {
    if (this.#menace.wipes && this.#isComplete()) {
      node.wipe()
      if (this.#chance(0.7)) node.start()
    } else if (this.#menace.damage && node.log.writtenIndex > 1) {
      node.damage(1 + Math.floor(this.#random.random() * node.log.writtenIndex))
      if (this.#chance(0.7)) node.start()
    }
  }

  /**
   * One disk at a time is lost: the seats name the stores that there are, and that is committed.
   */
  #isComplete(): boolean {
    const replica = this.#world.leader?.replica
    const entry = replica?.meta.configs.at(-1)
    if (entry === undefined || entry.index > (replica?.commitIndex ?? 0)) return false
    const stores = new Set(this.nodes.map(({ storeUuid }) => storeUuid))
    return entry.config.seats.every((seat) => seat !== null && stores.has(seat.storeUuid))
  }
}
