import type { FakeNode } from './fake-node.ts'
import type { ReplicaWorld } from './replica-world.ts'
import type { Scheduler } from './scheduler.ts'
import type { TrapPoint } from './trap.ts'
import { Trap, trapPoints } from './trap.ts'

/** What may go wrong in a history besides crashes, pauses and partitions. */
export interface Menace {
  readonly wipes: boolean
  readonly damage: boolean
}

const trapped: readonly TrapPoint[] = [...trapPoints, 'heartbeat']

interface Harm {
  readonly kind:
    | 'crash'
    | 'blackout'
    | 'trap'
    | 'pause'
    | 'cut'
    | 'isolate'
    | 'reset'
    | 'destroy'
    | 'handOver'
    | 'depose'
    | 'freeze'
    | 'relay'
    | 'rivals'
    | 'contest'
    | 'belated'
    | 'stall'
    | 'echo'
    | 'coordination'
    | 'rollBack'
    | 'heal'
  /** How often, compared with the others. */
  readonly weight: number
}

const harms: readonly Harm[] = [
  { kind: 'crash', weight: 15 },
  { kind: 'blackout', weight: 5 },
  { kind: 'trap', weight: 25 },
  { kind: 'pause', weight: 8 },
  { kind: 'cut', weight: 12 },
  { kind: 'isolate', weight: 7 },
  { kind: 'reset', weight: 4 },
  { kind: 'destroy', weight: 12 },
  { kind: 'handOver', weight: 6 },
  { kind: 'depose', weight: 14 },
  { kind: 'freeze', weight: 5 },
  { kind: 'relay', weight: 5 },
  { kind: 'rivals', weight: 4 },
  { kind: 'contest', weight: 6 },
  { kind: 'belated', weight: 5 },
  { kind: 'stall', weight: 5 },
  { kind: 'echo', weight: 5 },
  { kind: 'coordination', weight: 3 },
  { kind: 'rollBack', weight: 3 },
  { kind: 'heal', weight: 6 },
]

/** Breaks things, and mends them often enough that something can happen in between. */
export class Nemesis {
  readonly #world: ReplicaWorld
  readonly #random: Scheduler
  readonly #menace: Menace
  readonly #harms: readonly Harm[]
  #isOver = false

  constructor(world: ReplicaWorld, menace: Menace) {
    this.#world = world
    this.#random = world.scheduler
    this.#menace = menace
    // A swarm: no history has every kind of harm, so that none keeps the others from happening.
    this.#harms = harms.filter(() => !this.#chance(0.25))
  }

  /** While a minority is broken already, mostly something is mended. */
  strike(): void {
    const { nodes } = this
    const broken = nodes.filter((node) => !node.isUp || node.isPaused)
    const minority = Math.floor((nodes.length - 1) / 2)
    if (broken.length >= minority && this.#chance(0.6)) this.#mend(broken)
    else this.#harm()
  }

  /** What was planned for later does not happen any more. */
  stop(): void {
    this.#isOver = true
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
    const sum = this.#harms.reduce((total, { weight }) => total + weight, 0)
    let draw = this.#random.random() * sum
    const harm = this.#harms.find(({ weight }) => (draw -= weight) < 0)
    if (harm !== undefined) this.#strikes[harm.kind](this.#victim)
  }

  readonly #strikes: Readonly<Record<Harm['kind'], (victim: FakeNode) => void>> = {
    crash: (victim) => this.#crash(victim),
    blackout: () => this.#blackout(),
    trap: (victim) => this.#setTrap(victim),
    pause: (victim) => this.#pause(victim),
    cut: (victim) => this.#cutOne(victim),
    isolate: (victim) => this.#isolate(victim),
    reset: (victim) => this.#reset(victim),
    destroy: (victim) => this.#destroy(victim),
    handOver: () => this.#handOver(),
    depose: () => this.#depose(),
    freeze: () => this.#freeze(),
    relay: () => this.#relay(4),
    rivals: () => this.#rivals(),
    contest: () => this.#contest(),
    belated: () => this.#belated(),
    stall: () => this.#stall(),
    echo: () => this.#echo(),
    coordination: () => {
      this.#world.coordinationUp = !this.#world.coordinationUp
    },
    rollBack: () => {
      this.#world.epochRegister = Math.max(0, this.#world.epochRegister - 3)
    },
    heal: () => this.#world.heal(),
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
      if (draw < 0.45) this.#crash(node)
      else if (draw < 0.7) this.#isolate(node)
      else if (draw < 0.8) this.#pause(node)
      else this.#reset(node)
    }
    node.trap = new Trap(this.#random.pick(trapped), countdown, strike)
  }

