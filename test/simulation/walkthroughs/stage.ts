import assert from 'node:assert/strict'
import type { Frame, FrameOf } from '@quorate/broker/replication/frames'
import type { ReplicaEffect } from '@quorate/broker/replication/replica/events'
import { Consumer } from '../clients/consumer.ts'
import { DeliveryLedger } from '../clients/delivery-ledger.ts'
import { drain } from '../clients/drain.ts'
import type { DrainResult } from '../clients/drain.ts'
import type { Worker } from '../clients/worker.ts'
import { judge } from '../judge.ts'
import { Chance } from '../world/chance.ts'
import { COORDINATION_HOST } from '../world/coordination.ts'
import type { SimulatedBroker } from '../world/simulated-broker.ts'
import { Simulation } from '../world/simulation.ts'
import type { SimulationOptions } from '../world/simulation.ts'
import { ExpectedTrace } from './expected-trace.ts'
import { Sender } from './sender.ts'
import { Story } from './story.ts'

/** ZooKeeper's code of that request; it stands behind a number of four bytes. */
const SET_DATA = 5
/** Where the simulation lets clients run. */
const CLIENT_HOST = 'c1'
const ORDERS = 'queue://orders'
/** Patience, in simulated time: nothing here takes longer unless it never happens. */
const PATIENCE_MS = 20_000
/** Nobody vanishes in a scenario, so a short silence is enough to know that nothing more comes. */
const DRAIN = { quietMs: 600, deadlineMs: PATIENCE_MS }
/** Strikes that a scenario is worth, for the limit of its epochs (S12). */
const STRIKES = 3

/** By their roles: A is the first leader, the others follow in the order of their names. */
export interface Cast {
  readonly a: SimulatedBroker
  readonly b: SimulatedBroker
  readonly c: SimulatedBroker
  /** Only of five. */
  readonly d: SimulatedBroker
  readonly e: SimulatedBroker
}

interface Trap {
  readonly victim: SimulatedBroker
  readonly isIt: (effect: ReplicaEffect) => boolean
  readonly act: () => void
}

/** The vocabulary of scenarios: what a script does to a cluster, and what it waits for. */
export class Stage {
  readonly simulation: Simulation
  readonly #story: Story
  readonly #deliveries = new DeliveryLedger()
  readonly #chance: Chance
  readonly #sender: Sender
  #consumer: Consumer | null = null
  #traps: Trap[] = []
  readonly #votes = new Map<SimulatedBroker, number>()
  readonly #acks = new Map<SimulatedBroker, FrameOf<'ack'>[]>()
  #expected = ''
  #answersToLose = 0
  #epochsAskedFor = 0

  constructor(options: SimulationOptions) {
    this.simulation = new Simulation(options)
    this.simulation.coordination.losesAnswerTo = (request) => this.#losesAnswerTo(request)
    this.#story = new Story(this.simulation)
    this.#chance = new Chance(options.seed ^ 0xa57a6e)
    this.#sender = new Sender(this.#environment(), { name: 'producer', destination: ORDERS })
    this.#deliveries.isWrittenOff = (subject) => this.simulation.writtenOff.touches(subject)
    this.#listen()
  }

