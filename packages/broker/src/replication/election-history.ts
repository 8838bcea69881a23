import type { Clock } from '@quorate/core/base/clock'
import type { ReplicaEvent } from './replica/events.ts'

/** Elections that are remembered, the newest. */
export const ELECTIONS_MAX = 200

/**
 * Why a leader had to be elected, as this node saw it:
 * start - it has just started and knew of none; silent - it did not hear the leader for too long;
 * gone - nobody listens at the leader's address any more; resigned - the leader handed over;
 * deposed - it led itself and may not any longer; outvoted - others were elected before it noticed.
 */
export type ElectionCause = 'start' | 'silent' | 'gone' | 'resigned' | 'deposed' | 'outvoted'

export interface Election {
  /** 0 while nobody is elected. */
  readonly epoch: number
  /** null while nobody is elected. */
  readonly leader: string | null
  readonly cause: ElectionCause
  /** Wall clock: when this node noticed that nobody leads. */
  readonly noticedMs: number
  /** From then until the new leader served or, for a follower, was heard; null until then. */
  readonly durationMs: number | null
}

/** Who leads, as far as a replica knows. */
export interface Heard {
  /** null: nobody, or somebody who does not serve yet. */
  readonly leader: string | null
  readonly epoch: number
}

/** What a follower's leader is lost by; a promise to somebody else is what remains. */
const causes: { readonly [T in ReplicaEvent['type']]?: ElectionCause } = {
  tick: 'silent',
  linkDown: 'gone',
}

interface Vacancy {
  readonly cause: ElectionCause
  readonly noticedMs: number
  /** Monotonic. */
  readonly sinceMs: number
}

/** What one node has seen of elections since it started. */
export class ElectionHistory {
  readonly #self: string
  readonly #clock: Clock
  #heard: Heard = { leader: null, epoch: 0 }
  #vacancy: Vacancy | null
  #elections: Election[] = []

  constructor(self: string, clock: Clock) {
    this.#self = self
    this.#clock = clock
    this.#vacancy = this.#vacant('start')
  }

  /** Oldest first; the one that is under way is the last. */
  get elections(): readonly Election[] {
    const { cause, noticedMs } = this.#vacancy ?? {}
    if (cause === undefined || noticedMs === undefined) return this.#elections
    return [...this.#elections, { epoch: 0, leader: null, cause, noticedMs, durationMs: null }]
  }

  /** Told after each event of the replica. Mostly nothing is new. */
  stepped(event: ReplicaEvent, now: Heard): void {
    if (now.leader === null) {
      this.#vacancy ??= this.#vacant(this.#causeOf(event))
      return
    }
    const isSame = now.leader === this.#heard.leader && now.epoch === this.#heard.epoch
    // One that was suspected is heard again: there was no election.
    if (!isSame) this.#elected(now, now.leader)
    this.#vacancy = null
  }

  #elected(now: Heard, leader: string): void {
    const { cause, noticedMs, sinceMs } = this.#vacancy ?? this.#vacant('outvoted')
    const durationMs = Math.round(this.#clock.monotonicMs() - sinceMs)
    this.#elections.push({ epoch: now.epoch, leader, cause, noticedMs, durationMs })
    if (this.#elections.length > ELECTIONS_MAX) this.#elections.shift()
    this.#heard = { leader, epoch: now.epoch }
  }

  #vacant(cause: ElectionCause): Vacancy {
    const noticedMs = Math.round(this.#clock.wallMs())
    return { cause, noticedMs, sinceMs: this.#clock.monotonicMs() }
  }

  #causeOf(event: ReplicaEvent): ElectionCause {
    if (event.type === 'abdicate') return 'resigned'
    if (this.#heard.leader === this.#self) return 'deposed'
    if (event.type === 'frame' && event.frame.type === 'abdicate') return 'resigned'
    return causes[event.type] ?? 'outvoted'
  }
}
