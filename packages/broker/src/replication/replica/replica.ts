import type { ClusterConfig } from '../cluster-config.ts'
import { voters } from '../cluster-config.ts'
import type { Frame, FrameOf } from '../frames.ts'
import type { ReplicaMeta } from '../meta.ts'
import type { Heard } from '../election-history.ts'
import { Campaign } from './campaign.ts'
import type { CatchUpPicture } from './catch-up.ts'
import type { LogView, Peer, ReplicaOptions } from './context.ts'
import { ReplicaContext } from './context.ts'
import type { ReplicaEffect, ReplicaEvent } from './events.ts'
import { Following } from './following.ts'
import { Leadership } from './leadership.ts'
import { ReplicaVoter } from './voter.ts'

/** Candidates try one after the other, this far apart, when the leader fell silent (R24). */
const RANK_DELAY_MS = 150
const JITTER_MS = 150
/** The same when the leader's process is proven dead: nobody has to be waited for. */
const URGENT_RANK_DELAY_MS = 100
const URGENT_JITTER_MS = 10
/** Pause after a lost candidacy; longer when somebody with a newer log should go first. */
const RETRY_MS = 50
const BEHIND_MS = 200
/** Until the other voters have noticed as well that the leader's process is dead. */
const URGENT_RETRY_MS = 20

export type ReplicaRole = 'learner' | 'follower' | 'candidate' | 'leader' | 'halted'

/** The meta file learns at least this often how much is committed (R15). */
const COMMIT_HINT_MS = 5_000

type Handlers<K extends string, T extends { type: K }> = {
  readonly [Type in K]: (item: Extract<T, { type: Type }>, from: string) => void
}

/**
 * A replica of the log: voter, candidate, leader and follower in one pure, synchronous state
 * machine. `step` takes an event and the time, and returns what to do; disk, network, clock,
 * coordination and chance are outside. Rules R1-R40 of docs/internals/replication.md.
 */
export class Replica {
  readonly #context: ReplicaContext
  readonly #voter: ReplicaVoter
  readonly #campaign: Campaign
  #leadership: Leadership | null = null
  #following: Following | null = null
  #isHalted = false
  /** When we last heard the leader, or last had a reason to be patient. */
  #heardMs: number
  #lastLeader = ''
  #electionDueMs: number | null = null
  #hintedMs: number
  /** A leader's session that waits for our promise to be durable. */
  #pendingSession: { readonly from: string; readonly frame: FrameOf<'sessionStart'> } | null = null

