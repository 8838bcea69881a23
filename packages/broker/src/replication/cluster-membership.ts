import type { Clock, Timer } from '@quorate/core/base/clock'
import type { Entropy } from '@quorate/core/base/entropy'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type {
  Bootstrap,
  Coordinator,
  CoordinatorEvent,
  Member,
  SessionState,
} from '../coordination/coordinator.ts'
import { proposeBootstrap } from './bootstrap.ts'
import { isVoter } from './cluster-config.ts'
import type { ReplicaNode } from './replica-node.ts'

/**
 * How often a node looks whether it can join or found a cluster, and refreshes what it announces.
 */
const PERIOD_MS = 500

export interface MembershipOptions {
  readonly coordinator: Coordinator
  readonly node: ReplicaNode
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

/**
 * A node's place in its cluster: founds or joins it (R1, R2), tells the others where it is, and
 * learns where they are. All of it hints (replication.md section 3), but for the first
 * configuration, which the coordination service creates exactly once.
 */
export class ClusterMembership {
  readonly #options: MembershipOptions
  readonly #startMs: number
  #members: readonly Member[] = []
  #session: SessionState = 'disconnected'
  #timer: Timer | null = null
  #isAsking = false
  #isSettled = false
  /** Settled once: the service has confirmed the cluster of this process. */
  #hasTakenPart = false
  #lastDoubt = ''

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#startMs = options.clock.monotonicMs()
  }

  get members(): readonly Member[] {
    return this.#members
  }

  get session(): SessionState {
    return this.#session
  }

  start(): void {
    const { coordinator, node, clock } = this.#options
    const { clusterId } = node.replica.meta
    if (clusterId !== null) this.#options.onJoined(clusterId)
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
      // The service may have lost everything with the session: what was founded is looked up again.
      if (event.state === 'expired') this.#isSettled = false
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
    }
    this.#onPeriod()
  }

  #onPeriod(): void {
    this.#options.coordinator.update(this.#self())
    if (this.#isSettled || this.#isAsking || this.#session !== 'connected') return
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
    const { clusterId, configs } = node.replica.meta
    const first = configs[0]
    if (clusterId !== null) {
      // R2: the service was wiped. What was founded is put back, so that nothing is founded beside
      // it.
      if (first === undefined) return
      this.#accept(await coordinator.createBootstrap({ clusterId, seats: first.config.seats }))
      return
    }
    const proposal = this.#propose()
    if (proposal !== null) this.#accept(await coordinator.createBootstrap(proposal))
  }

  #propose(): Bootstrap | null {
    const { replicas, bootstrapGraceMs, clock, entropy, node } = this.#options
    const waitedMs = clock.monotonicMs() - this.#startMs
    const proposal = proposeBootstrap({
      replicas,
      members: this.#members,
      self: node.replica.meta.nodeId,
      waitedMs,
      graceMs: bootstrapGraceMs,
      newClusterId: () => entropy.uuid(),
    })
    if (proposal === null) {
      this.#doubt(
        `waiting for ${replicas} nodes to found the cluster, ${this.#members.length} here`,
      )
    }
    return proposal
  }

  #accept(found: Bootstrap): void {
    const { node, replicas, log } = this.#options
    const { clusterId, storeUuid } = node.replica.meta
    if (this.#hasTakenPart && clusterId !== found.clusterId) {
      // R26: the service makes nothing safe, so what it holds now does not end what works.
      this.#isSettled = true
      log.error('the coordination service knows another cluster: nobody new can join this one', {
        clusterId,
        found: found.clusterId,
      })
      return
    }
    if (found.seats.length !== replicas) {
      throw new BrokerError(
        'CONFIG_INVALID',
        `replicas is ${replicas} here, but the cluster was founded with ${found.seats.length}`,
      )
    }
    if (clusterId !== null && clusterId !== found.clusterId) {
      throw new BrokerError(
        'FOREIGN_CLUSTER',
        `this node's data belongs to cluster ${clusterId}, the coordination service knows ${found.clusterId}`,
      )
    }
    this.#isSettled = true
    this.#hasTakenPart = true
    if (clusterId !== null) return
    const config = { version: 1, seats: found.seats }
    const seated = isVoter(config, storeUuid)
    log.info(seated ? 'seated in the cluster' : 'joins the cluster as a learner', {
      clusterId: found.clusterId,
    })
    node.dispatch({ type: 'joined', clusterId: found.clusterId, config: seated ? config : null })
    this.#options.onJoined(found.clusterId)
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
