import type { Clock, Timer } from '@quorate/core/base/clock'
import type { Entropy } from '@quorate/core/base/entropy'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type {
  Bootstrap,
  Coordinator,
  CoordinatorEvent,
  LeaderHint,
  Member,
  SessionState,
} from '../coordination/coordinator.ts'
import { proposeBootstrap } from './bootstrap.ts'
import type { ClusterConfig } from './cluster-config.ts'
import { FOUNDING_VERSION, isVoter } from './cluster-config.ts'
import type { ConfigEntry } from './config-history.ts'
import { foundingConfig } from './config-history.ts'
import type { ReplicaNode } from './replica-node.ts'

/**
 * How often a node looks whether it can join or found a cluster, and refreshes what it announces.
 */
const PERIOD_MS = 500
/** How often a node that works looks whether the service knows its cluster again. */
const LOOK_AGAIN_MS = 10_000
/** A service that is silent for so long is told of: until then it may be starting as well. */
const SILENT_MS = 5_000

export interface MembershipOptions {
  readonly coordinator: Coordinator
  readonly node: ReplicaNode
  readonly brokerName: string
  /** Of the coordination service, for people. */
  readonly zkAddress: string
  /** For people. */
  readonly dataDirectory: string
  readonly replicas: number
  readonly bootstrapGraceMs: number
  readonly stepDownOnZkExpiry: boolean
  readonly replicationAddress: string
  readonly clientUris: readonly string[]
  readonly consoleUrl: string
  readonly build: string
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  /** The node belongs to this cluster from now on; called once. */
  readonly onJoined: (clusterId: string) => void
  readonly onMembers: (members: readonly Member[]) => void
  /** The node must not go on: the cluster found here is another one. */
  readonly onFatal: (error: BrokerError) => void
}

const ONLY_SEAT_ELSEWHERE =
  'the only seat of this cluster is held by another store than the one in this data directory, ' +
  'which is new: nothing is served before a broker runs with that store. Where it was lost, ' +
  'restore a backup; where it was set aside (lost-1 and so on) it is still there'

/**
 * A node's place in its cluster: founds or joins it (R1, R2), tells the others where it is, and
 * learns where they are. All of it hints, but for the first configuration, which the coordination
 * service creates exactly once.
 */
export class ClusterMembership {
  readonly #options: MembershipOptions
  /** When the session began in which we look around; null without one. */
  #sessionMs: number | null = null
  /** Since when the service does not answer; null while it does. */
  #silentMs: number | null = null
  /** Not before, because the service was found to know another cluster. */
  #lookAgainMs = 0
  #members: readonly Member[] = []
  #elected: LeaderHint | null = null
  #session: SessionState = 'disconnected'
  #timer: Timer | null = null
  #isAsking = false
  #isSettled = false
  /** Settled once: the service has confirmed the cluster of this process. */
  #hasTakenPart = false
  #lastDoubt = ''

  constructor(options: MembershipOptions) {
    this.#options = options
  }

  get members(): readonly Member[] {
    return this.#members
  }

  /** Who holds the leadership at the service, as it was last seen. */
  get elected(): LeaderHint | null {
    return this.#elected
  }

  get session(): SessionState {
    return this.#session
  }

  /** What a node that takes no part yet waits for; null when it does, or is asking. */
  get doubt(): string | null {
    return this.#isSettled || this.#lastDoubt === '' ? null : this.#lastDoubt
  }

