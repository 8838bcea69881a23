import assert from 'node:assert/strict'
import { parseSyncLevel } from '@quorate/broker/replication/sync-level'
import { PAGE_BOUNDS } from '@quorate/broker/store/fold/page-pool'
import type { PageBounds } from '@quorate/broker/store/fold/page-pool'
import { Ledger } from '../../../packages/broker/test/replication/world/ledger.ts'
import type { HistoryEvent } from '../../support/history/events.ts'
import type { BrokerWitness } from './broker-witness.ts'
import type { ClientEnvironment } from '../clients/client-environment.ts'
import { Chance } from './chance.ts'
import { Coordination } from './coordination.ts'
import type { Sighting } from './sightings.ts'
import { SimulatedBroker } from './simulated-broker.ts'
import { CLIENT_PORT } from './simulated-options.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { Timeline } from './timeline.ts'
import { Trace } from './trace.ts'
import { WrittenOff } from './written-off.ts'

/** Often enough to see what is repaired a moment later, and cheap enough. */
const INDEX_CHECK_STEPS = 50

export interface SimulationOptions {
  readonly seed: number
  readonly replicas: number
  readonly sync?: string
  readonly segmentBytes?: number
  readonly checkpointIdleMs?: number
  readonly checkpointLogBytes?: number
  readonly pages?: PageBounds
}

/**
 * A cluster of real brokers in one thread of simulated time: their network, disks, clocks and
 * chance, the coordination service, and a record of everything that clients did and saw.
 */
export class Simulation {
  readonly timeline = new Timeline()
  readonly trace = new Trace(this.timeline)
  readonly chance: Chance
  readonly network: SimulatedNetwork
  readonly coordination: Coordination
  readonly ledger: Ledger
  readonly brokers: readonly SimulatedBroker[]
  readonly history: HistoryEvent[] = []
  readonly writtenOff = new WrittenOff()
  /** What brokers logged as errors. */
  readonly alarms: string[] = []
  readonly sightings = new Map<Sighting, number>()
  /** What the clients still waited for when they gave up. */
  drainFailure: string | null = null
  #failure: Error | null = null

  constructor(options: SimulationOptions) {
    this.chance = new Chance(options.seed)
    this.network = new SimulatedNetwork(this.timeline, this.chance.fork())
    this.network.onPiece = (torn) =>
      this.sight(torn ? 'a connection broke in the middle' : 'bytes arrived in pieces')
    this.coordination = new Coordination(this.timeline, this.network, this.chance.fork())
    const sync = parseSyncLevel(options.sync ?? 'quorum_disk')
    this.ledger = new Ledger()
    this.ledger.onLoss = (from) => this.writtenOff.lost(from)
    const shape = {
      replicas: options.replicas,
      sync,
      segmentBytes: options.segmentBytes ?? 1 << 16,
      checkpointIdleMs: options.checkpointIdleMs ?? 1_000,
      checkpointLogBytes: options.checkpointLogBytes ?? 1 << 16,
      pages: options.pages ?? PAGE_BOUNDS,
    }
    this.brokers = Array.from(
      { length: options.replicas },
      (_, i) => new SimulatedBroker(this, `n${i + 1}`, shape),
    )
    this.timeline.afterStep = () => this.#afterStep()
  }

  get witnesses(): readonly BrokerWitness[] {
    return this.brokers.map(({ witness }) => witness)
  }

  get nowMs(): number {
    return this.timeline.nowMs
  }

  broker(id: string): SimulatedBroker {
    return this.brokers.find((broker) => broker.id === id) as SimulatedBroker
  }

  get leader(): SimulatedBroker | undefined {
    return this.brokers.find((broker) => broker.isLeading && !broker.isPaused)
  }

  startAll(): void {
    for (const broker of this.brokers) broker.start()
  }

  sight(what: Sighting): void {
    this.sightings.set(what, (this.sightings.get(what) ?? 0) + 1)
  }

  tell(line: string): void {
    this.trace.add('*', line)
  }

  healNetwork(): void {
    this.tell('the network is healed')
    this.network.heal()
  }

  /** Disks have room and are quick again, and the coordination service answers. */
  healSurroundings(): void {
    this.coordination.comeUp()
    this.coordination.ambiguity = 0
    this.coordination.isStale = false
    this.coordination.isDeaf = false
    this.coordination.slowness = 0
    for (const { disk } of this.brokers) disk.heal()
  }

  /** Everything that was broken is mended, and what was down is started. */
  healAll(): void {
    this.tell('everything is mended')
    this.network.heal()
    this.healSurroundings()
    for (const broker of this.brokers) {
      broker.witness.onEffect = () => undefined
      broker.resume()
      broker.start()
    }
  }

