import { randomUUID } from 'node:crypto'
import type { Clock, Timer } from '@quorate/core/base/clock'
import { BrokerError, assert } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import type { NetworkAddress } from '@quorate/core/transport/network'
import { sameState } from './claims.ts'
import type { Coordinator, CoordinatorEvent, CoordinatorListener } from './coordinator.ts'
import type { Bootstrap, EpochGrant, LeaderHint, Member } from './coordinator.ts'
import { stateLimits } from './state-codec.ts'
import { allocateEpoch } from './znodes/epoch-register.ts'
import { createBootstrap, readBootstrap } from './znodes/first-configuration.ts'
import { GroupSession } from './znodes/group-session.ts'
import type { GroupPart, Wishes } from './znodes/group-session.ts'
import { Layout } from './znodes/layout.ts'
import { ZooKeeperClient } from './zookeeper/client.ts'
import type { ClientEvent } from './zookeeper/client.ts'
import type { SessionNews } from './zookeeper/session-table.ts'

export interface ZooKeeperCoordinatorOptions {
  /** `host:port,host:port/chroot`. */
  readonly connectString: string
  /** Where ActiveMQ's operators look; our own state is beside it, below `<zkPath>.quorate`. */
  readonly zkPath: string
  /** Brokers of one name form a cluster. */
  readonly brokerName: string
  /** Protects our nodes; null leaves them open, as ActiveMQ does. */
  readonly zkPassword: string | null
  /** ActiveMQ's free text of that name; null by default. */
  readonly container?: string | null
  /** In milliseconds; only cleans up after the dead, so nothing waits for it. 8,000 by default. */
  readonly sessionTimeoutMs?: number
  /** Longest wait of a promise for the service, in milliseconds; the session timeout by default. */
  readonly operationTimeoutMs?: number
  readonly clock: Clock
  readonly log: Log
  /** Uniform in [0, 1); Math.random by default. */
  readonly random?: () => number
  /** A text that was never given out before; a random UUID by default. */
  readonly nonce?: () => string
  /** TCP unless a test says otherwise. */
  readonly connect?: (to: NetworkAddress, signal: AbortSignal) => Promise<ByteStream>
}

/** Progress alone (log end, position) is announced at most this often. */
const progressPeriodMs = 1_000
/** After the service refused a new session: before the next try. */
const newSessionDelayMs = 1_000
/** Promises that may be under way at the same time. */
const operationsMax = 256

/** The Coordinator over a ZooKeeper ensemble, or over our own coordination server. */
export class ZooKeeperCoordinator implements Coordinator {
  readonly #options: ZooKeeperCoordinatorOptions
  readonly #layout: Layout
  readonly #sessionTimeoutMs: number
  readonly #waiting = new Set<() => void>()
  #wishes: Wishes | undefined
  #listener: CoordinatorListener | undefined
  #client: ZooKeeperClient | undefined
  #group: GroupSession | undefined
  #connectedOnce = false
  #restart: Timer | undefined
  #progress: Timer | undefined
  #stopped = false
  #operations = 0
  #seenMembers: readonly Member[] | undefined
  #seenLeader: LeaderHint | null | undefined

  /** Throws CONFIG_INVALID for an unreadable address or path. */
  constructor(options: ZooKeeperCoordinatorOptions) {
    this.#options = options
    this.#layout = new Layout(options)
    this.#sessionTimeoutMs = options.sessionTimeoutMs ?? 8_000
    // Its address is looked at now, so that a typing error stops the start.
    this.#client = this.#newClient()
  }

  get bootstrapPath(): string {
    return this.#layout.bootstrap
  }

  start(self: Member, listener: CoordinatorListener): void {
    assert(this.#listener === undefined && !this.#stopped, 'a coordinator is started once')
    this.#wishes = { self, leader: null, config: null }
    this.#listener = listener
    this.#openSession(this.#client ?? this.#newClient())
  }

  update(self: Member): void {
    const wishes = this.#wish()
    const { self: known } = wishes
    assert(self.nodeId === known.nodeId, 'a member keeps its node id')
    wishes.self = self
    if (!sameState({ ...known, last: self.last, position: self.position }, self)) {
      this.#announce()
    } else {
      this.#progress ??= this.#options.clock.after(progressPeriodMs, () => this.#announce())
    }
  }

  allocateEpoch(above: number): Promise<EpochGrant> {
    const owner = this.#wishes?.self.nodeId ?? ''
    const nonce = (this.#options.nonce ?? randomUUID)()
    return this.#operate(async (client) => {
      const grant = await allocateEpoch(client, this.#layout, { above, owner, nonce })
      return grant ?? impatient('too many others allocate epochs')
    })
  }

  readBootstrap(): Promise<Bootstrap | null> {
    return this.#operate((client) => readBootstrap(client, this.#layout))
  }

  createBootstrap(bootstrap: Bootstrap): Promise<Bootstrap> {
    return this.#operate((client) => createBootstrap(client, this.#layout, bootstrap))
  }

  claimLeader(hint: LeaderHint): void {
    this.#wish().leader = hint
    this.#mark('claim', 'compatible')
  }

  releaseLeader(): void {
    this.#wish().leader = null
    this.#mark('claim', 'compatible')
  }

  publishConfig(json: string): void {
    if (Buffer.byteLength(json) > stateLimits.documentBytesMax) {
      this.#options.log.warn('the configuration is too large to be mirrored')
      return
    }
    this.#wish().config = json
    this.#mark('config')
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#restart?.cancel()
    this.#progress?.cancel()
    this.#group?.end()
    this.#wakeWaiting()
    await this.#client?.close()
  }

  #wish(): Wishes {
    assert(this.#wishes !== undefined, 'the coordinator was started')
    return this.#wishes
  }

  #announce(): void {
    this.#progress?.cancel()
    this.#progress = undefined
    this.#mark('member', 'compatible')
  }

