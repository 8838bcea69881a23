import { assert, BrokerError } from '@quorate/core/base/errors'
import type { Timer } from '@quorate/core/base/clock'
import { sameState } from './claims.ts'
import type { Coordinator, CoordinatorEvent, CoordinatorListener } from './coordinator.ts'
import type { Bootstrap, EpochGrant, LeaderHint, Member } from './coordinator.ts'
import type { MemoryCoordination, MemorySession } from './memory-coordination.ts'

export interface MemoryCoordinatorOptions {
  readonly service: MemoryCoordination
  /** Longest wait of a promise for the service, in milliseconds; 8,000 by default. */
  readonly operationTimeoutMs?: number
}

interface Operation {
  /** Carries the operation out at the service; what it returns delivers the answer. */
  readonly apply: () => () => void
  readonly fail: (error: BrokerError) => void
  /** Runs out while the operation waits for a session. */
  deadline: Timer | undefined
}

/** Promises that may wait for a session at the same time. */
const waitingOperationsMax = 256

/**
 * A Coordinator on a MemoryCoordination: for brokers in one process, tests and the simulation. All
 * that it does to its listener and its promises happens through the service's clock, so a manual
 * clock replays a history exactly.
 *
 * `cut`, `heal`, `expire`, `crash` and `loseNextReply` are the faults of a real service.
 */
export class MemoryCoordinator implements Coordinator {
  readonly bootstrapPath = '/bootstrap'
  readonly #service: MemoryCoordination
  readonly #operationTimeoutMs: number
  readonly #waiting = new Set<Operation>()
  #self: Member | undefined
  #listener: CoordinatorListener | undefined
  #leaderWish: LeaderHint | null = null
  #configWish: string | null = null
  #session: MemorySession | undefined
  #connected = false
  #isCut = false
  #stopped = false
  #replyLost = false
  #nonces = 0
  #pass: Timer | undefined
  #seenMembers: readonly Member[] | undefined
  #seenLeader: LeaderHint | null | undefined
  readonly #reachability: { cancel(): void }

  constructor(options: MemoryCoordinatorOptions) {
    this.#service = options.service
    this.#operationTimeoutMs = options.operationTimeoutMs ?? 8_000
    this.#reachability = this.#service.onReachability(() => this.#reachabilityChanged())
  }

  start(self: Member, listener: CoordinatorListener): void {
    assert(this.#listener === undefined, 'a coordinator is started once')
    this.#self = self
    this.#listener = listener
    this.#schedulePass()
  }

  update(self: Member): void {
    assert(self.nodeId === this.#self?.nodeId, 'a member keeps its node id')
    this.#self = self
    this.#schedulePass()
  }

  allocateEpoch(above: number): Promise<EpochGrant> {
    const owner = this.#self?.nodeId ?? ''
    const nonce = `${owner}-${this.#session?.id ?? 0}-${this.#nonces++}`
    return this.#operation(() => {
      const { e } = this.#service.allocateEpoch(above, owner, nonce)
      return { epoch: e, nonce }
    })
  }

  readBootstrap(): Promise<Bootstrap | null> {
    return this.#operation(() => this.#service.bootstrap)
  }

  createBootstrap(bootstrap: Bootstrap): Promise<Bootstrap> {
    return this.#operation(() => this.#service.createBootstrap(bootstrap))
  }

  claimLeader(hint: LeaderHint): void {
    this.#leaderWish = hint
    this.#schedulePass()
  }

  releaseLeader(): void {
    this.#leaderWish = null
    this.#schedulePass()
  }

  publishConfig(json: string): void {
    this.#configWish = json
    this.#schedulePass()
  }