  #pause(node: FakeNode): void {
    if (node.isUp) node.pause()
  }

  /** What was on its way may be read when its connection is long replaced, or that one as well. */
  #reset(node: FakeNode): void {
    const { network } = this.#world
    network.reset(node.id)
    if (this.#chance(0.5)) this.#later(this.#random.between(1, 300), () => network.reset(node.id))
  }

  #cutOne(node: FakeNode): void {
    const other = this.#random.pick(this.nodes)
    if (other !== node) this.#world.cut(node.id, other.id, { oneWay: this.#chance(0.4) })
  }

  /**
   * A leader with a good lease is cut off while one of the others has long been waiting for its
   * end, and the rest have just forgotten that they keep it, or think that they know of its end.
   */
  #depose(): void {
    const { leader } = this.#world
    if (leader === undefined) return
    const others = this.nodes.filter((node) => node !== leader && node.isUp)
    const heir = this.#random.pick(others)
    if (heir === undefined) return
    // Nothing is sent meanwhile, or the heir would lack it and could not win.
    this.#world.hush(2_000)
    this.#later(100, () => this.#world.cut(leader.id, heir.id))
    this.#later(this.#random.between(900, 1_500), () => {
      if (!leader.serving || leader.isPaused) return
      this.#confuse(others.filter((other) => other !== heir && other.isUp))
      this.#cutOff(leader)
    })
  }

  #later(ms: number, work: () => void): void {
    this.#world.scheduler.after(ms, () => {
      if (!this.#isOver) work()
    })
  }

  /**
   * One leader after the other is cut off as it begins, and the one before returns: their logs end
   * in epochs that nobody else has.
   */
  #relay(left: number): void {
    const { leader } = this.#world
    if (leader !== undefined) this.#cutOff(leader)
    for (const node of this.nodes) {
      const strike = () => {
        if (this.#isOver) return
        this.#world.heal()
        this.#cutOff(node)
        if (left > 1) this.#relay(left - 1)
      }
      node.trap = new Trap('openEpoch', 1, strike)
    }
  }

  #cutOff(node: FakeNode): void {
    for (const other of this.nodes) if (other !== node) this.#world.cut(node.id, other.id)
  }

  /** The leader dies, and all who stand for election wait for an epoch, and get the same. */
  #rivals(): void {
    const world = this.#world
    const { forgetfulness, slowness } = world
    world.leader?.crash()
    world.forgetfulness = 1
    world.slowness = 1
    world.scheduler.after(1_500, () => {
      world.forgetfulness = forgetfulness
      world.slowness = slowness
    })
  }

  /** A disk is replaced, and the leader is cut off as it changes the seats. */
  #contest(): void {
    const { leader } = this.#world
    if (leader === undefined || this.#replaceDisk(leader) === null) return
    const countdown = this.#random.pick([1, 1, 2])
    leader.trap = new Trap('appendConfig', countdown, () => this.#cutOff(leader))
  }

  /** A replaced disk has caught up in the moment in which its leader falls asleep for too long. */
  #belated(): void {
    const { leader } = this.#world
    if (leader === undefined) return
    const replaced = this.#replaceDisk(leader)
    if (replaced === null) return
    this.#world.hush(1_000)
    const watch = (tries: number): void => {
      if (tries === 0 || !leader.serving || leader.isPaused || !replaced.isUp) return
      if (replaced.log.writtenIndex < leader.log.length) this.#later(0.5, () => watch(tries - 1))
      else this.#sleep(leader)
    }
    watch(1_000)
  }

  /** Of one of the others; null where no disk may be lost now. */
  #replaceDisk(leader: FakeNode): FakeNode | null {
    if (!this.#menace.wipes || !this.#isComplete()) return null
    const replaced = this.#random.pick(this.nodes.filter((node) => node !== leader))
    replaced.wipe()
    replaced.start()
    return replaced
  }

  /** Disks do nothing for a while, and in the middle of it leadership changes hands. */
  #stall(): void {
    const slow = this.nodes.filter(() => this.#chance(0.6))
    for (const node of slow) node.stall(this.#random.between(20, 600))
    if (this.#chance(0.7)) this.#later(this.#random.between(0, 60), () => this.#handOver())
  }

  #sleep(leader: FakeNode): void {
    leader.pause()
    this.#later(this.#random.between(2_000, 2_600), () => leader.resume())
  }

  /**
   * A follower loses power right behind an acknowledgement, its leader resigns, and may lead again
   * before it has read that.
   */
  #echo(): void {
    const { leader, network } = this.#world
    const follower = this.#random.pick(this.nodes.filter((node) => node !== leader && node.isUp))
    if (leader === undefined || follower === undefined) return
    const strike = () => {
      network.echo(follower.id, leader.id)
      follower.crash({ powerCut: this.#chance(0.8) })
      follower.start()
      leader.deliver({ type: 'stepDown', reason: 'told so' })
      this.#world.hush(2_000)
    }
    follower.trap = new Trap('ack', 1 + Math.floor(this.#random.random() * 6), strike)
  }

  /** They forget whom they follow, or hear that somebody's connection is broken or refused. */
  #confuse(nodes: readonly FakeNode[]): void {
    const draw = this.#random.random()
    // Where nobody is left besides, one that is gone leaves no quorum.
    const [restarts, resets] = nodes.length > 2 ? [0.2, 0.4] : [0.4, 0.8]
    if (draw < restarts) {
      for (const node of nodes) {
        node.crash()
        node.start()
      }
    } else if (draw < resets) {
      for (const node of nodes) this.#world.network.reset(node.id)
    } else {
      const node = this.#random.pick(nodes)
      node?.crash()
      this.#world.scheduler.after(this.#random.between(5, 50), () => {
        if (node?.isUp === false) node.start()
      })
    }
  }

  /** Half of the time the former leader does not hear any more what became of it. */
  #handOver(): void {
    const { leader } = this.#world
    leader?.deliver({ type: 'abdicate' })
    if (leader === undefined || this.#chance(0.5)) return
    this.#later(this.#random.between(2, 20), () => this.#cutOff(leader))
  }

  /** A leader stands still behind a heartbeat, whose answers wait for it, until another leads. */
  #freeze(): void {
    const { leader } = this.#world
    if (leader === undefined) return
    const strike = () => {
      leader.pause()
      this.#later(this.#random.between(900, 2_500), () => leader.resume())
    }
    leader.trap = new Trap('heartbeat', 1, strike)
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
    } else if (this.#menace.damage && node.log.writtenIndex > 1 && this.#isOnlyDoubt(node)) {
      node.damage(1 + Math.floor(this.#random.random() * node.log.writtenIndex))
      if (this.#chance(0.7)) node.start()
    }
  }

  /**
   * One disk at a time rots. What is left of a quorum of rotten logs may end in an older epoch than
   * a branch that was never committed, and full attendance would choose that (R10, R15).
   */
  #isOnlyDoubt(node: FakeNode): boolean {
    return this.nodes.every((other) => other === node || !other.isInDoubt)
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
