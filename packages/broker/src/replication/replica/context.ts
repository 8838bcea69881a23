import type { LogBatch, LogPoint } from '../../store/journal/log-batch.ts'
import type { ClusterConfig, Voter } from '../cluster-config.ts'
import { isVoter } from '../cluster-config.ts'
import type { ConfigEntry } from '../config-history.ts'
import { appendConfigs, configsHeld } from '../config-history.ts'
import type { Frame } from '../frames.ts'
import { appendLosses, lossesHeld, lossesIn } from '../loss-history.ts'
import type { Promised, ReplicaMeta } from '../meta.ts'
import type { SyncLevel } from '../sync-level.ts'
import type { ReplicaEffect } from './events.ts'

/**
 * What a replica reads of its log; the journal is one. Reflects every effect carried out so far.
 */
export interface LogView {
  /** End of the appended log, written or not. */
  readonly tail: LogPoint
  /** The point before the oldest record. */
  readonly origin: LogPoint
  readonly writtenIndex: number
  readonly syncedIndex: number
  /** Its disk has no space for more than what has to be written (R37). */
  readonly isShortOfSpace: boolean
  /** The largest epoch of the log that is not above this one, and the last index it has (R14). */
  endOfEpoch(epoch: number): { readonly epoch: number; readonly lastIndex: number }
}

/** Durations in milliseconds; their defaults are in configuration.md. */
export interface ReplicaTimings {
  readonly heartbeatMs: number
  /** Tmin. */
  readonly stickyMs: number
  /** L. */
  readonly leaseMs: number
  /** Tquorum. */
  readonly quorumTimeoutMs: number
}

export interface ReplicaOptions {
  readonly timings: ReplicaTimings
  readonly sync: SyncLevel
  readonly weight: number
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/** A peer as the links know it. */
export interface Peer {
  readonly nodeId: string
  readonly storeUuid: string
  readonly weight: number
}

/**
 * What the parts of a replica share: identity, durable state, log, peers, and the effects so far.
 */
export class ReplicaContext {
  readonly options: ReplicaOptions
  readonly log: LogView
  readonly peers = new Map<string, Peer>()
  nowMs = 0
  commitIndex: number
  #meta: ReplicaMeta
  #generation = 0
  #persisted = 0
  #suspectInForce: string | null
  #isIncompleteInForce: boolean
  #effects: ReplicaEffect[] = []

  constructor(meta: ReplicaMeta, log: LogView, options: ReplicaOptions) {
    this.#meta = meta
    this.#suspectInForce = meta.suspect
    this.#isIncompleteInForce = meta.incomplete
    this.log = log
    this.options = options
    this.commitIndex = Math.max(log.origin.index, Math.min(meta.commitHint, log.tail.index))
  }

  get meta(): ReplicaMeta {
    return this.#meta
  }

  get self(): Voter {
    return this.#meta
  }

  get promised(): Promised {
    return this.#meta.promised
  }

  /** The configuration in force: the last one in the log, committed or not (R39). */
  get config(): ClusterConfig | null {
    return this.#meta.configs.at(-1)?.config ?? null
  }

  get votes(): boolean {
    return isVoter(this.config, this.self.storeUuid)
  }

  /** Stays set until its clearing is durable (R35). */
  get suspect(): string | null {
    return this.#suspectInForce
  }

  /** R38: its log is being fetched from its new start. Stays set until its clearing is durable. */
  get isIncomplete(): boolean {
    return this.#isIncompleteInForce
  }

  /** Whether a leader may count what it acknowledges (R21). */
  get counts(): boolean {
    return this.suspect === null && !this.isIncomplete
  }

  emit(effect: ReplicaEffect): void {
    this.#effects.push(effect)
  }

  send(to: string, frame: Frame): void {
    if (this.peers.has(to)) this.emit({ type: 'send', to, frame })
  }

  takeEffects(): ReplicaEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  /**
   * What the meta file says to be committed. No more than our own disk has: a log that ends before
   * that at a start has lost something (R32).
   */
  get commitHint(): number {
    return Math.min(this.commitIndex, this.log.syncedIndex)
  }

  /** Changes the durable state. What depends on it waits until `isPersisted(generation)`. */
  persist(change: Partial<ReplicaMeta>): number {
    this.#meta = { ...this.#meta, commitHint: this.commitHint, ...change }
    if (this.#meta.suspect !== null) this.#suspectInForce = this.#meta.suspect
    if (this.#meta.incomplete) this.#isIncompleteInForce = true
    this.#generation++
    this.emit({ type: 'persist', generation: this.#generation, meta: this.#meta })
    return this.#generation
  }

  onPersisted(generation: number): void {
    this.#persisted = Math.max(this.#persisted, generation)
    if (this.#persisted !== this.#generation) return
    this.#suspectInForce = this.#meta.suspect
    this.#isIncompleteInForce = this.#meta.incomplete
  }

  isPersisted(generation: number): boolean {
    return this.#persisted >= generation
  }

  /**
   * Configurations (R39) and possible losses (R10) are known as soon as they are appended, and
   * rolled back with a cut. A restart finds in the log what the meta file did not learn in time.
   */
  learnFrom(batch: LogBatch, entries: readonly ConfigEntry[]): void {
    const { meta } = this
    const configs = appendConfigs(meta.configs, entries)
    const losses = appendLosses(meta.losses, lossesIn(batch))
    if (configs !== meta.configs || losses !== meta.losses) this.persist({ configs, losses })
  }

  /** What records said that were cut is not in force any more (R39). */
  rollBack(): void {
    const { configs, losses } = this.#meta
    const held = { configs: configsHeld(configs, this.log), losses: lossesHeld(losses, this.log) }
    const isAll = held.configs.length === configs.length && held.losses.length === losses.length
    if (!isAll) this.persist(held)
  }

  advanceCommit(index: number): void {
    if (index <= this.commitIndex) return
    this.commitIndex = index
    this.emit({ type: 'commit', index })
  }

  /** The log begins later than it did; all before that is committed (R38). */
  restarted(): void {
    // What we had and never knew to be committed may be of a log that nobody has. The state that
    // the log begins with tells the rest.
    const known = this.commitIndex
    const isKnown = ({ index }: { readonly index: number }): boolean => index <= known
    const { configs, losses } = this.#meta
    this.commitIndex = Math.max(known, this.log.origin.index)
    this.persist({ configs: configs.filter(isKnown), losses: losses.filter(isKnown) })
  }

  random(): number {
    return this.options.random()
  }
}
