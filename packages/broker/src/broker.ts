import { join } from 'node:path'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import { announcedClientUris, announcedConsoleUrl } from './announced-addresses.ts'
import type { BrokerOptions } from './config/broker-options.ts'
import type { Coordinator, Member } from './coordination/coordinator.ts'
import { ZooKeeperCoordinator } from './coordination/zookeeper-coordinator.ts'
import { brokerStatus } from './broker-status-view.ts'
import type { CompactedLog } from './compaction/compactor.ts'
import { Compactor } from './compaction/compactor.ts'
import { copyRoomOf } from './compaction/copy-room.ts'
import type { HeldDirectory } from './data-directory-lock.ts'
import { electionReports } from './election-reports.ts'
import { LocalStore } from './local-store.ts'
import type { BrokerStatus } from './management/broker-status.ts'
import type { BrokerPorts, Management } from './ports.ts'
import { ClusterMembership } from './replication/cluster-membership.ts'
import { recordOf } from './replication/node-log.ts'
import { ReplicaNode } from './replication/replica-node.ts'
import { Serving } from './serving.ts'
import { sequenceIn } from './store/fold/fold-state.ts'
import type { LogWriter } from './store/message-store.ts'
import { encodeOp } from './store/op-codec.ts'
import { headRoomOf, limitOn } from './store/journal/store-space.ts'
import {
  removeLeftovers,
  TemporaryFiles,
  TEMPORARY_FOLDER,
} from './store/temporary/temporary-files.ts'

export const BUILD = '0.1.0'

interface Parts extends BrokerPorts {
  readonly lock: HeldDirectory
  readonly node: ReplicaNode
}

/**
 * One broker: builds the rooms in order and connects them. A follower is a journal and its index;
 * the engine and the client ports exist only while the broker leads.
 */
export class Broker {
  readonly #options: BrokerOptions
  #replicationAddress: string
  readonly #parts: Parts
  readonly #startMs: number
  readonly #coordinator: Coordinator
  #membership: ClusterMembership | null = null
  #management: Management | null = null
  #local: LocalStore | null = null
  #serving: Serving | null = null
  /** Of this leadership, where there is one. */
  #temporary: TemporaryFiles | null = null
  #compactor: Compactor | null = null
  /** How often the log began elsewhere: an index that was being opened then is of no use. */
  #restarts = 0
  #opening: Promise<void> = Promise.resolve()
  #stopping: Promise<void> | null = null
  /** The files of a leadership that is over are being removed. */
  #clearing: Promise<void> = Promise.resolve()
  #fail: (error: BrokerError) => void = () => undefined
  /** Resolves when the broker cannot go on; it serves nobody then. */
  readonly failed: Promise<BrokerError>

