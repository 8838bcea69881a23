import assert from 'node:assert/strict'
import { toBrokerError } from '@quorate/core/base/errors'
import type { Log, LogFields } from '@quorate/core/base/log'
import { Broker } from '@quorate/broker/broker'
import type { FileOperation } from '@quorate/broker/store/journal/memory-file-system'
import type { BrokerPorts } from '@quorate/broker/ports'
import type { ReplicaNode } from '@quorate/broker/replication/replica-node'
import { CHECKPOINT_ROWS } from '@quorate/broker/store/leveldb/checkpoint-schedule'
import { BrokerWitness, NO_STORE } from './broker-witness.ts'
import type { Chance } from './chance.ts'
import { entropyOf } from './chance.ts'
import { Disk } from './disk.ts'
import type { Sighting } from './sightings.ts'
import type { Simulation } from './simulation.ts'
import { makeForeignStore } from './foreign-store.ts'
import { MonotonicClock, SimulatedProcess, endOfTurn } from './simulated-process.ts'
import { BROKER_NAME, optionsOf } from './simulated-options.ts'
import type { ClusterShape } from './simulated-options.ts'
import { rotSlots } from './slot-rot.ts'
import { uncommittedMax } from './uncommitted-watch.ts'
import { witnessedNetwork } from './witnessed-network.ts'

/** What a broker may end itself for, because a fault was the reason; anything else is our bug. */
const excusable: ReadonlySet<string> = new Set([
  'STORE_UNAVAILABLE',
  'STORE_FULL',
  'JOURNAL_CORRUPT',
  'FOREIGN_CLUSTER',
])
const refusals: { readonly [K in FileOperation['kind']]?: Sighting } = {
  read: 'a disk refused a read',
  write: 'a disk refused a write',
  syncData: 'a disk refused a sync',
  sync: 'a disk refused a full sync',
  syncDirectory: 'a disk refused to sync a directory',
}
/** A broker that failed gets so long to say goodbye. */
const GOODBYE_MS = 1_000

/** A node: its disk, and the broker that runs on it, or does not. The broker is the real one. */
export class SimulatedBroker {
  readonly id: string
  readonly witness: BrokerWitness
  disk: Disk
  readonly #simulation: Simulation
  readonly #shape: ClusterShape
  readonly #chance: Chance
  #process: SimulatedProcess | null = null
  #broker: Broker | null = null
  #boot = 1
  #wallSkewMs = 0
  readonly #monotonic: MonotonicClock
  #starts = 0
  /** In which start something happened to its store; null when all is well. */
  #doubtedIn: number | null = null
  /** Files of which a copy has decayed, and that no start has written anew. */
  readonly #decayed = new Set<string>()
  /**
   * Its own disk, while another cluster's is in its place: nobody looks at what happens to that.
   */
  #shelf: Disk | null = null

  constructor(simulation: Simulation, id: string, shape: ClusterShape) {
    this.#simulation = simulation
    this.id = id
    this.#shape = shape
    this.#chance = simulation.chance.fork()
    this.#monotonic = new MonotonicClock(simulation.timeline)
    this.disk = this.#newDisk()
    this.witness = this.#newWitness()
  }

  get isUp(): boolean {
    return this.#process !== null
  }

  get isPaused(): boolean {
    return this.#process?.isPaused ?? false
  }

  get isLeading(): boolean {
    return this.isUp && this.witness.isLeading
  }

  get broker(): Broker | null {
    return this.#broker
  }

  get bytesWritten(): number {
    return this.witness.log.recordAt(this.witness.log.length)?.endPosition ?? 0
  }