  /** Starts all nodes and waits for the first leader, and until its clients have found it. */
  async begin(): Promise<Cast> {
    const { simulation } = this
    simulation.startAll()
    const leader = await simulation.untilLed()
    await this.until(() => simulation.isEqual && this.#sender.isUp, 'no quiet beginning')
    const [a, b, c, d, e] = [leader, ...simulation.brokers.filter((one) => one !== leader)]
    const cast = [a, b, c, d, e].filter((one) => one !== undefined)
    this.#story.begin(cast)
    this.#mark('faultBegins')
    return { a, b, c, d, e } as Cast
  }

  /** Sends so many messages and waits until all are confirmed. */
  async confirm(label: string, count: number, bytes = 40): Promise<void> {
    this.#sender.send(label, { count, bytes }, () => this.#tell(`${label}: ${count} confirmed`))
    await this.confirmed(label)
  }

  /** Sends so many messages and waits for nothing: whoever leads may confirm them, now or later. */
  offer(label: string, count: number, bytes = 40): void {
    this.#tell(`${label}: ${count} sent`)
    this.#sender.send(label, { count, bytes }, () => this.#tell(`${label}: all confirmed`))
  }

  confirmed(label: string): Promise<void> {
    return this.until(() => this.unconfirmed(label) === 0, `${label} are not confirmed`)
  }

  unconfirmed(label: string): number {
    return this.#sender.waiting(label)
  }

  /** From now on somebody takes messages; otherwise only in the end. */
  consume(): void {
    this.#consumer ??= new Consumer(this.#environment(), {
      name: 'consumer',
      destination: ORDERS,
      prefetch: 100,
      isAlone: true,
      acknowledges: 'individually',
      workMs: 0.2,
      holdChance: 0,
      holdMs: 0,
      leaveChance: 0,
      leaves: [],
      awayMs: 0,
    })
  }

  /** Messages that somebody took, redelivered ones as often as they came. */
  get received(): number {
    return this.simulation.history.filter(({ kind }) => kind === 'receive').length
  }

  /** Lets time pass. */
  pass(ms: number): Promise<void> {
    return this.simulation.run(ms)
  }

  /** Nobody is elected in all this time. */
  async nobodyLeads(ms: number): Promise<void> {
    await this.simulation.run(ms)
    assert.equal(this.simulation.leader?.id, undefined, 'somebody leads')
    this.#tell('nobody leads')
  }

  /** The node holds all that it has in its log on its disk. */
  synced(broker: SimulatedBroker): Promise<void> {
    const { log } = broker.witness
    return this.until(() => log.syncedIndex === log.length, `${broker.id} does not sync`)
  }

  until(condition: () => boolean, otherwise: string): Promise<void> {
    return this.simulation.until(condition, PATIENCE_MS, otherwise)
  }

  /** Somebody leads, whoever it is. */
  someoneLeads(): Promise<void> {
    return this.until(() => this.simulation.leader !== undefined, 'nobody leads')
  }

  leads(broker: SimulatedBroker): Promise<void> {
    return this.until(() => broker.isLeading, `${broker.id} does not lead`)
  }

  /** The node wins an epoch, and dies before anybody hears of more than its candidacy. */
  async winsUnheard(broker: SimulatedBroker): Promise<void> {
    const { epoch } = broker.witness.log.tail
    this.atNext(broker, 'openEpoch', () => this.cutOff(broker))
    await this.until(() => broker.witness.log.tail.epoch > epoch, `${broker.id} wins nothing`)
    await this.synced(broker)
    broker.kill()
    this.heal()
  }

  /** All hold the same log, and nobody's word is in doubt. */
  equal(): Promise<void> {
    return this.until(() => this.simulation.isEqual, 'the logs do not become equal')
  }

  /** What the node told the leader of this epoch that it holds on its disk, each time it did. */
  acksOf(broker: SimulatedBroker, epoch: number): readonly number[] {
    const acks = this.#acks.get(broker) ?? []
    return acks.filter((ack) => ack.epoch === epoch).map(({ synced }) => synced)
  }

  /** The end of its log as the node told the last candidate that asked for its vote. */
  voteOf(broker: SimulatedBroker): number | null {
    return this.#votes.get(broker) ?? null
  }

  /** Snaps once, just behind the first effect of this kind. */
  atNext(
    victim: SimulatedBroker,
    isIt: Trap['isIt'] | ReplicaEffect['type'],
    act: () => void,
  ): void {
    const matches =
      typeof isIt === 'string' ? (effect: ReplicaEffect) => effect.type === isIt : isIt
    this.#traps.push({ victim, isIt: matches, act })
  }

  /** No way from `from` to `to`; the other direction stays. */
  cutOneWay(from: SimulatedBroker, to: SimulatedBroker): void {
    this.simulation.network.cut(from.id, to.id)
  }

  /** Between the two nothing arrives. */
  cut(one: SimulatedBroker, other: SimulatedBroker): void {
    this.cutOneWay(one, other)
    this.cutOneWay(other, one)
  }

  /** From all other brokers; clients and the coordination service still reach it. */
  cutOff(broker: SimulatedBroker): void {
    this.#tell(`${broker.id} is cut off from the others`)
    for (const other of this.simulation.brokers) if (other !== broker) this.cut(broker, other)
  }

  cutOffClients(): void {
    this.#tell('clients are cut off')
    for (const { id } of this.simulation.brokers) {
      this.simulation.network.cut(CLIENT_HOST, id)
      this.simulation.network.cut(id, CLIENT_HOST)
    }
  }

  /** Nothing that clients say reaches the broker, not even that they are gone. */
  muteClientsFor({ id }: SimulatedBroker): void {
    this.#tell(`${id} hears no client any more`)
    this.simulation.network.cut(CLIENT_HOST, id)
  }

  /** Nothing passes between the two sides. */
  split(one: readonly SimulatedBroker[], other: readonly SimulatedBroker[]): void {
    const names = (side: readonly SimulatedBroker[]) => side.map(({ id }) => id).join(', ')
    this.#tell(`${names(one)} | ${names(other)}`)
    for (const from of one) for (const to of other) this.cut(from, to)
  }

  cutFromCoordination(broker: SimulatedBroker): void {
    this.#tell(`${broker.id} is cut off from the coordination service`)
    this.simulation.network.cut(broker.id, COORDINATION_HOST)
    this.simulation.network.cut(COORDINATION_HOST, broker.id)
  }

  /** The next requests for an epoch are carried out, and the answers get lost. */
  loseAnswers(requests: number): void {
    this.#answersToLose = requests
  }

  /** How often somebody has written an epoch into the register, or tried to. */
  get epochsAskedFor(): number {
    return this.#epochsAskedFor
  }

  /** The register says so much less than it did, or more. */
  restoreEpochs(less: number): void {
    const by = less < 0 ? `${-less} more` : `${less} less`
    this.#tell(`the register of epochs is restored from a backup: ${by}`)
    this.simulation.coordination.rollBackEpoch(less)
  }

  heal(): void {
    this.simulation.healNetwork()
  }

  expects(trace: string): void {
    this.#expected = trace
  }

  /** The story so far, for whoever reads a failure. */
  get told(): string {
    return this.#story.lines.map(({ who, what }) => `  ${who}  ${what}`).join('\n')
  }

  /**
   * Mends everything, lets clients finish, judges, and holds the trace against what is expected.
   */
  async end(): Promise<void> {
    const { simulation } = this
    simulation.healAll()
    this.#mark('faultEnds')
    this.#traps = []
    this.#listen()
    this.consume()
    const drained = await this.#drain()
    simulation.drainFailure = drained.isComplete ? null : drained.unfinished.join('; ')
    await this.equal()
    judge(simulation, STRIKES)
    const difference = new ExpectedTrace(this.#expected).difference(this.#story.lines)
    assert.ok(difference === null, `another trace, ${difference}`)
  }

  #losesAnswerTo(request: Buffer): boolean {
    if (request.readInt32BE(4) !== SET_DATA || !request.includes('/epoch')) return false
    this.#epochsAskedFor++
    if (this.#answersToLose === 0) return false
    this.#answersToLose--
    this.#tell('an epoch is asked for, and the answer gets lost')
    return true
  }

  async #drain(): Promise<DrainResult> {
    const { simulation } = this
    const workers: Worker[] = this.#consumer === null ? [] : [this.#consumer, this.#sender]
    const { clock } = this.#environment()
    let result: DrainResult | null = null
    const around = { ledger: this.#deliveries, clock, limits: DRAIN }
    void drain(workers, around).then((outcome) => {
      result = outcome
      simulation.history.push({ kind: 'drained', atMs: clock.monotonicMs() })
    })
    const isUp = () => simulation.brokers.every((broker) => broker.isUp)
    const isOver = () => result !== null && isUp() && simulation.leader !== undefined
    const untilMs = simulation.nowMs + DRAIN.deadlineMs + 1_000
    while (!isOver()) {
      assert.ok(simulation.nowMs < untilMs, simulation.describeStandstill(result !== null))
      simulation.startAll()
      await simulation.run(100)
    }
    return result as unknown as DrainResult
  }

  /** A scenario is one fault, whatever it is made of. */
  #mark(kind: 'faultBegins' | 'faultEnds'): void {
    const { simulation } = this
    simulation.record({ kind, atMs: simulation.nowMs, fault: 'scenario', targets: [] })
  }

  #environment() {
    const environment = this.simulation.clientEnvironment(this.#chance.fork())
    const record: typeof environment.record = (event) => {
      this.#deliveries.note(event)
      environment.record(event)
    }
    return { ...environment, record }
  }

  #listen(): void {
    for (const broker of this.simulation.brokers) {
      broker.witness.onEffect = (effect) => {
        this.#story.effect(broker, effect)
        if (effect.type === 'send') this.#note(broker, effect.frame)
        this.#snap(broker, effect)
      }
    }
  }

  #note(broker: SimulatedBroker, frame: Frame): void {
    if (frame.type === 'ack') {
      const acks = this.#acks.get(broker)
      if (acks === undefined) this.#acks.set(broker, [frame])
      else acks.push(frame)
    }
    if (frame.type === 'fenceReply') this.#votes.set(broker, frame.last.index)
  }

  #snap(broker: SimulatedBroker, effect: ReplicaEffect): void {
    const trap = this.#traps.find(({ victim, isIt }) => victim === broker && isIt(effect))
    if (trap === undefined) return
    this.#traps = this.#traps.filter((other) => other !== trap)
    this.simulation.timeline.after(0, () => trap.act())
  }

  #tell(line: string): void {
    this.simulation.tell(line)
  }
}