  constructor(meta: ReplicaMeta, log: LogView, options: ReplicaOptions & { startMs: number }) {
    this.#context = new ReplicaContext(meta, log, options)
    this.#context.nowMs = options.startMs
    this.#heardMs = options.startMs
    this.#hintedMs = options.startMs
    this.#voter = new ReplicaVoter(
      this.#context,
      {
        promising: (candidate) => this.#promising(candidate),
        selfPromised: (outcome) => this.#campaign.onSelfPromised(outcome),
        leaderPromised: (leader) => this.#openSession(leader),
        holdsLease: () => this.#leadership?.leaseValid(this.#context.nowMs) === true,
      },
      options.startMs,
    )
    this.#campaign = new Campaign(this.#context, this.#voter, {
      won: (epoch, nonce, possibleLoss) => this.#becomeLeader({ epoch, nonce, possibleLoss }),
      lost: (_reason, behind) => this.#retry(behind),
    })
  }

  get role(): ReplicaRole {
    if (this.#isHalted) return 'halted'
    if (this.#leadership !== null) return 'leader'
    if (this.#campaign.isRunning) return 'candidate'
    return this.#context.votes ? 'follower' : 'learner'
  }

  get meta(): ReplicaMeta {
    return this.#context.meta
  }

  get suspect(): string | null {
    return this.#context.suspect
  }

  get isIncomplete(): boolean {
    return this.#context.isIncomplete
  }

  get commitIndex(): number {
    return this.#context.commitIndex
  }

  /** For the meta file. */
  get commitHint(): number {
    return this.#context.commitHint
  }

  get leadership(): Leadership | null {
    return this.#leadership
  }

  /** The leader that this replica hears, itself included; null when it hears none. */
  get leader(): string | null {
    if (this.#leadership !== null) return this.#context.self.nodeId
    const isSuspected = this.#electionDueMs !== null || this.#campaign.isRunning
    return isSuspected ? null : (this.#following?.leader ?? null)
  }

  /** Who serves clients, and in which epoch, as far as this replica knows. */
  get heard(): Heard {
    const { leader } = this
    const isElected = this.#leadership?.isServing ?? true
    const { epoch } = this.#leadership ?? this.#following ?? { epoch: 0 }
    return { leader: isElected ? leader : null, epoch }
  }

  /** What every follower that is being fed has on its disk; Infinity when there is none. */
  get fedIndex(): number {
    return this.#leadership?.fedIndex ?? Infinity
  }

  /** Our own way to the leader's end, while we are far behind. */
  catchUpAt(nowMs: number): CatchUpPicture | null {
    return this.#following?.catchUpAt(nowMs) ?? null
  }

  leaseValid(nowMs: number): boolean {
    return this.#leadership?.isServing === true && this.#leadership.leaseValid(nowMs)
  }

  step(event: ReplicaEvent, nowMs: number): ReplicaEffect[] {
    this.#context.nowMs = nowMs
    if (!this.#isHalted) this.#handle(event)
    const effects = this.#context.takeEffects()
    if (effects.some(({ type }) => type === 'halt')) this.#halt()
    return effects
  }

  readonly #onEvent: Handlers<ReplicaEvent['type'], ReplicaEvent> = {
    tick: () => this.#onTick(),
    frame: ({ from, frame }) => this.#onFrame(from, frame),
    arriving: ({ from }) => this.#onArriving(from),
    records: (event) => this.#onRecords(event),
    linkUp: ({ peer, storeUuid, weight }) => this.#onLinkUp({ nodeId: peer, storeUuid, weight }),
    linkDown: ({ peer, refused }) => this.#onLinkDown(peer, refused),
    persisted: ({ generation }) => this.#onPersisted(generation),
    quiesced: () => this.#voter.onQuiesced(),
    truncated: () => {
      // Not earlier: until the cut is on the disk, a restart finds the records and what they say.
      this.#context.rollBack()
      this.#following?.onTruncated()
    },
    restarted: () => {
      this.#context.restarted()
      this.#following?.onRestarted()
    },
    journalAdvanced: () => this.#onJournalAdvanced(),
    epochAllocated: ({ epoch, nonce }) => this.#campaign.onEpochAllocated(epoch, nonce),
    epochRefused: () => this.#campaign.onEpochRefused(),
    appended: (event) => this.#onAppended(event),
    batchRead: ({ peer, session, batch }) => this.#leadership?.onBatchRead(peer, session, batch),
    joined: ({ clusterId, config }) => this.#onJoined(clusterId, config),
    peersMoved: ({ peers }) => void this.#context.persist({ peers }),
    abdicate: () => this.#onAbdicateRequest(),
    stepDown: ({ reason }) => this.#stepDown(reason),
  }

  readonly #onFrameOf: Handlers<Frame['type'], Frame> = {
    preVote: (frame, from) => this.#voter.onPreVote(from, frame),
    preVoteReply: (frame, from) => {
      this.#onPromiseSeen(frame)
      this.#campaign.onPreVoteReply(from, frame)
    },
    fence: (frame, from) => this.#voter.onFence(from, frame),
    fenceReply: (frame, from) => {
      this.#onPromiseSeen(frame)
      this.#campaign.onFenceReply(from, frame)
    },
    sessionStart: (frame, from) => this.#onSessionStart(from, frame),
    tail: (frame, from) => this.#leadership?.onTail(from, frame),
    truncateTo: (frame, from) => this.#inSession(from, frame)?.onTruncateTo(frame),
    startAt: (frame, from) => this.#inSession(from, frame)?.onStartAt(frame),
    matched: (frame, from) => this.#inSession(from, frame)?.onMatched(frame),
    // Carried by the event `records`, decoded and verified.
    append: () => undefined,
    ack: (frame, from) => this.#leadership?.onAck(from, frame),
    nack: (frame, from) => this.#leadership?.onNack(from, frame),
    heartbeat: (frame, from) => this.#onHeartbeat(from, frame),
    catchUp: (frame, from) => this.#inSession(from, frame)?.onCatchUp(frame),
    abdicate: (frame, from) => this.#onAbdicate(from, frame),
    reject: (frame) => this.#onPromiseSeen(frame),
  }

  #handle(event: ReplicaEvent): void {
    const handler = this.#onEvent[event.type] as (event: ReplicaEvent, from: string) => void
    handler(event, '')
  }

  #onFrame(from: string, frame: Frame): void {
    const handler = this.#onFrameOf[frame.type] as (frame: Frame, from: string) => void
    handler(frame, from)
  }

  #onTick(): void {
    this.#voter.onTick()
    this.#campaign.onTick()
    this.#hintCommit()
    if (this.#leadership !== null) {
      const reason = this.#leadership.onTick()
      if (reason !== null) this.#stepDown(reason)
      return
    }
    this.#considerElection()
  }

  #hintCommit(): void {
    const { nowMs, commitHint, meta } = this.#context
    if (nowMs - this.#hintedMs < COMMIT_HINT_MS) return
    this.#hintedMs = nowMs
    if (commitHint > meta.commitHint) this.#context.persist({})
  }

  /**
   * R24: an election starts as soon as the leader is suspected; nobody waits for a session. The
   * session itself stays until a promise ends it: a process that was merely suspended goes on in
   * it.
   */
  #considerElection(): void {
    const { nowMs, options, votes } = this.#context
    // R38: who has no whole log yet could not serve, and whoever has one goes first.
    if (!votes || this.#context.isIncomplete || this.#campaign.isRunning) return
    if (this.#electionDueMs === null) {
      if (nowMs - this.#heardMs < options.timings.stickyMs) return
      this.#scheduleElection(this.#rank() * RANK_DELAY_MS, JITTER_MS)
    } else if (nowMs >= this.#electionDueMs) {
      this.#electionDueMs = null
      this.#campaign.start()
    }
  }

  #scheduleElection(delayMs: number, jitterMs: number): void {
    const alone = this.#context.config?.seats.length === 1
    const jitter = alone ? 0 : this.#context.random() * jitterMs
    this.#electionDueMs = this.#context.nowMs + delayMs + jitter
  }

  /** The leader's process is gone or has resigned: the first in rank tries at once. */
  #scheduleUrgently(): void {
    this.#scheduleElection(this.#rank() * URGENT_RANK_DELAY_MS, URGENT_JITTER_MS)
  }

  #retry(behind: boolean): void {
    if (behind || !this.#voter.leaderIsGone) {
      this.#scheduleElection(behind ? BEHIND_MS : RETRY_MS, JITTER_MS)
    } else this.#scheduleElection(URGENT_RETRY_MS, URGENT_RETRY_MS)
  }

  /** Our place among the voters that are left: heavier first, then by name. */
  #rank(): number {
    const { config, self, peers, options } = this.#context
    if (config === null) return 0
    const others = voters(config).filter(
      ({ nodeId }) => nodeId !== this.#lastLeader && nodeId !== self.nodeId && peers.has(nodeId),
    )
    return others.filter(({ nodeId }) => {
      const weight = peers.get(nodeId)?.weight ?? 0
      if (weight !== options.weight) return weight > options.weight
      return nodeId < self.nodeId
    }).length
  }

  #heardLeader(leader: string): void {
    this.#heardMs = this.#context.nowMs
    this.#lastLeader = leader
    this.#electionDueMs = null
    this.#campaign.abandon()
  }

  /** R7: from here on everything of an older epoch is refused. */
  #promising(candidate: string): void {
    if (candidate !== this.#context.self.nodeId) this.#campaign.abandon()
    this.#stepDown(`fenced by ${candidate}`)
    this.#following = null
    this.#heardMs = this.#context.nowMs
    this.#electionDueMs = null
  }

  #becomeLeader(won: { epoch: number; nonce: string; possibleLoss: boolean }): void {
    this.#following = null
    this.#electionDueMs = null
    this.#lastLeader = this.#context.self.nodeId
    if (won.possibleLoss) {
      const { index } = this.#context.log.tail
      const message = 'elected by full attendance: confirmed records may be missing'
      this.#context.emit({ type: 'alarm', message, fields: { epoch: won.epoch, after: index } })
    }
    this.#leadership = new Leadership(this.#context, won)
  }

  #stepDown(reason: string): void {
    if (this.#leadership === null) return
    this.#leadership = null
    this.#heardMs = this.#context.nowMs
    this.#context.emit({ type: 'stepDown', reason })
  }

  #halt(): void {
    this.#isHalted = true
    this.#leadership = null
    this.#following = null
  }

  #onLinkUp(peer: Peer): void {
    this.#context.peers.set(peer.nodeId, peer)
    this.#leadership?.onLinkUp(peer)
    this.#campaign.onLinkUp(peer)
    if (this.#following?.leader === peer.nodeId) this.#following.onLinkUp()
  }

  /**
   * R12: a refused connection proves the process dead, silence proves nothing. It counts when the
   * refusing node is the one that we last gave a lease to; and it calls for a candidacy unless we
   * have promised a later epoch to somebody, who needs time to win it.
   */
  #onLinkDown(peer: string, refused: boolean): void {
    this.#context.peers.delete(peer)
    this.#leadership?.onLinkDown(peer)
    if (!refused || peer !== this.#lastLeader || this.#leadership !== null) return
    this.#voter.leaderGone()
    const isElecting = this.#electionDueMs !== null || this.#campaign.isRunning
    if (!isElecting && peer === this.#context.promised.candidate) this.#scheduleUrgently()
  }

  #onPersisted(generation: number): void {
    this.#context.onPersisted(generation)
    this.#voter.onPersisted()
    this.#following?.onPersisted()
    this.#leadership?.onJournalAdvanced()
  }

  #onJournalAdvanced(): void {
    this.#leadership?.onJournalAdvanced()
    this.#following?.onJournalAdvanced()
  }

  /**
   * R13: the leader of the epoch that this voter promised, or one of a higher epoch. A node that
   * belongs to no cluster yet takes nobody's records (R2).
   */
  #onSessionStart(from: string, frame: FrameOf<'sessionStart'>): void {
    if (!this.#mayFollow(from, frame.epoch)) {
      this.#context.send(from, { type: 'reject', promised: this.#context.promised.epoch })
      return
    }
    if (this.#isPastSession(from, frame)) return
    this.#pendingSession = { from, frame }
    if (this.#context.meta.clusterId === null) return
    this.#voter.promiseLeader(from, frame.epoch, frame.nonce)
  }

  #mayFollow(leader: string, epoch: number): boolean {
    const { promised } = this.#context
    if (epoch !== promised.epoch) return epoch > promised.epoch
    const current = this.#following?.leader ?? leader
    return this.#leadership === null && current === leader
  }

  /** A leader's sessions rise; an older one arrives late on the connection that it belonged to. */
  #isPastSession(from: string, { epoch, session }: FrameOf<'sessionStart'>): boolean {
    const current = this.#following
    const pending = this.#pendingSession
    return (
      (current?.leader === from && current.epoch === epoch && session < current.session) ||
      (pending?.from === from && pending.frame.epoch === epoch && session < pending.frame.session)
    )
  }

  #openSession(leader: string): void {
    const pending = this.#pendingSession
    if (pending?.from !== leader || pending.frame.epoch !== this.#context.promised.epoch) return
    this.#pendingSession = null
    this.#heardLeader(leader)
    const { epoch, session } = pending.frame
    this.#following = new Following(this.#context, { leader, epoch, session })
  }

  #inSession(
    from: string,
    frame: { readonly epoch: number; readonly session: number },
  ): Following | null {
    if (frame.epoch < this.#context.promised.epoch) {
      this.#context.send(from, { type: 'reject', promised: this.#context.promised.epoch })
      return null
    }
    return this.#following?.belongsTo(from, frame) === true ? this.#following : null
  }

  #onRecords(event: Extract<ReplicaEvent, { type: 'records' }>): void {
    const following = this.#inSession(event.from, event)
    if (following === null) return
    this.#heardLeader(event.from)
    following.onRecords(event)
  }

  /**
   * R24: records of a hundred megabytes take longer than a leader may be silent, and its heartbeats
   * stand behind them. It is heard then, but given no lease: nothing says when the bytes were sent.
   */
  #onArriving(from: string): void {
    if (this.#following?.leader !== from) return
    if (this.#following.epoch !== this.#context.promised.epoch) return
    this.#heardLeader(from)
    this.#following.onArriving()
  }

  #onHeartbeat(from: string, frame: FrameOf<'heartbeat'>): void {
    const following = this.#inSession(from, frame)
    if (following === null) return
    this.#heardLeader(from)
    this.#voter.leaseGiven()
    following.onHeartbeat(frame)
  }

  #onAbdicate(from: string, frame: FrameOf<'abdicate'>): void {
    if (this.#following?.leader !== from || this.#following.epoch !== frame.epoch) return
    this.#voter.leaderGone()
    this.#scheduleUrgently()
    if (frame.target === this.#context.self.nodeId) this.#electionDueMs = this.#context.nowMs
  }

  /** R25: whatever tells of a higher promise ends a leadership. */
  #onPromiseSeen(frame: { readonly promised: number }): void {
    if (this.#leadership !== null && frame.promised > this.#leadership.epoch) {
      this.#stepDown('a voter has promised a higher epoch')
    }
  }

  #onAbdicateRequest(): void {
    this.#leadership?.abdicate()
    this.#stepDown('abdicated')
  }

  #onJoined(clusterId: string, config: ClusterConfig | null): void {
    if (this.#context.meta.clusterId !== null) return
    const configs = config === null ? [] : [{ index: 0, epoch: 0, config }]
    this.#context.persist({ clusterId, configs })
    const waiting = this.#pendingSession
    if (waiting !== null) this.#onSessionStart(waiting.from, waiting.frame)
  }

  /** R39: what was appended is in force, even if the leadership has ended in the same moment. */
  #onAppended({ batch, configs }: Extract<ReplicaEvent, { type: 'appended' }>): void {
    this.#context.learnFrom(batch, configs)
    this.#leadership?.onAppended(batch, configs)
  }
}