  start(): void {
    const { coordinator, node, clock } = this.#options
    const { clusterId } = node.replica.meta
    if (clusterId !== null) this.#options.onJoined(clusterId)
    this.#silentMs = clock.monotonicMs()
    coordinator.start(this.#self(), (event) => this.#onEvent(event))
    this.#timer = clock.every(PERIOD_MS, () => this.#onPeriod())
  }

  /** Leads from now on: clients and tools may know. */
  claim(epoch: number): void {
    const { coordinator, node, clientUris } = this.#options
    const { nodeId, configs } = node.replica.meta
    coordinator.claimLeader({ epoch, nodeId, clientUris })
    coordinator.publishConfig(JSON.stringify(configs.at(-1)?.config ?? null))
    coordinator.update(this.#self())
  }

  release(): void {
    this.#options.coordinator.releaseLeader()
    this.#options.coordinator.update(this.#self())
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
    await this.#options.coordinator.stop()
  }

  #onEvent(event: CoordinatorEvent): void {
    if (event.type === 'session') {
      this.#session = event.state
      this.#noteSession(event.state)
      if (event.state === 'expired' && this.#options.stepDownOnZkExpiry) {
        this.#options.node.dispatch({
          type: 'stepDown',
          reason: 'the coordination session expired',
        })
      }
    } else if (event.type === 'members') {
      this.#members = event.members
      const { nodeId } = this.#options.node.replica.meta
      const others = event.members.filter((member) => member.nodeId !== nodeId)
      const addresses = others.map((member) => [member.nodeId, member.replicationAddress] as const)
      this.#options.node.setPeers(new Map(addresses))
      this.#options.onMembers(event.members)
    } else {
      this.#elected = event.leader
    }
    this.#onPeriod()
  }

  #noteSession(state: SessionState): void {
    const nowMs = this.#options.clock.monotonicMs()
    this.#silentMs = state === 'connected' ? null : (this.#silentMs ?? nowMs)
    if (state === 'connected') this.#sessionMs ??= nowMs
    if (state !== 'expired') return
    // The service may have lost everything with the session: what was founded is looked up again,
    // and whoever was there before us gets the time to come back.
    this.#isSettled = false
    this.#lookAgainMs = 0
    this.#sessionMs = null
  }

  #onPeriod(): void {
    this.#options.coordinator.update(this.#self())
    if (this.#isSettled || this.#isAsking) return
    const nowMs = this.#options.clock.monotonicMs()
    if (this.#session !== 'connected') {
      if (nowMs - (this.#silentMs ?? nowMs) >= SILENT_MS) this.#doubtSilence()
      return
    }
    if (nowMs < this.#lookAgainMs) return
    this.#isAsking = true
    this.#settle().then(
      () => {
        this.#isAsking = false
      },
      (error: unknown) => {
        this.#isAsking = false
        const failure = toBrokerError(error, 'COORDINATION_LOST')
        if (failure.scope === 'broker' && failure.retryable === 'no') this.#options.onFatal(failure)
        else this.#doubt(failure.message)
      },
    )
  }

  async #settle(): Promise<void> {
    const { coordinator, node } = this.#options
    const found = await coordinator.readBootstrap()
    if (found !== null) {
      this.#accept(found)
      return
    }
    const { clusterId } = node.replica.meta
    const proposal = clusterId === null ? this.#propose() : this.#founded(clusterId)
    if (proposal !== null) this.#accept(await coordinator.createBootstrap(proposal))
  }

  /**
   * R2: the service was wiped. What was founded is put back, so that nothing is founded beside it:
   * the very seats of then, never later ones, since a store that finds itself in them takes them
   * for the first configuration. Where they are forgotten all seats are vacant: whoever comes
   * learns from the log who votes.
   */
  #founded(clusterId: string): Bootstrap | null {
    const { configs } = this.#options.node.replica.meta
    const last = configs.at(-1)
    if (last === undefined) {
      this.#doubt('the coordination service was wiped; a node that has records will mend it')
      return null
    }
    const seats = foundingConfig(configs)?.seats ?? last.config.seats.map(() => null)
    return { clusterId, seats }
  }

  #propose(): Bootstrap | null {
    const { brokerName, replicas, bootstrapGraceMs, clock, entropy, node } = this.#options
    const nowMs = clock.monotonicMs()
    const waitedMs = nowMs - (this.#sessionMs ?? nowMs)
    const proposal = proposeBootstrap({
      replicas,
      members: this.#members,
      self: node.replica.meta.nodeId,
      waitedMs,
      graceMs: bootstrapGraceMs,
      newClusterId: () => entropy.uuid(),
    })
    if (proposal === null) {
      const restored = this.#members.filter(({ empty, clusterId }) => !empty && clusterId === null)
      this.#doubt(
        restored.length > 1
          ? `${namesOf(restored)} were all restored from a backup: a cluster is founded from one ` +
              'of them. Give the others empty data directories: they fetch everything from it.'
          : `waiting for ${replicas} nodes to found the cluster "${brokerName}", ` +
              `${this.#members.length} here`,
      )
    }
    return proposal
  }

  #accept(found: Bootstrap): void {
    const { node, replicas, dataDirectory, log } = this.#options
    const { clusterId, storeUuid, configs } = node.replica.meta
    if (clusterId !== null && clusterId !== found.clusterId) {
      this.#refuse(clusterId, found)
      return
    }
    const isRestored = clusterId === null && node.journal.tail.index > 0
    if (isRestored && !isFounder(found, storeUuid)) this.#refuseRestored(found)
    // Our own log knows better than the service; a restored one tells of the cluster before.
    const known = isRestored ? undefined : configs.at(-1)?.config.seats
    const { length } = known ?? found.seats
    if (length !== replicas) {
      throw new BrokerError(
        'CONFIG_INVALID',
        `replicas is ${replicas} here, but the cluster was founded with ${length}`,
      )
    }
    this.#isSettled = true
    this.#hasTakenPart = true
    const hadDoubt = this.#lastDoubt !== ''
    this.#lastDoubt = ''
    if (clusterId !== null) {
      if (hadDoubt) log.info('the coordination service knows this cluster: nodes can join it')
      return
    }
    const config = isRestored ? firstConfigAfter(configs, found) : foundingConfigOf(found)
    const seated = isVoter(config, storeUuid)
    log.info(seated ? 'seated in the cluster' : 'joins the cluster as a learner', {
      clusterId: found.clusterId,
    })
    if (!seated && length === 1) log.error(ONLY_SEAT_ELSEWHERE, { dataDirectory })
    node.dispatch({ type: 'joined', clusterId: found.clusterId, config: seated ? config : null })
    this.#options.onJoined(found.clusterId)
  }

  /**
   * R2: nobody takes part in a cluster that its data does not belong to. A node that works goes on
   * (R26): the service makes nothing safe, so what it holds now does not end that.
   */
  #refuse(clusterId: string, found: Bootstrap): void {
    const { coordinator, dataDirectory, clock, log } = this.#options
    const advice =
      `The data in ${dataDirectory} belongs to cluster ${clusterId}, but ` +
      `${coordinator.bootstrapPath} names cluster ${found.clusterId}. If zkAddress, zkPath or ` +
      "brokerName is another cluster's, correct it. If the coordination service was wiped or " +
      'restored and this data is right, delete that znode: a broker with this data puts its own ' +
      'back. If this data is not wanted any more, move the data directory away: the node then ' +
      'joins as a new one.'
    if (!this.#hasTakenPart) throw new BrokerError('FOREIGN_CLUSTER', advice)
    this.#lookAgainMs = clock.monotonicMs() + LOOK_AGAIN_MS
    if (this.#lastDoubt === advice) return
    this.#lastDoubt = advice
    log.error(`nobody new can join, and no node that is restarted. ${advice}`)
  }

  /** A restored store founds a cluster of its own, or none. */
  #refuseRestored(found: Bootstrap): never {
    const { coordinator, dataDirectory } = this.#options
    throw new BrokerError(
      'FOREIGN_CLUSTER',
      `The data in ${dataDirectory} was restored from a backup and begins a new cluster, but ` +
        `${coordinator.bootstrapPath} names cluster ${found.clusterId}. Does that one still ` +
        'exist, give the restored broker another zkPath or brokerName, or an empty data ' +
        'directory to join it as a new node. Is it gone for good, delete that znode. Was it just ' +
        'founded by the empty nodes, because this one came late: stop them, empty their data ' +
        'directories, delete that znode, and start this node first.',
    )
  }

  #doubtSilence(): void {
    const { zkAddress } = this.#options
    this.#doubt(`ZooKeeper at ${zkAddress} (zkAddress) does not answer; it is tried until it does`)
  }

  #doubt(text: string): void {
    if (text === this.#lastDoubt) return
    this.#lastDoubt = text
    this.#options.log.info(text)
  }

  #self(): Member {
    const { node, replicationAddress, clientUris, consoleUrl, build } = this.#options
    const { replica, journal } = node
    const { meta } = replica
    const { epoch, index, position } = journal.tail
    return {
      nodeId: meta.nodeId,
      storeUuid: meta.storeUuid,
      empty: index === 0 && meta.clusterId === null,
      replicationAddress,
      clientUris,
      consoleUrl,
      state: replica.suspect === null ? replica.role.toUpperCase() : 'SUSPECT',
      last: { epoch, index },
      position,
      weight: node.weight,
      suspect: replica.suspect !== null,
      build,
      clusterId: meta.clusterId,
    }
  }
}

function isFounder({ electorate, seats }: Bootstrap, storeUuid: string): boolean {
  return electorate !== undefined && seats.some((seat) => seat?.storeUuid === storeUuid)
}

function foundingConfigOf({ seats }: Bootstrap): ClusterConfig {
  return { version: FOUNDING_VERSION, seats }
}

/**
 * Of a cluster that goes on with the log of another. Versions rise through it, so that none of its
 * configurations is taken for the one that a wiped service gets back.
 */
function firstConfigAfter(
  configs: readonly ConfigEntry[],
  { electorate, seats }: Bootstrap,
): ClusterConfig {
  const version = (configs.at(-1)?.config.version ?? FOUNDING_VERSION) + 1
  return { version, seats: electorate ?? seats }
}

function namesOf(members: readonly Member[]): string {
  return members.map(({ nodeId }) => nodeId).join(' and ')
}