  #mark(...parts: readonly GroupPart[]): void {
    this.#group?.mark(...parts)
  }

  #newClient(): ZooKeeperClient {
    const { connectString, clock, log, random, connect } = this.#options
    const client: ZooKeeperClient = new ZooKeeperClient({
      connectString,
      sessionTimeoutMs: this.#sessionTimeoutMs,
      clock,
      log,
      random: random ?? Math.random,
      listener: (event) => {
        if (this.#client === client) this.#heard(client, event)
      },
      ...(connect === undefined ? {} : { connect }),
    })
    return client
  }

  #openSession(client: ZooKeeperClient): void {
    const { clock, log, brokerName, container } = this.#options
    this.#client = client
    this.#connectedOnce = false
    this.#group = new GroupSession({
      client,
      layout: this.#layout,
      wishes: this.#wish(),
      brokerName,
      container: container ?? null,
      clock,
      log,
      onMembers: (members) => this.#readMembers(members),
      onLeader: (leader) => this.#readLeader(leader),
    })
    if (this.#layout.credentials !== null) client.addAuth('digest', this.#layout.credentials)
    client.start()
  }

  #heard(client: ZooKeeperClient, event: ClientEvent): void {
    if (this.#stopped) return
    if (event.type === 'watch') this.#group?.watchFired(event.event.path)
    else this.#heardNews(client, event.news)
  }

  #heardNews(client: ZooKeeperClient, news: SessionNews): void {
    const { log } = this.#options
    if (news === 'connected') {
      log.info('coordination connected', { session: client.sessionId.toString(16) })
      this.#connectedOnce = true
      this.#emit({ type: 'session', state: 'connected' })
      if (this.#client === client) this.#group?.connected()
      this.#wakeWaiting()
    } else if (news === 'disconnected') {
      log.warn('coordination out of reach; it is tried again until it answers')
      this.#emit({ type: 'session', state: 'disconnected' })
    } else if (news !== 'closed') {
      this.#sessionEnded(news)
    }
  }

  /** R26: a new session at once, in which everything is announced and claimed again. */
  #sessionEnded(news: 'expired' | 'auth-failed'): void {
    const { log, clock } = this.#options
    this.#group?.end()
    this.#group = undefined
    if (news === 'expired') log.warn('the coordination session expired; a new one is opened')
    else log.error('the coordination service refuses our credentials')
    const atOnce = this.#connectedOnce && news === 'expired'
    this.#client = undefined
    this.#emit({ type: 'session', state: 'expired' })
    if (this.#stopped) return
    // A service that turns away every new session must not be asked in a tight loop.
    const delayMs = atOnce ? 0 : newSessionDelayMs
    this.#restart = clock.after(delayMs, () => this.#openSession(this.#newClient()))
  }

  #readMembers(members: readonly Member[]): void {
    const seen = this.#seenMembers
    const unchanged =
      seen?.length === members.length &&
      seen.every((member, i) => sameState(member, members[i] ?? null))
    if (unchanged) return
    this.#seenMembers = members
    this.#emit({ type: 'members', members })
  }

  #readLeader(leader: LeaderHint | null): void {
    if (this.#seenLeader !== undefined && sameState(this.#seenLeader, leader)) return
    this.#seenLeader = leader
    this.#emit({ type: 'leader', leader })
  }

  #emit(event: CoordinatorEvent): void {
    if (!this.#stopped) this.#listener?.(event)
  }

  /** Runs `work` on a live session, again when its connection was lost, until the time is over. */
  async #operate<T>(work: (client: ZooKeeperClient) => Promise<T>): Promise<T> {
    if (this.#operations >= operationsMax) {
      throw new BrokerError('RESOURCE_LIMIT', 'too many coordination operations are under way')
    }
    const { clock, operationTimeoutMs = this.#sessionTimeoutMs } = this.#options
    const deadline = { passed: false }
    this.#operations++
    let timer: Timer | undefined
    const timeout = new Promise<never>((_, reject) => {
      timer = clock.after(operationTimeoutMs, () => {
        deadline.passed = true
        reject(lost('the service did not answer in time'))
        this.#wakeWaiting()
      })
    })
    try {
      return await Promise.race([this.#repeat(work, deadline), timeout])
    } finally {
      timer?.cancel()
      this.#operations--
    }
  }

  async #repeat<T>(
    work: (client: ZooKeeperClient) => Promise<T>,
    deadline: { readonly passed: boolean },
  ): Promise<T> {
    for (;;) {
      const client = await this.#liveClient(deadline)
      try {
        return await work(client)
      } catch (error) {
        if (!isConnectionError(error)) throw error
      }
    }
  }

  async #liveClient(deadline: { readonly passed: boolean }): Promise<ZooKeeperClient> {
    for (;;) {
      if (this.#stopped) throw lost('the coordinator was stopped')
      if (deadline.passed) throw lost('the service did not answer in time')
      const client = this.#client
      if (client?.live === true) return client
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  #wakeWaiting(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }
}

function isConnectionError(error: unknown): boolean {
  if (!(error instanceof BrokerError)) return false
  return error.code === 'CONNECTION_LOST' || error.code === 'COORDINATION_LOST'
}

function lost(why: string): BrokerError {
  return new BrokerError('COORDINATION_LOST', `coordination: ${why}`)
}

function impatient(why: string): never {
  throw lost(why)
}