  private constructor(options: BrokerOptions, parts: Parts) {
    this.#options = options
    this.#replicationAddress = options.replication.advertisedAddress
    this.#parts = parts
    this.#startMs = parts.clock.monotonicMs()
    this.failed = new Promise((resolve) => {
      this.#fail = resolve
    })
    const { zkAddress, zkPath, zkPassword, zkSessionTimeoutMs } = options.coordination
    this.#coordinator = new ZooKeeperCoordinator({
      connectString: zkAddress,
      zkPath,
      brokerName: options.brokerName,
      zkPassword: zkPassword === '' ? null : zkPassword,
      sessionTimeoutMs: zkSessionTimeoutMs,
      clock: parts.clock,
      log: parts.log,
      random: () => parts.entropy.random(),
      nonce: () => parts.entropy.uuid(),
      connect: (to, signal) => parts.network.connect(to, signal),
    })
  }

  /**
   * Opens the data directory and starts to look for the cluster. Resolves once the node takes part
   * or waits for others; it may follow, or lead, any time from then on.
   */
  static async start(options: BrokerOptions, ports: BrokerPorts): Promise<Broker> {
    const lock = await ports.lockDirectory(options.dataDirectory)
    const self: { broker: Broker | null } = { broker: null }
    try {
      const node = await openNode(options, ports, () => self.broker)
      await removeLeftovers(ports.fileSystem, temporaryFolderOf(options), ports.log)
      const broker = new Broker(options, { ...ports, lock, node })
      self.broker = broker
      await broker.#begin()
      return broker
    } catch (error) {
      await self.broker?.stop().catch(() => undefined)
      await lock.release()
      throw toBrokerError(error)
    }
  }

  /** Where the HTTP API answers. */
  get consoleUrl(): string {
    return this.#management?.url ?? ''
  }

  status(): BrokerStatus {
    return brokerStatus({
      options: this.#options,
      node: this.#parts.node,
      appliedIndex: this.#local?.store.appliedIndex ?? 0,
      uptimeMs: this.#parts.clock.monotonicMs() - this.#startMs,
      nowMs: this.#parts.clock.monotonicMs(),
      build: BUILD,
      isServing: this.#serving !== null,
      session: this.#membership?.session ?? 'disconnected',
      members: this.#membership?.members ?? [],
      elected: this.#membership?.elected ?? null,
      doubt: this.#membership?.doubt ?? null,
      view: this.#serving?.view() ?? null,
      clientUris: announcedClientUris(this.#options),
      replicationAddress: this.#replicationAddress,
    })
  }

  /**
   * Clean end: leadership is handed over, everything is synced and marked clean. What fails on the
   * way does not keep the rest from ending; the first failure is the rejection.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#local?.stop()
    this.#stopServing('the broker stops')
    const endings: readonly (() => Promise<unknown> | undefined)[] = [
      () => this.#parts.node.stop(),
      () => this.#clearing,
      () => this.#opening,
      () => this.#local?.close(),
      () => this.#membership?.stop(),
      () => this.#management?.stop(),
      () => this.#parts.lock.release(),
    ]
    const failures: unknown[] = []
    for (const end of endings) {
      try {
        await end()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw toBrokerError(failures[0])
  }

  async #begin(): Promise<void> {
    const { node, clock, entropy, log, startManagement } = this.#parts
    const { replication, management, coordination } = this.#options
    const broker = {
      status: () => this.status(),
      elections: () => electionReports(node.elections),
      administration: () => this.#serving?.administration() ?? null,
    }
    this.#management = await startManagement({ ...management, broker, clock, log })
    const bound = await node.listen()
    // Where any port would do, the others are told which one it became.
    this.#replicationAddress = replication.advertisedAddress.replace(/:0$/, `:${bound}`)
    this.#membership = new ClusterMembership({
      coordinator: this.#coordinator,
      node,
      brokerName: this.#options.brokerName,
      zkAddress: coordination.zkAddress,
      dataDirectory: this.#options.dataDirectory,
      replicas: replication.replicas,
      bootstrapGraceMs: replication.bootstrapGraceMs,
      stepDownOnZkExpiry: replication.stepDownOnZkExpiry,
      replicationAddress: this.#replicationAddress,
      clientUris: announcedClientUris(this.#options),
      consoleUrl: announcedConsoleUrl(this.#options, this.#management.url),
      build: BUILD,
      clock,
      entropy,
      log,
      onJoined: (clusterId) => this.#onJoined(clusterId),
      onMembers: (members) => this.#onMembers(members),
      onFatal: (error) => this.onFatal(error),
    })
    this.#membership.start()
  }

  #onJoined(clusterId: string): void {
    this.#opening = this.#openStore(clusterId).catch((error: unknown) => {
      this.#storeFailed(toBrokerError(error, 'STORE_UNAVAILABLE'))
    })
  }

  /** Damage in the log has to be remembered, or the next start finds it again (R32). */
  #storeFailed(error: BrokerError): void {
    if (error.code === 'JOURNAL_CORRUPT') this.#parts.node.fail(error)
    else this.onFatal(error)
  }

  async #openStore(clusterId: string): Promise<void> {
    const restarts = this.#restarts
    const isOutdated = (): boolean => this.#stopping !== null || this.#restarts !== restarts
    const local = await LocalStore.open({
      dataDirectory: this.#options.dataDirectory,
      clusterId,
      journal: this.#parts.node.journal,
      ports: this.#parts,
      onFailure: (error) => this.#storeFailed(error),
    }).catch((error: unknown) => {
      // The log was changed under it.
      if (isOutdated()) return null
      throw error
    })
    if (local === null) return
    if (isOutdated()) {
      await local.close({ checkpoint: false })
      return
    }
    this.#local = local
    this.#parts.observer?.indexed(local.store)
    this.#parts.node.start(local.store)
  }

  /** R38: the log begins elsewhere; what was folded of it is of no use any more. */
  onRestarted(): void {
    const { clusterId } = this.#parts.node.replica.meta
    this.#restarts++
    this.#local?.stop()
    if (clusterId === null) return
    this.#opening = this.#opening
      .then(async () => {
        const old = this.#local
        this.#local = null
        await old?.close({ checkpoint: false })
        if (this.#stopping === null) await this.#openStore(clusterId)
      })
      .catch((error: unknown) => this.#storeFailed(toBrokerError(error, 'STORE_UNAVAILABLE')))
  }

  /** R20: everything up to the epoch start is applied. */
  onLead(epoch: number): void {
    const { node, log, clock, network, schedule, uncommittedMax } = this.#parts
    const local = this.#local
    if (local === null || this.#stopping !== null) return
    const { store } = local
    this.#temporary = temporaryStoreOf(this.#options, this.#parts, epoch)
    const serving = new Serving({
      connectors: this.#options.transportConnectors,
      limits: this.#options,
      uncommittedMax,
      brokerName: this.#options.brokerName,
      brokerId: `${this.#options.nodeId}-${epoch}`,
      clusterUris: this.#clusterUris(),
      store,
      logWriter: logWriterOf(node, this.#options),
      temporary: this.#temporary,
      leaseValid: () => node.leaseValid(),
      lacksSpace: () => node.lacksSpace,
      schedule,
      network,
      clock,
      log,
    })
    this.#serving = serving
    this.#compactor = new Compactor({
      log: compactedLogOf(node),
      fold: store.fold,
      appliedIndex: () => store.appliedIndex,
      bodies: local.bodies,
      clock,
      logger: log,
      onFailure: (error) => this.#storeFailed(error),
    })
    this.#compactor.start()
    serving.start().then(
      () => {
        if (this.#serving !== serving) return
        log.info('leads', { epoch })
        this.#membership?.claim(epoch)
      },
      (error: unknown) => {
        // A port that is taken ends this broker only while it is the one that should serve there.
        if (this.#serving === serving) this.onFatal(toBrokerError(error))
      },
    )
  }

  /** R5. */
  allocateEpoch(above: number): Promise<{ epoch: number; nonce: string }> {
    return this.#coordinator.allocateEpoch(above)
  }

  onStepDown(reason: string): void {
    if (this.#serving !== null) this.#parts.log.warn('steps down', { reason })
    this.#stopServing(reason)
    if (this.#stopping === null) this.#membership?.release()
  }

  onAdvanced(): void {
    this.#serving?.advanced()
  }

  onFatal(error: BrokerError): void {
    if (this.#stopping !== null) return
    this.#stopServing(error.message)
    this.#fail(error)
  }

  #stopServing(reason: string): void {
    this.#compactor?.stop()
    this.#compactor = null
    const serving = this.#serving
    this.#serving = null
    serving?.stop(reason)
    const temporary = this.#temporary
    this.#temporary = null
    if (temporary === null) return
    const before = this.#clearing
    const closed = temporary.close()
    this.#clearing = before.then(() => closed)
  }

  #onMembers(_members: readonly Member[]): void {
    this.#serving?.setClusterUris(this.#clusterUris())
  }

  /** Addresses for clients: of every broker that is known, our own included. */
  #clusterUris(): readonly string[] {
    const uris = new Set(announcedClientUris(this.#options))
    for (const member of this.#membership?.members ?? []) {
      for (const uri of member.clientUris) uris.add(uri)
    }
    return [...uris].sort()
  }
}

function temporaryFolderOf({ dataDirectory }: BrokerOptions): string {
  return join(dataDirectory, TEMPORARY_FOLDER)
}

/** What need not survive leaves twice as much of the disk free as the log does. */
const TEMPORARY_HEAD_ROOMS = 2

function temporaryStoreOf(
  options: BrokerOptions,
  { node, fileSystem, clock, log }: Parts,
  epoch: number,
): TemporaryFiles | null {
  const { store, replication, tempLimitBytes, tempLimitPercent: limitPercent } = options
  if (tempLimitBytes === 0 && limitPercent === null) return null
  const headRoomOfLog = (totalBytes: number): number =>
    headRoomOf(store, replication.logSizeBytes, totalBytes)
  return new TemporaryFiles({
    fileSystem,
    directory: temporaryFolderOf(options),
    epoch,
    limitBytes: () => limitOn({ limitBytes: tempLimitBytes, limitPercent }, node.space.diskBytes),
    headRoomBytes: (totalBytes) => TEMPORARY_HEAD_ROOMS * headRoomOfLog(totalBytes),
    clock,
    log,
  })
}

function openNode(
  options: BrokerOptions,
  ports: BrokerPorts,
  broker: () => Broker | null,
): Promise<ReplicaNode> {
  const { replication } = options
  const bind = new URL(replication.bind)
  return ReplicaNode.open({
    directory: options.dataDirectory,
    ...ports,
    brokerName: options.brokerName,
    nodeId: options.nodeId,
    bindHost: bind.hostname.replace(/^\[|\]$/g, ''),
    bindPort: Number(bind.port),
    securityToken: replication.securityToken,
    weight: replication.weight,
    sync: replication.sync,
    timings: replication,
    segmentSizeBytes: replication.logSizeBytes,
    spaceLimits: options.store,
    isAlone: replication.replicas === 1,
    allocateEpoch: (above) =>
      broker()?.allocateEpoch(above) ??
      Promise.reject(new BrokerError('COORDINATION_LOST', 'the broker is starting')),
    listener: {
      lead: (epoch) => broker()?.onLead(epoch),
      stepDown: (reason) => broker()?.onStepDown(reason),
      advanced: () => broker()?.onAdvanced(),
      restarted: () => broker()?.onRestarted(),
      fatal: (error) => broker()?.onFatal(error),
    },
  })
}

/** The log as compaction sees it. */
function compactedLogOf(node: ReplicaNode): CompactedLog {
  const { journal } = node
  return {
    get segments() {
      return journal.segments
    },
    get endPosition() {
      return journal.tail.position
    },
    get fedIndex() {
      return node.fedIndex
    },
    get roomBytes() {
      return copyRoomOf(node.space.view, node.lacksSpace)
    },
    get lacksSpace() {
      return node.lacksSpace
    },
    async sequenceAt({ firstIndex }) {
      const first = await journal.read(firstIndex, 1, firstIndex)
      return first === null ? 'unwritten' : sequenceIn(first)
    },
    append(op) {
      const { type, payload } = recordOf(op)
      node.append(type, payload)
    },
    appendSettled: (make) => node.appendSettled(() => recordOf(make())),
    beginSegment: (leastBytes) => node.beginSegment(leastBytes),
  }
}

/** The log as the engine writes it: operations become records of the turn's batch. */
function logWriterOf(node: ReplicaNode, { replication }: BrokerOptions): LogWriter {
  return {
    append(op) {
      const { type, chunks } = encodeOp(op)
      return node.append(type, chunks)
    },
    get confirmableIndex() {
      if (replication.sync.waitsForFollowers) return 0
      return node.replica.leadership?.ownAckedIndex ?? 0
    },
  }
}