  stop(): Promise<void> {
    const session = this.#session
    this.crash()
    if (session !== undefined && this.#reachable()) this.#service.endSession(session)
    return Promise.resolve()
  }

  /** The process is gone: no goodbye, and what it announced stays until its session expires. */
  crash(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#pass?.cancel()
    this.#reachability.cancel()
    if (this.#session !== undefined) this.#service.startExpiry(this.#session)
    for (const operation of [...this.#waiting]) {
      this.#abandon(operation, 'the coordinator was stopped')
    }
  }

  /** The network between this broker and the service is cut. */
  cut(): void {
    this.#isCut = true
    if (this.#session !== undefined) this.#service.startExpiry(this.#session)
    this.#reachabilityChanged()
  }

  heal(): void {
    this.#isCut = false
    this.#reachabilityChanged()
  }

  /** The service ends the session while the broker is connected. */
  expire(): void {
    if (this.#session !== undefined) this.#service.endSession(this.#session)
  }

  /** The next operation is carried out, and its answer lost with the connection (W20). */
  loseNextReply(): void {
    this.#replyLost = true
  }

  #reachable(): boolean {
    return this.#service.reachable && !this.#isCut
  }

  #reachabilityChanged(): void {
    if (this.#stopped) return
    if (!this.#reachable() && this.#connected) {
      this.#connected = false
      this.#emit({ type: 'session', state: 'disconnected' })
    }
    this.#schedulePass()
  }

  /** One pass brings the service to what is wished, and the listener to what the service says. */
  #schedulePass(): void {
    if (this.#stopped || this.#listener === undefined || this.#pass !== undefined) return
    this.#pass = this.#service.clock.after(this.#service.delayMs, () => {
      this.#pass = undefined
      if (!this.#stopped && this.#reachable()) this.#runPass()
    })
  }

  #runPass(): void {
    const session = this.#openSession()
    // The listener may have stopped us when it heard of the session.
    if (this.#stopped) return
    if (this.#self !== undefined) this.#service.announce(session, this.#self)
    if (this.#leaderWish === null) this.#service.releaseLeader(session)
    else this.#service.claimLeader(session, this.#leaderWish)
    if (this.#configWish !== null) this.#service.publishConfig(this.#configWish)
    for (const operation of [...this.#waiting]) this.#carryOut(operation)
    this.#report()
  }

  #openSession(): MemorySession {
    const standing = this.#session
    if (this.#connected && standing?.alive === true) return standing
    const resumed = standing !== undefined && this.#service.resumeSession(standing)
    if (standing !== undefined && !resumed) this.#emit({ type: 'session', state: 'expired' })
    const session = resumed ? standing : this.#service.openSession(this.#sessionCallbacks())
    this.#session = session
    this.#connected = true
    this.#emit({ type: 'session', state: 'connected' })
    return session
  }

  #sessionCallbacks(): { onChange: () => void; onExpired: () => void } {
    return { onChange: () => this.#schedulePass(), onExpired: () => this.#schedulePass() }
  }

  #report(): void {
    const { members, leader } = this.#service
    if (!sameMembers(this.#seenMembers, members)) {
      this.#seenMembers = members
      this.#emit({ type: 'members', members })
    }
    if (this.#seenLeader === undefined || !sameState(this.#seenLeader, leader)) {
      this.#seenLeader = leader
      this.#emit({ type: 'leader', leader })
    }
  }

  #operation<T>(apply: () => T): Promise<T> {
    if (this.#stopped) return Promise.reject(lost('the coordinator was stopped'))
    if (this.#waiting.size >= waitingOperationsMax) {
      return Promise.reject(new BrokerError('RESOURCE_LIMIT', 'too many operations wait'))
    }
    return new Promise<T>((resolve, reject) => {
      const operation: Operation = {
        apply: () => {
          const value = apply()
          return () => resolve(value)
        },
        fail: reject,
        deadline: undefined,
      }
      operation.deadline = this.#service.clock.after(this.#operationTimeoutMs, () =>
        this.#abandon(operation, 'no session in time'),
      )
      this.#waiting.add(operation)
      this.#schedulePass()
    })
  }

  #carryOut(operation: Operation): void {
    const deliver = operation.apply()
    if (this.#replyLost) {
      // What a client sees: the request may have been applied; it reconnects and asks again.
      this.#replyLost = false
      this.#schedulePass()
      return
    }
    this.#waiting.delete(operation)
    operation.deadline?.cancel()
    this.#service.clock.after(this.#service.delayMs, deliver)
  }

  #abandon(operation: Operation, why: string): void {
    this.#waiting.delete(operation)
    operation.deadline?.cancel()
    operation.fail(lost(why))
  }

  #emit(event: CoordinatorEvent): void {
    if (!this.#stopped) this.#listener?.(event)
  }
}

function sameMembers(one: readonly Member[] | undefined, other: readonly Member[]): boolean {
  if (one?.length !== other.length) return false
  return one.every((member, i) => sameState(member, other[i] ?? null))
}

function lost(why: string): BrokerError {
  return new BrokerError('COORDINATION_LOST', `coordination: ${why}`)
}
