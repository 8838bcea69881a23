import type { FrameOf, Last } from '../frames.ts'
import { notOlder } from '../frames.ts'
import type { Promised } from '../meta.ts'
import { SEATS_MAX } from '../cluster-config.ts'
import type { ReplicaContext, ReplicaTimings } from './context.ts'

/** What a promise led to, for the one who asked: a peer, or this node's own campaign. */
export interface PromiseOutcome {
  readonly promised: Promised
  readonly grants: boolean
}

export interface VoterOwner {
  /** A promise is being made: whatever belongs to an older epoch ends now (R7). */
  promising(candidate: string): void
  /** The promise for our own candidacy is durable. */
  selfPromised(outcome: PromiseOutcome): void
  /** The promise that a session of this leader needed is durable. */
  leaderPromised(leader: string): void
  /** This node leads, and other voters have just told it that they hear it. */
  holdsLease(): boolean
}

type Purpose = 'vote' | 'session'

interface PendingPromise {
  readonly promised: Promised
  readonly last: Last
  readonly purpose: Purpose
  readonly generation: number
  quiescing: boolean
}

interface DelayedFence {
  readonly frame: FrameOf<'fence'>
  /** Nobody waits for the answer any more. */
  readonly untilMs: number
}

/**
 * The voter: binds each epoch to one candidate, durably, before it says anything (R6, R7). It
 * decides by its own log and promises alone.
 */
export class ReplicaVoter {
  readonly #context: ReplicaContext
  readonly #owner: VoterOwner
  #pending: PendingPromise | null = null
  readonly #delayed = new Map<string, DelayedFence>()
  /** R12: when we last told a leader that we hear it; a fresh start may have forgotten whom. */
  #leaseGivenMs: number
  #isLeaderGone = false

  constructor(context: ReplicaContext, owner: VoterOwner, startMs: number) {
    this.#context = context
    this.#owner = owner
    this.#leaseGivenMs = startMs
  }

  /** Proven: the leader that we last heard can dispatch nothing any more. */
  get leaderIsGone(): boolean {
    return this.#isLeaderGone
  }

  /** A heartbeat was answered: the leader may count on us for its lease (R27). */
  leaseGiven(): void {
    this.#leaseGivenMs = this.#context.nowMs
    this.#isLeaderGone = false
  }

  /** The leader abdicated, or its process is proven dead: it can dispatch nothing (R12). */
  leaderGone(): void {
    this.#isLeaderGone = true
  }