  /** S11: all hold the same log, and nobody's acknowledgements are in doubt. */
  get isEqual(): boolean {
    const [first, ...others] = this.witnesses
    if (first === undefined || this.leader === undefined) return false
    const { length } = first.log
    const chain = first.log.chainAt(length)
    return (
      this.witnesses.every(({ node, store }) => {
        const isApplied = store !== null && store.appliedIndex === length
        return isApplied && node?.replica.suspect === null && node.journal.syncedIndex === length
      }) && others.every(({ log }) => log.length === length && log.chainAt(length) === chain)
    )
  }

  /** R19: where nothing waits in old segments the log does not begin with them any more. */
  get isShort(): boolean {
    const { store, node } = this.leader?.witness ?? {}
    if (!store || !node) return false
    const [first, ...others] = node.journal.segments
    const last = others.at(-1) ?? first
    if (last === undefined || last === first) return true
    const { logStart, segments } = store.fold
    return logStart >= last.firstIndex || segments.before(last.position).messages > 0
  }

  /** Why nothing goes on, for whoever reads the failure. */
  describeStandstill(isDrained: boolean): string {
    const nodes = this.brokers.map(({ id, isUp, witness: { node, log } }) => {
      if (!isUp || node === null) return `${id} is down`
      const { role, suspect } = node.replica
      return `${id} ${role}${suspect === null ? '' : ` (suspect: ${suspect})`} at ${log.length}`
    })
    const clients = isDrained ? 'clients are served' : 'clients wait'
    return `no healthy cluster after everything was mended (S11): ${nodes.join(', ')}; ${clients}`
  }

  /** The last epoch that anybody won. */
  get epoch(): number {
    return Math.max(0, ...this.witnesses.map(({ log }) => log.tail.epoch))
  }

  /** The surroundings of clients that run on a host of their own. */
  clientEnvironment(chance: Chance): ClientEnvironment {
    const process = new SimulatedProcess('c1', this.timeline)
    return {
      network: this.network.of(process),
      clock: process.clock,
      chance,
      addresses: this.brokers.map(({ id }) => ({ host: id, port: CLIENT_PORT })),
      record: (event) => this.record(event),
      surprised: (what) => this.#fail(new Error(`a client is surprised: ${what}`)),
    }
  }

  /** What clients did and saw, and what was done to the brokers meanwhile. */
  record(event: HistoryEvent): void {
    this.history.push(event)
    this.trace.client(event)
  }

  /** Every seat is taken by the store of a node that there is, and that is committed (R40). */
  get isComplete(): boolean {
    const replica = this.leader?.witness.node?.replica
    const entry = replica?.meta.configs.at(-1)
    if (entry === undefined || entry.index > (replica?.commitIndex ?? 0)) return false
    const stores = new Set(this.witnesses.map(({ storeUuid }) => storeUuid))
    return entry.config.seats.every((seat) => seat !== null && stores.has(seat.storeUuid))
  }

  /** Runs for so long; throws what an invariant found meanwhile. */
  async run(ms: number): Promise<void> {
    await this.timeline.run(ms)
    this.check()
  }

  async untilLed(ms = 15_000): Promise<SimulatedBroker> {
    await this.until(() => this.leader !== undefined, ms, 'no leader')
    return this.leader as SimulatedBroker
  }

  async until(condition: () => boolean, ms: number, otherwise: string): Promise<void> {
    const holds = await this.timeline.until(() => condition() || this.#failure !== null, ms)
    this.check()
    assert.ok(holds, `${otherwise} within ${ms} ms`)
  }

  /** Inside a broker's own step a throw would be taken for the broker's failure: it is kept. */
  guard(look: () => void): void {
    try {
      look()
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  check(): void {
    if (this.#failure !== null) throw this.#failure
  }

  #checkIndexes(): void {
    for (const witness of this.witnesses) witness.checkIndex()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.timeline.isHalted = true
  }

  /** S9: at no time may two brokers dispatch. S8 is looked at now and then. */
  #afterStep(): void {
    if (this.timeline.steps % INDEX_CHECK_STEPS === 0) this.guard(() => this.#checkIndexes())
    let leading = 0
    for (const { witness } of this.brokers) if (witness.node?.replica.leadership != null) leading++
    if (leading < 2) return
    const [a, b] = this.brokers.filter(
      ({ isPaused, witness }) =>
        witness.node?.replica.leadership != null && !isPaused && witness.hasLease,
    )
    if (a === undefined || b === undefined) return
    this.#fail(new Error(`${a.id} and ${b.id} may dispatch at the same time (S9)`))
  }
}