  start(): void {
    if (this.isUp) return
    const { network, timeline } = this.#simulation
    const process = new SimulatedProcess(this.id, timeline, this.#monotonic)
    process.wallOffsetMs += this.#wallSkewMs
    this.#process = process
    this.#starts++
    this.disk.mount(process)
    network.booted(this.id)
    this.#tell('starts')
    Broker.start(optionsOf(this.id, this.#directory, this.#shape), this.#ports(process)).then(
      (broker) => {
        if (this.#process !== process) return
        this.#broker = broker
        void broker.failed.then((error) => this.#failed(process, error))
      },
      (error: unknown) => {
        if (this.#process !== process) return
        const failure = toBrokerError(error)
        this.#tell(`cannot start: ${failure.message}`)
        this.#mustBeExcusable(failure)
        this.#end({ powerCut: false })
        this.#understood(failure)
      },
    )
  }

  /** kill -9: the page cache stays. */
  kill(): void {
    if (!this.isUp) return
    this.#tell('is killed')
    this.#end({ powerCut: false })
  }

  losePower(): void {
    if (this.isUp) {
      this.#tell('loses power')
      this.#end({ powerCut: true })
    }
    if (this.#shelf === null) this.#lostUnsynced()
    this.disk.losePower()
    this.#boot++
  }

  /** SIGTERM. */
  stop(): void {
    const process = this.#process
    if (process === null || this.#broker === null) return
    this.#tell('is told to stop')
    const stopping = this.#broker.stop()
    const done = () => {
      if (this.#process === process) this.#end({ powerCut: false })
    }
    stopping.then(done, done)
  }

  pause(): void {
    if (!this.isUp || this.isPaused) return
    this.#tell('is paused')
    this.#process?.pause()
  }

  resume(first?: 'reading'): void {
    if (!this.isPaused) return
    this.#tell('goes on')
    this.#process?.resume(first)
  }

  /** The disk is replaced by an empty one. */
  wipe(): void {
    this.kill()
    this.#tell('gets an empty disk')
    this.#simulation.ledger.destroyed(this.witness, 0)
    this.disk = this.#newDisk()
    this.#shelf = null
    this.#doubt()
    this.witness.onDisk.disk = this.disk
    this.witness.storeUuid = NO_STORE
  }

  /** Copies on its disk may be gone, or are going to be. */
  get isInDoubt(): boolean {
    const { node, log } = this.witness
    if (this.disk.isFailing || log.isRotten) return true
    const isOfLater = this.#doubtedIn !== null && this.#starts > this.#doubtedIn
    if (isOfLater && node !== null && isInGoodStanding(node)) this.#doubtedIn = null
    return this.#doubtedIn !== null
  }

  /** A byte of this record changes on the medium, and nobody has it in memory. */
  rot(index: number, where: 'anywhere' | 'at its end' = 'anywhere'): boolean {
    const { log } = this.witness
    const bytes = log.bytesOf(index)
    if (index > log.writtenIndex || bytes === null) return false
    const position = where === 'anywhere' ? this.#chance.integer(...bytes) : bytes[1]
    if (!this.witness.onDisk.flip(position, 1 << this.#chance.integer(0, 7))) return false
    this.#tell(`has a byte of record ${index} changed`)
    this.#rotted(index)
    return true
  }

  /**
   * A file of the log loses its end, behind a record or in one, and below what the journal takes
   * for granted: nobody would notice what is missing above.
   */
  loseEndOfLog(): boolean {
    const { log, onDisk } = this.witness
    if (this.isUp) return false
    const [from, to] = onDisk.lastCheckpointed
    const ends = log.endsBetween(from, to)
    if (ends.length === 0) return false
    const chance = this.#chance
    const end = chance.chance(0.7) ? chance.pick(ends) : chance.integer(from, to - 1)
    if (!onDisk.cutShort(end)) return false
    const index = log.indexAt(end)
    this.#tell(`has lost the end of a file, from record ${index} on`)
    this.#simulation.sight('a log lost its end')
    this.#rotted(index)
    return true
  }

  /** The disk of a node of another cluster that has its name, and no records. */
  putInForeignDisk(): void {
    if (this.#shelf !== null) return
    this.kill()
    this.#tell('gets the disk of another cluster')
    const disk = this.#newDisk()
    this.#shelf = this.disk
    this.disk = disk
    const store = {
      directory: this.#directory,
      brokerName: BROKER_NAME,
      nodeId: this.id,
      clusterId: 'another-cluster',
    }
    void makeForeignStore(disk.files, store).then(() => this.start())
  }

  /**
   * A bit changes in the newest slot of the file in which the replica, or its journal, keeps what
   * it must not forget. Only while the broker is down: a running one knows it by heart.
   */
  rotSlot(file: 'meta' | 'journal/checkpoint'): boolean {
    const damage = { what: 'newest', chance: this.#chance } as const
    // A slot has two copies, and a start writes both anew: one decays at a time.
    if (this.isUp || this.#decayed.has(file)) return false
    if (!rotSlots(this.disk.files, `${this.#directory}/${file}`, damage)) return false
    this.#decayed.add(file)
    this.#tell(`has a bit of ${file} changed`)
    this.#simulation.sight(file === 'meta' ? 'a meta file decayed' : 'a checkpoint decayed')
    this.#doubt()
    return true
  }

  /** R3: nothing is left of the meta file, and so the store is lost. */
  loseMeta(): boolean {
    // The store of another cluster would be lost, and begin anew as one of ours, unwitnessed.
    if (this.#shelf !== null) return false
    const damage = { what: 'all', chance: this.#chance } as const
    if (this.isUp || !rotSlots(this.disk.files, `${this.#directory}/meta`, damage)) return false
    this.#tell('has a meta file that nobody can read')
    this.#simulation.sight('a store was lost with its meta file')
    this.#simulation.ledger.destroyed(this.witness, 0)
    this.#doubt()
    this.witness.storeUuid = NO_STORE
    return true
  }

  /** Its monotonic clock goes so much faster, or slower. */
  driftClock(rate: number): void {
    this.#monotonic.rate = rate
    this.#tell(`has a clock of rate ${rate.toFixed(4)}`)
    this.#simulation.sight('clocks went at different rates')
  }

  /** Only the wall clock moves. */
  skewWallClock(ms: number): void {
    this.#wallSkewMs += ms
    if (this.#process !== null) this.#process.wallOffsetMs += ms
    if (ms < 0) this.#simulation.sight('a wall clock went back')
    this.#tell(`has its wall clock moved by ${Math.round(ms)} ms`)
  }

  #failed(process: SimulatedProcess, error: { code: string; message: string }): void {
    if (this.#process !== process) return
    this.#tell(`fails: ${error.code} ${error.message}`)
    this.#mustBeExcusable(error)
    if (error.code === 'JOURNAL_CORRUPT') this.#simulation.sight('damage was met while running')
    const { disk } = this
    const isQuick = !disk.isSlow
    const goodbye = () => {
      if (this.#process !== process) return
      // It has noted that its disk failed, if that can be done at all.
      const isNoted = isQuick && !disk.isSlow && !disk.isFailing
      this.#end({ powerCut: false })
      this.#understood(error)
      if (isNoted && this.#chance.chance(0.7)) this.#evict()
    }
    this.#broker?.stop().then(goodbye, goodbye)
    process.after(GOODBYE_MS, goodbye)
  }

  /** R37: what a failed sync did not write leaves the page cache as well. */
  #evict(): void {
    if (!this.disk.files.evict()) return
    this.#simulation.sight('pages were lost that a failed sync had left')
    this.#lostUnsynced()
  }

  /** The operator has read why it ended itself. */
  #understood({ code }: { readonly code: string }): void {
    if (code !== 'FOREIGN_CLUSTER' || this.#shelf === null) return
    this.#tell('gets its own disk back')
    this.#simulation.sight('a disk of another cluster was refused')
    this.disk = this.#shelf
    this.#shelf = null
  }

  /** What it held of these records is gone, or may be. */
  #rotted(index: number): void {
    this.#simulation.ledger.destroyed(this.witness, index - 1)
    this.witness.log.rotted(index)
    this.#doubt()
  }

  #lostUnsynced(): void {
    const { witness } = this
    this.#simulation.ledger.destroyed(witness, witness.log.syncedIndex)
    witness.log.lostPower()
  }

  #mustBeExcusable({ code, message }: { code: string; message: string }): void {
    // R15: after a loss that was reported a replica may hold what the others gave up.
    const isDiverged = code === 'DIVERGED' && this.#simulation.ledger.reportedLosses > 0
    this.#simulation.guard(() =>
      assert.ok(excusable.has(code) || isDiverged, `${this.id} ended itself: ${code} ${message}`),
    )
  }

  #end(how: { readonly powerCut: boolean }): void {
    const process = this.#process
    if (process === null) return
    this.#process = null
    this.#broker = null
    process.die()
    this.witness.ended()
    this.#simulation.network.ended(process, how)
    this.disk.kill()
  }

  #newDisk(): Disk {
    return new Disk(this.#chance.fork(), {
      full: () => this.#simulation.sight('a disk was full'),
      failed: (operation) => this.#diskFailed(operation),
      pageRead: () => this.#simulation.sight('a page was read back from an index'),
    })
  }

  #diskFailed({ kind, path }: FileOperation): void {
    this.#tell(`${kind} ${path}: EIO`)
    this.#doubt()
    const sighting = refusals[kind]
    if (sighting !== undefined) this.#simulation.sight(sighting)
    if (this.#broker === null) this.#simulation.sight('a start met a failing disk')
  }

  /** What this store says to hold may be gone: until a later start is in good standing. */
  #doubt(): void {
    this.#doubtedIn = this.#starts
  }

  #newWitness(): BrokerWitness {
    return new BrokerWitness({
      id: this.id,
      directory: this.#directory,
      disk: this.disk,
      sync: this.#shape.sync,
      ledger: this.#simulation.ledger,
      writtenOff: this.#simulation.writtenOff,
      everybody: () => this.#simulation.witnesses,
      tell: (line) => this.#tell(line),
      sight: (what) => this.#simulation.sight(what),
      elected: (epoch) => {
        const atMs = this.#simulation.nowMs
        this.#simulation.record({ kind: 'elected', atMs, node: this.id, epoch })
      },
      tellEvent: (event) => this.#simulation.trace.event(this.id, event),
      tellFrame: (to, frame) => this.#simulation.trace.frame(this.id, to, frame),
    })
  }

  get #directory(): string {
    return `/data/${this.id}`
  }

  #tell(line: string): void {
    this.#simulation.trace.add(this.id, line)
  }

  #ports(process: SimulatedProcess): BrokerPorts {
    const chance = this.#chance.fork()
    const { network } = this.#simulation
    const { checkpointLogBytes: logBytes, checkpointIdleMs: idleMs, pages } = this.#shape
    return {
      log: this.#log(process),
      clock: process.clock,
      entropy: entropyOf(chance),
      network: witnessedNetwork(network.of(process), this.witness, this.#simulation),
      fileSystem: this.disk.files,
      index: this.disk.index,
      checkpointDue: { logBytes, rows: CHECKPOINT_ROWS, idleMs },
      bodyCacheBytes: logBytes,
      pages,
      uncommittedMax,
      bootId: `boot-${this.#boot}`,
      schedule: endOfTurn(process, chance),
      lockDirectory: () => Promise.resolve({ release: () => Promise.resolve() }),
      startManagement: () =>
        Promise.resolve({ url: `http://${this.id}:8161`, stop: () => Promise.resolve() }),
      observer: this.#observer(process),
    }
  }

  /** What a dead process still wants is nobody's business. */
  #observer(process: SimulatedProcess): BrokerPorts['observer'] & object {
    const { witness } = this
    const look = (at: () => void) => {
      if (this.#process === process && this.#shelf === null) this.#simulation.guard(at)
    }
    return {
      opened: (node) => {
        this.#decayed.clear()
        look(() => witness.opened(node))
      },
      indexed: (store) => look(() => witness.indexed(store)),
      stepped: (event, effects) => look(() => witness.stepped(event, effects)),
    }
  }

  #log(process: SimulatedProcess): Log {
    const told = (message: string, fields?: LogFields) => {
      if (this.#process === process) this.#simulation.trace.log(this.id, message, fields)
    }
    const log: Log = {
      debug: () => undefined,
      info: told,
      warn: told,
      audit: told,
      error: (message, fields) => {
        told(message, fields)
        if (this.#process === process) this.#simulation.alarms.push(`${this.id}: ${message}`)
      },
      with: () => log,
    }
    return log
  }
}

/** It holds what a voter has to, and its seat is committed. */
function isInGoodStanding({ replica }: ReplicaNode): boolean {
  const { meta, suspect, commitIndex, isIncomplete } = replica
  const entry = meta.configs.at(-1)
  if (suspect !== null || isIncomplete || entry === undefined || entry.index > commitIndex)
    return false
  return entry.config.seats.some((seat) => seat?.storeUuid === meta.storeUuid)
}