  /** R12: true while a leader may hold a lease that rests on our answer. */
  mustStay(): boolean {
    const { nowMs, options, config } = this.#context
    if (config?.seats.length === 1) return false
    if (this.#owner.holdsLease()) return true
    if (this.#isLeaderGone) return false
    return nowMs - this.#leaseGivenMs < options.timings.stickyMs
  }

  onPreVote(from: string, frame: FrameOf<'preVote'>): void {
    const { promised, suspect } = this.#context
    if (!this.#isMember) return
    const last = this.last()
    this.#context.send(from, {
      type: 'preVoteReply',
      round: frame.round,
      leaderAlive: this.mustStay(),
      grants: suspect === null && notOlder(frame.last, last),
      suspect: suspect !== null,
      last,
      promised: promised.epoch,
    })
  }

  onFence(from: string, frame: FrameOf<'fence'>): void {
    if (!this.#isMember) return
    const wanted = { epoch: frame.epoch, candidate: from, nonce: frame.nonce }
    if (!this.#mayPromise(wanted)) {
      this.#reply(from, frame.epoch, frame.nonce, { promises: false, grants: false })
    } else if (this.#hasPromised(wanted)) {
      // Asked again, or late: the candidate may lead already, and its session must not end.
      const grants = this.#grants(frame.last)
      this.#reply(from, frame.epoch, frame.nonce, { promises: true, grants })
    } else if (this.mustStay()) {
      this.#delay(from, frame)
    } else {
      this.#promise(wanted, frame.last, 'vote')
    }
  }

  /** Our own candidacy goes through the same door as anybody's. */
  promiseSelf(epoch: number, nonce: string): boolean {
    const wanted = { epoch, candidate: this.#context.self.nodeId, nonce }
    if (!this.#mayPromise(wanted)) return false
    this.#promise(wanted, this.last(), 'vote')
    return true
  }

  /**
   * Follows a leader, after the promise to it is durable: it may have won without our vote. A
   * leader speaks only when its epoch is won, so a promise of the very same epoch to another gives
   * way (see docs/internals/replication.md, R13).
   */
  promiseLeader(leader: string, epoch: number, nonce: string): void {
    const wanted = { epoch, candidate: leader, nonce }
    if (this.#hasPromised(wanted)) this.#owner.leaderPromised(leader)
    else this.#promise(wanted, this.last(), 'session')
  }

  onPersisted(): void {
    const pending = this.#pending
    if (pending === null || pending.quiescing) return
    if (!this.#context.isPersisted(pending.generation)) return
    pending.quiescing = true
    this.#context.emit({ type: 'quiesce' })
  }

  onQuiesced(): void {
    const pending = this.#pending
    if (pending?.quiescing !== true) return
    this.#pending = null
    const { candidate, epoch, nonce } = pending.promised
    if (pending.purpose === 'session') {
      this.#owner.leaderPromised(candidate)
      return
    }
    const grants = this.#grants(pending.last)
    if (candidate === this.#context.self.nodeId) {
      this.#owner.selfPromised({ promised: pending.promised, grants })
    } else {
      this.#reply(candidate, epoch, nonce, { promises: true, grants })
      // The candidate may have won without waiting for us, and have asked for a session already.
      this.#owner.leaderPromised(candidate)
    }
  }

  onTick(): void {
    if (this.#delayed.size === 0 || this.mustStay()) return
    const delayed = [...this.#delayed]
    this.#delayed.clear()
    for (const [from, { frame, untilMs }] of delayed) {
      // A promise to a candidate that has given up would only make everybody wait for it.
      if (this.#context.nowMs <= untilMs) this.onFence(from, frame)
    }
  }

  #delay(from: string, frame: FrameOf<'fence'>): void {
    const { nowMs, options } = this.#context
    if (this.#delayed.size >= SEATS_MAX && !this.#delayed.has(from)) return
    this.#delayed.set(from, { frame, untilMs: nowMs + fencingMs(options.timings) })
  }

  /** R8; of a log that is not all there nothing may be expected (R38). */
  last(): Last {
    if (this.#context.isIncomplete) return NOTHING
    const { epoch, index } = this.#context.log.tail
    return { epoch, index }
  }

  /** R6: a higher epoch, or the very same promise again. */
  #mayPromise(wanted: Promised): boolean {
    const { promised } = this.#context
    return wanted.epoch > promised.epoch || samePromise(promised, wanted)
  }

  /** The very promise is made, and durable. */
  #hasPromised(wanted: Promised): boolean {
    return samePromise(this.#context.promised, wanted) && this.#pending === null
  }

  #promise(wanted: Promised, last: Last, purpose: Purpose): void {
    if (this.#pending !== null && samePromise(this.#pending.promised, wanted)) return
    this.#owner.promising(wanted.candidate)
    const { meta, self, options } = this.#context
    // R33: before it may lead, and then count for what only its memory has.
    const mayLead = wanted.candidate === self.nodeId
    const inMemory = meta.inMemory || (mayLead && !options.sync.leaderDisk)
    const generation = this.#context.persist({ promised: wanted, inMemory })
    this.#pending = { promised: wanted, last, purpose, generation, quiescing: false }
  }

  /** R8. Not granting still fences. */
  #grants(last: Last): boolean {
    return this.#context.suspect === null && notOlder(last, this.last())
  }

  /**
   * Whether this store votes is for the candidate to know, who asks and counts the stores that its
   * own configuration names: a quorum can have seated us in a record that we have not seen yet
   * (R9).
   */
  get #isMember(): boolean {
    return this.#context.meta.clusterId !== null
  }

  #reply(
    to: string,
    epoch: number,
    nonce: string,
    answer: { readonly promises: boolean; readonly grants: boolean },
  ): void {
    this.#context.send(to, {
      type: 'fenceReply',
      epoch,
      nonce,
      ...answer,
      suspect: this.#context.suspect !== null,
      last: this.last(),
      promised: this.#context.promised.epoch,
    })
  }
}

const NOTHING: Last = { epoch: 0, index: 0 }

/** How long a candidate waits for promises: a sticky voter may answer as late as Tmin (R12). */
export function fencingMs({ stickyMs }: ReplicaTimings): number {
  return 2 * stickyMs
}

function samePromise(a: Promised, b: Promised): boolean {
  return a.epoch === b.epoch && a.candidate === b.candidate && a.nonce === b.nonce
}
