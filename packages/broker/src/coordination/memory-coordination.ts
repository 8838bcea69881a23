import type { Clock, Timer } from '@quorate/core/base/clock'
import { claimLeadership, claimMember } from './claims.ts'
import type { Claim, Standing } from './claims.ts'
import type { Bootstrap, LeaderHint, Member } from './coordinator.ts'
import type { EpochRegister } from './state-codec.ts'

export interface MemoryCoordinationOptions {
  readonly clock: Clock
  /** One-way delay of every request, answer and notification, in milliseconds; 0 by default. */
  readonly delayMs?: number
  /** How long a session outlives its last connection, in milliseconds; 8,000 by default. */
  readonly sessionTimeoutMs?: number
}

/** A client's standing with the service; what it announced lasts as long as it is alive. */
export interface MemorySession {
  readonly id: number
  alive: boolean
  announced: boolean
  expiry: Timer | undefined
  readonly onChange: () => void
  readonly onExpired: () => void
}

interface Owned<T> {
  readonly session: MemorySession
  readonly value: T
}

/**
 * The coordination service in memory: what a ZooKeeper ensemble is to the ZooKeeper coordinator,
 * this is to MemoryCoordinator. Tests and the simulation also make it misbehave: be unreachable,
 * lose everything, or go back to an older epoch.
 */
export class MemoryCoordination {
  readonly clock: Clock
  readonly delayMs: number
  readonly sessionTimeoutMs: number
  #reachable = true
  #nextSessionId = 1
  #epoch: EpochRegister | null = null
  #bootstrap: Bootstrap | null = null
  #config: string | null = null
  #leader: Owned<LeaderHint> | null = null
  readonly #members = new Map<string, Owned<Member>>()
  readonly #sessions = new Set<MemorySession>()
  readonly #reachability = new Set<() => void>()

  constructor(options: MemoryCoordinationOptions) {
    this.clock = options.clock
    this.delayMs = options.delayMs ?? 0
    this.sessionTimeoutMs = options.sessionTimeoutMs ?? 8_000
  }

  get reachable(): boolean {
    return this.#reachable
  }

  get epoch(): number {
    return this.#epoch?.e ?? 0
  }

  get config(): string | null {
    return this.#config
  }

  get bootstrap(): Bootstrap | null {
    return this.#bootstrap
  }

  get leader(): LeaderHint | null {
    return this.#leader?.value ?? null
  }

  get members(): readonly Member[] {
    return [...this.#members.values()]
      .map((owned) => owned.value)
      .sort((one, other) => (one.nodeId < other.nodeId ? -1 : 1))
  }

  /** The ensemble has no quorum: nobody is served, and no session expires meanwhile. */
  goDown(): void {
    this.#reachable = false
    for (const session of this.#sessions) this.#stopExpiry(session)
    this.#reachabilityChanged()
  }

  comeUp(): void {
    this.#reachable = true
    for (const session of this.#sessions) this.startExpiry(session)
    this.#reachabilityChanged()
  }

  /** The ensemble lost its disks: every node and every session is gone. */
  wipe(): void {
    for (const session of [...this.#sessions]) this.endSession(session)
    this.#epoch = null
    this.#bootstrap = null
    this.#config = null
  }

  /** The ensemble came back from an old snapshot (W10). */
  rollBackEpoch(epoch: number): void {
    this.#epoch = { e: epoch, owner: '', nonce: '' }
  }

  onReachability(callback: () => void): { cancel(): void } {
    this.#reachability.add(callback)
    return { cancel: () => this.#reachability.delete(callback) }
  }

  openSession(callbacks: { onChange: () => void; onExpired: () => void }): MemorySession {
    const id = this.#nextSessionId++
    const session = { id, alive: true, announced: false, expiry: undefined, ...callbacks }
    this.#sessions.add(session)
    return session
  }

  /** The client is connected again: the session lives on. False when it had ended before. */
  resumeSession(session: MemorySession): boolean {
    this.#stopExpiry(session)
    return session.alive
  }

  /** The client's connection ended: the session ends later, unless resumed. */
  startExpiry(session: MemorySession): void {
    if (!session.alive || !this.#reachable) return
    this.#stopExpiry(session)
    session.expiry = this.clock.after(this.sessionTimeoutMs, () => this.endSession(session))
  }

  endSession(session: MemorySession): void {
    if (!session.alive) return
    this.#stopExpiry(session)
    session.alive = false
    this.#sessions.delete(session)
    for (const [nodeId, owned] of this.#members) {
      if (owned.session === session) this.#members.delete(nodeId)
    }
    if (this.#leader?.session === session) this.#leader = null
    this.#changed()
    session.onExpired()
  }

  announce(session: MemorySession, self: Member): Claim {
    const standing = standingOf(this.#members.get(self.nodeId) ?? null, session)
    const claim = claimMember(standing, self, session.announced)
    if (claim === 'yield') return claim
    session.announced = true
    if (claim === 'done') return claim
    this.#members.set(self.nodeId, { session, value: self })
    this.#changed()
    return claim
  }

  claimLeader(session: MemorySession, hint: LeaderHint): Claim {
    const claim = claimLeadership(standingOf(this.#leader, session), hint)
    if (claim === 'yield' || claim === 'done') return claim
    this.#leader = { session, value: hint }
    this.#changed()
    return claim
  }

  releaseLeader(session: MemorySession): void {
    if (this.#leader?.session !== session) return
    this.#leader = null
    this.#changed()
  }

  /** Compare-and-set of R5; the register as it stands afterwards. */
  allocateEpoch(above: number, owner: string, nonce: string): EpochRegister {
    const standing = this.#epoch
    if (standing !== null && standing.owner === owner && standing.nonce === nonce) return standing
    this.#epoch = { e: Math.max(this.epoch, above) + 1, owner, nonce }
    return this.#epoch
  }

  createBootstrap(bootstrap: Bootstrap): Bootstrap {
    this.#bootstrap ??= bootstrap
    return this.#bootstrap
  }

  publishConfig(json: string): void {
    this.#config = json
  }

  #stopExpiry(session: MemorySession): void {
    session.expiry?.cancel()
    session.expiry = undefined
  }

  #changed(): void {
    for (const session of this.#sessions) session.onChange()
  }

  #reachabilityChanged(): void {
    for (const callback of [...this.#reachability]) callback()
  }
}

function standingOf<T>(owned: Owned<T> | null, session: MemorySession): Standing<T> | null {
  return owned === null ? null : { value: owned.value, ours: owned.session === session }
}
