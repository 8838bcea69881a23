import type { Clock, Timer } from '@quorate/core/base/clock'
import type { Entropy } from '@quorate/core/base/entropy'
import { BrokerError, assert, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { Network } from '@quorate/core/transport/network'
import type { FileSystem } from '../store/journal/file-system.ts'
import type { Journal } from '../store/journal/journal.ts'
import type { LogPoint } from '../store/journal/log-batch.ts'
import { parseBatch } from '../store/journal/log-batch.ts'
import type { SpaceWatch } from '../store/journal/space-watch.ts'
import type { StateMachine } from './committed-feed.ts'
import type { Frame } from './frames.ts'
import type { CarriedState } from './carried-state.ts'
import { ElectionHistory } from './election-history.ts'
import type { Election } from './election-history.ts'
import type { SettledContent } from './leader-log.ts'
import type { Identity } from './link/handshake.ts'
import { PEERS_MAX, ReplicationLinks } from './link/replication-links.ts'
import type { LinkView } from './link/replication-links.ts'
import { configsIn } from './log-records.ts'
import { logView } from './log-view.ts'
import type { ReplicaMeta } from './meta.ts'
import type { MetaFile } from './meta-file.ts'
import { NodeLog } from './node-log.ts'
import type { ReplicaTimings } from './replica/context.ts'
import type { ReplicaEffect, ReplicaEvent } from './replica/events.ts'
import { Replica } from './replica/replica.ts'
import type { ReplicaStore, ReplicaStoreOptions } from './replica-store.ts'
import { damagedFromOf, openReplicaStore } from './replica-store.ts'
import type { SyncLevel } from './sync-level.ts'

/** How often the state machine looks at the clock: the grain of every timeout. */
const TICK_MS = 20
/** Events that may wait while the log is cut. More means that the disk does not answer. */
const EVENT_QUEUE_MAX = 100_000

export interface ReplicaNodeOptions extends Pick<ReplicaStoreOptions, 'spaceLimits' | 'isAlone'> {
  readonly directory: string
  readonly fileSystem: FileSystem
  readonly brokerName: string
  readonly nodeId: string
  readonly bindHost: string
  readonly bindPort: number
  readonly securityToken: string
  readonly weight: number
  readonly sync: SyncLevel
  readonly timings: ReplicaTimings
  readonly segmentSizeBytes: number
  readonly bootId: string
  readonly clock: Clock
  readonly entropy: Entropy
  readonly network: Network
  readonly log: Log
  /** Runs the work once at the end of this turn of the event loop. */
  readonly schedule: (work: () => void) => void
  /** R5; rejects when the coordination service cannot give one. */
  readonly allocateEpoch: (above: number) => Promise<{ epoch: number; nonce: string }>
  readonly listener: ReplicaNodeListener
  /** For simulations and protocol traces. */
  readonly observer?: ReplicaObserver
}

export interface ReplicaObserver {
  /** The store is open; nothing has happened yet. */
  opened(node: ReplicaNode): void
  /** What the state machine wants, before it is carried out. */
  stepped(event: ReplicaEvent, effects: readonly ReplicaEffect[]): void
}

export interface ReplicaNodeListener {
  /** R20: everything confirmed so far is applied; serve. */
  lead(epoch: number): void
  /** R29: stop serving at once. */
  stepDown(reason: string): void
  /** More is committed, or confirmable in the local modes. */
  advanced(): void
  /** R38: the log begins elsewhere, and is empty: the owner brings a new state machine. */
  restarted(): void
  /** The broker cannot go on: the disk failed, or the log contradicts the cluster. */
  fatal(error: BrokerError): void
}

/**
 * A replica at work: the loops that carry out what the pure state machine wants, on the journal,
 * the meta file, the links and the state machine that the committed log is fed to.
 */
export class ReplicaNode {
  readonly #options: ReplicaNodeOptions
  readonly #journal: Journal
  readonly #metaFile: MetaFile
  readonly #space: SpaceWatch
  readonly #replica: Replica
  readonly #log: NodeLog
  readonly #links: ReplicationLinks
  readonly #elections: ElectionHistory
  #tick: Timer | null = null
  #queue: ReplicaEvent[] = []
  #isStepping = false
  /** A cut is under way: everything else waits, so that nothing sees the log half way (R16). */
  #isCutting = false
  #cut: Promise<void> = Promise.resolve()
  #isStopped = false
  /** The links are closed. */
  #farewell: Promise<void> = Promise.resolve()
  #ending: Promise<void> | null = null
  #pendingLead: number | null = null

  private constructor(options: ReplicaNodeOptions, store: ReplicaStore, startMs: number) {
    this.#options = options
    this.#journal = store.journal
    this.#metaFile = store.metaFile
    this.#space = store.space
    this.#elections = new ElectionHistory(options.nodeId, options.clock)
    this.#replica = new Replica(store.meta, logView(store), {
      timings: options.timings,
      sync: options.sync,
      weight: options.weight,
      random: () => options.entropy.random(),
      startMs,
    })
    this.#log = new NodeLog({
      journal: store.journal,
      segmentSizeBytes: options.segmentSizeBytes,
      schedule: options.schedule,
      carried: () => this.#carried(),
      onAppended: (batch, configs) => this.#dispatch({ type: 'appended', batch, configs }),
      onCaughtUp: () => this.#onCaughtUp(),
      onError: (error) => this.fail(toBrokerError(error, 'STORE_UNAVAILABLE')),
    })
    this.#links = new ReplicationLinks({
      host: options.bindHost,
      port: options.bindPort,
      identity: () => this.#identity(),
      securityToken: options.securityToken,
      network: options.network,
      entropy: options.entropy,
      clock: options.clock,
      log: options.log,
      listener: {
        up: ({ nodeId, storeUuid, weight }) =>
          this.#dispatch({ type: 'linkUp', peer: nodeId, storeUuid, weight }),
        down: (peer, refused) => this.#dispatch({ type: 'linkDown', peer, refused }),
        frame: (from, frame) => this.#onFrame(from, frame),
        arriving: (from) => this.#dispatch({ type: 'arriving', from }),
      },
    })
  }

  /** Opens the store, whose directory is locked. The replica takes part from `start` on. */
  static async open(options: ReplicaNodeOptions): Promise<ReplicaNode> {
    // R12: who gave leases from this directory has ended, so Tmin runs while the store is opened.
    const startMs = options.clock.monotonicMs()
    const pending: { node: ReplicaNode | null; fatal: BrokerError | null } = {
      node: null,
      fatal: null,
    }
    const store = await openReplicaStore({
      ...options,
      journalListener: {
        written: () => pending.node?.onJournalAdvanced(),
        synced: () => pending.node?.onJournalAdvanced(),
        fatal: (error) => {
          pending.fatal = error
          pending.node?.fail(error)
        },
      },
    })
    const node = new ReplicaNode(options, store, startMs)
    pending.node = node
    if (pending.fatal !== null) throw pending.fatal
    options.observer?.opened(node)
    return node
  }

  get replica(): Replica {
    return this.#replica
  }

  /** What this node has seen of elections, oldest first. */
  get elections(): readonly Election[] {
    return this.#elections.elections
  }

  get weight(): number {
    return this.#options.weight
  }

  get journal(): Journal {
    return this.#journal
  }

  /** R37: new messages have to wait, for our own disk or for those of needed followers. */
  get lacksSpace(): boolean {
    if (this.#space.isShortWith(this.#log.gatheredBytes)) return true
    return this.#replica.leadership?.needsShortFollowers === true
  }

  /** How full our own store is. */
  get space(): Pick<SpaceWatch, 'view' | 'diskBytes'> {
    return this.#space
  }

  /** The nodes that we dial, and whether the link stands. */
  get links(): readonly LinkView[] {
    return this.#links.view
  }

  /** Accepts the others' links. Resolves to the port. */
  listen(): Promise<number> {
    return this.#links.listen()
  }

  /** Takes part, and feeds `stateMachine` from its applied index on. */
  start(stateMachine: StateMachine): void {
    this.#log.feed(stateMachine, this.#replica.commitIndex)
    // A leader can be followed while the coordination service is away (R26).
    this.#links.setPeers(new Map(Object.entries(this.#replica.meta.peers)))
    this.#space.start()
    this.#tick ??= this.#options.clock.every(TICK_MS, () => this.#dispatch({ type: 'tick' }))
  }

  /**
   * Where the other nodes are: `host:port` by node id. Voters that are not named keep their last
   * known address: the coordination service may just not see them.
   */
  setPeers(addresses: ReadonlyMap<string, string>): void {
    const { peers: known, nodeId: self } = this.#replica.meta
    const seats = this.#replica.meta.configs.at(-1)?.config.seats ?? []
    const peers = new Map<string, string>()
    for (const seat of seats) {
      const address = seat && (addresses.get(seat.nodeId) ?? known[seat.nodeId])
      if (seat && address && seat.nodeId !== self) peers.set(seat.nodeId, address)
    }
    for (const [nodeId, address] of addresses) {
      if (nodeId !== self && peers.size < PEERS_MAX) peers.set(nodeId, address)
    }
    const changed =
      peers.size !== Object.keys(known).length ||
      [...peers].some(([nodeId, address]) => known[nodeId] !== address)
    if (changed) this.#dispatch({ type: 'peersMoved', peers: Object.fromEntries(peers) })
    this.#links.setPeers(peers)
  }

  dispatch(event: Extract<ReplicaEvent, { type: 'joined' | 'stepDown' | 'abdicate' }>): void {
    this.#dispatch(event)
  }

  /** Appends a record of the state machine. Throws LEADERSHIP_LOST when this node does not lead. */
  append(type: number, payload: Buffer | readonly Buffer[]): number {
    return this.#log.append(type, payload)
  }

  /**
   * Appends a record whose content is made when everything before it has been applied. Throws
   * LEADERSHIP_LOST.
   */
  appendSettled(content: SettledContent): void {
    this.#log.appendSettled(content)
  }

  /** See LeaderLog. */
  beginSegment(leastBytes: number): boolean {
    return this.#log.beginSegment(leastBytes)
  }

  /** What all followers have that are connected and being fed; Infinity when there are none. */
  get fedIndex(): number {
    return this.#replica.fedIndex
  }

  leaseValid(): boolean {
    // What has failed hands out nothing, whatever its followers said before.
    return !this.#isStopped && this.#replica.leaseValid(this.#options.clock.monotonicMs())
  }

  onJournalAdvanced(): void {
    this.#dispatch({ type: 'journalAdvanced' })
    this.#log.advance()
    this.#options.listener.advanced()
  }

  /** Fail-stop (R37): nothing is acknowledged or written from here on. */
  fail(error: BrokerError): void {
    if (this.#isStopped) return
    this.#halt()
    const { meta, commitHint } = this.#replica
    const suspect = isInDoubt(error) ? `${error.code}: ${error.message}` : meta.suspect
    const damagedFrom = damagedFromOf(error) ?? meta.damagedFrom
    // Best effort: the disk may be the very reason. An unclean start is the other witness.
    this.#metaFile.write({ ...meta, suspect, damagedFrom, commitHint }).catch(() => undefined)
    this.#options.listener.stepDown(error.message)
    this.#options.listener.fatal(error)
  }

  /** Clean end (R31): leadership is handed over, the log synced, the meta file marked. */
  stop(): Promise<void> {
    this.#ending ??= this.#isStopped ? this.#endFailed() : this.#end()
    return this.#ending
  }

  async #endFailed(): Promise<void> {
    await this.#farewell
    await this.#cut.catch(() => undefined)
    await this.#journal.close({ clean: false })
    await this.#metaFile.close()
  }

  async #end(): Promise<void> {
    this.#log.flush()
    this.#dispatch({ type: 'abdicate' })
    this.#halt()
    await this.#farewell
    await this.#cut
    await this.#journal.sync()
    const { meta, commitHint } = this.#replica
    await this.#journal.close({ clean: true })
    await this.#metaFile.write({ ...meta, clean: true, commitHint })
    await this.#metaFile.close()
  }

  #halt(): void {
    this.#isStopped = true
    this.#tick?.cancel()
    this.#space.stop()
    this.#log.close()
    // The farewell frames are in the sockets; they leave before the end of this turn.
    this.#farewell = new Promise((resolve) => {
      this.#options.schedule(() => {
        this.#links.stop()
        resolve()
      })
    })
  }

  #identity(): Identity {
    const { brokerName, clusterId, nodeId, storeUuid } = this.#replica.meta
    return { brokerName, clusterId, nodeId, storeUuid, weight: this.#options.weight }
  }

  #onFrame(from: string, frame: Frame): void {
    if (frame.type !== 'append') {
      this.#dispatch({ type: 'frame', from, frame })
      return
    }
    const { epoch, session, commit } = frame
    const batch = parseBatch(frame.records, frame.previous)
    const configs = configsIn(batch)
    this.#dispatch({ type: 'records', from, epoch, session, commit, batch, configs })
  }

  #dispatch(event: ReplicaEvent): void {
    if (this.#isStopped) return
    this.#queue.push(event)
    if (this.#queue.length > EVENT_QUEUE_MAX) {
      this.fail(new BrokerError('STORE_UNAVAILABLE', 'the journal does not finish a truncation'))
      return
    }
    if (!this.#isStepping) this.#drain()
  }

  /** One event at a time, its effects before the next. */
  #drain(): void {
    this.#isStepping = true
    try {
      while (this.#queue.length > 0 && !this.#isCutting && !this.#isStopped) {
        const event = this.#queue.shift() as ReplicaEvent
        const effects = this.#replica.step(event, this.#options.clock.monotonicMs())
        this.#options.observer?.stepped(event, effects)
        this.#elections.stepped(event, this.#replica.heard)
        for (const effect of effects) if (!this.#isStopped) this.#perform(effect)
      }
    } catch (error) {
      this.fail(toBrokerError(error))
    } finally {
      this.#isStepping = false
    }
  }

  readonly #performers: {
    readonly [T in ReplicaEffect['type']]: (effect: Extract<ReplicaEffect, { type: T }>) => void
  } = {
    send: ({ to, frame }) => this.#links.send(to, frame),
    persist: ({ generation, meta }) =>
      this.#await(this.#persist(meta), () => ({ type: 'persisted', generation })),
    quiesce: () => this.#await(this.#journal.idle(), () => ({ type: 'quiesced' })),
    append: ({ batch }) => this.#log.replicated(batch),
    truncate: ({ after }) => this.#changeLog(this.#log.truncateAfter(after), { type: 'truncated' }),
    restart: ({ origin }) => this.#restart(origin),
    sync: () => this.#await(this.#journal.sync(), () => ({ type: 'journalAdvanced' })),
    read: ({ peer, session, from, maxBytes }) =>
      this.#await(this.#log.read(from, maxBytes), (batch) => ({
        type: 'batchRead',
        peer,
        session,
        batch,
      })),
    allocateEpoch: ({ above }) => this.#allocateEpoch(above),
    openEpoch: ({ start }) => {
      const wonAtMs = start.possibleLoss ? Math.round(this.#options.clock.wallMs()) : null
      this.#log.openEpoch({ ...start, wonAtMs })
    },
    appendConfig: ({ config }) => this.#log.appendConfig(config),
    commit: ({ index }) => {
      this.#log.commit(index)
      this.#options.listener.advanced()
    },
    lead: ({ epoch }) => {
      this.#pendingLead = epoch
      this.#onCaughtUp()
    },
    stepDown: ({ reason }) => {
      this.#log.close()
      this.#pendingLead = null
      this.#options.listener.stepDown(reason)
    },
    halt: ({ reason }) => this.fail(toBrokerError(new Error(reason), 'DIVERGED')),
    alarm: ({ message, fields }) => this.#options.log.error(message, fields),
  }

  #perform(effect: ReplicaEffect): void {
    const performer = this.#performers[effect.type] as (effect: ReplicaEffect) => void
    performer(effect)
  }

  #await<T>(work: Promise<T>, event: (value: T) => ReplicaEvent): void {
    work.then(
      (value) => this.#dispatch(event(value)),
      (error: unknown) => this.fail(toBrokerError(error, 'STORE_UNAVAILABLE')),
    )
  }

  /** What damage put aside is with others when the store is trusted again (R35), or is fetched. */
  async #persist(meta: ReplicaMeta): Promise<void> {
    await this.#metaFile.write(meta)
    const isInTheWay = this.#space.isShort && this.#replica.leader !== null
    if (meta.suspect === null || isInTheWay) await this.#journal.pruneDiverged()
  }

  /** R38. */
  #restart(origin: LogPoint): void {
    this.#options.log.warn("the log starts over where its leader's begins", {
      had: this.#journal.tail.index,
      origin: origin.index,
    })
    const restart = this.#log.restartAt(origin, () => this.#options.listener.restarted())
    this.#changeLog(restart, { type: 'restarted' })
  }

  #changeLog(change: Promise<unknown>, event: ReplicaEvent): void {
    this.#isCutting = true
    this.#cut = change.then(() => undefined)
    this.#cut.then(
      () => {
        this.#isCutting = false
        this.#queue.unshift(event)
        if (!this.#isStepping) this.#drain()
      },
      (error: unknown) => this.fail(toBrokerError(error, 'STORE_UNAVAILABLE')),
    )
  }

  /** R39: what was appended before is committed, and so is the configuration in force. */
  #carried(): CarriedState {
    const { configs, losses } = this.#replica.meta
    const config = configs.at(-1)?.config
    assert(config !== undefined, 'a leader votes')
    return { config, losses }
  }

  #allocateEpoch(above: number): void {
    const { allocateEpoch, entropy, log } = this.#options
    allocateEpoch(above).then(
      ({ epoch, nonce }) =>
        this.#dispatch({ type: 'epochAllocated', epoch, nonce: nonce || entropy.uuid() }),
      (error: unknown) => {
        log.warn('no epoch: failover waits', { reason: toBrokerError(error).message })
        this.#dispatch({ type: 'epochRefused' })
      },
    )
  }

  #onCaughtUp(): void {
    if (this.#pendingLead === null || !this.#log.isCaughtUp) return
    const epoch = this.#pendingLead
    this.#pendingLead = null
    this.#options.listener.lead(epoch)
  }
}

/**
 * R33: the disk broke its word. A full one did not, and neither do our own mistakes spoil the log:
 * a whole record that is no operation is damage in no file, and is the same on every replica.
 */
function isInDoubt({ code, details }: BrokerError): boolean {
  return code === 'STORE_UNAVAILABLE' || (code === 'JOURNAL_CORRUPT' && 'file' in details)
}
