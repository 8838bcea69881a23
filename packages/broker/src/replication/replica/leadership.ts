import { assert } from '@quorate/core/base/errors'
import type { LogBatch, LogPoint } from '../../store/journal/log-batch.ts'
import type { ClusterConfig } from '../cluster-config.ts'
import { isVoter, quorumOf } from '../cluster-config.ts'
import type { ConfigEntry } from '../config-history.ts'
import type { FrameOf } from '../frames.ts'
import { FRAME_BYTES_MAX } from '../frames.ts'
import type { Peer, ReplicaContext } from './context.ts'
import { FeedPace, UNPACED_BYTES_MAX } from './feed-pace.ts'
import { FollowerProgress } from './progress.ts'
import { Ranking } from './ranking.ts'
import { nextSeatChange } from './replacement.ts'
import { countSpace } from './space-quorum.ts'

/** Bytes of records in one append frame, unless a single record is larger. */
export const APPEND_BYTES_MAX = 1024 * 1024
/**
 * A batch beyond this is not sent as it was appended but read back in frames of the usual size. Any
 * single record fits.
 */
const DIRECT_APPEND_BYTES_MAX = FRAME_BYTES_MAX - 64 * 1024
/** A leader without space that has been so for this long leaves it to those that have some. */
export const SPACE_HANDOVER_MS = 1_000

/**
 * One leadership: from the won election until the step-down. It never resumes (R20): a new
 * incarnation has to win a new epoch.
 */
export class Leadership {
  readonly #context: ReplicaContext
  readonly epoch: number
  readonly #nonce: string
  readonly #startMs: number
  /** Index of the epoch start, the first record that counting applies to (R20). */
  readonly epochStartIndex: number
  readonly #followers = new Map<string, FollowerProgress>()
  /** What each store acknowledged of the committed log: it may not regress (R36). */
  readonly #committedAcks = new Map<string, number>()
  readonly #ranking = new Ranking()
  #sessions = 0
  #nextHeartbeatMs: number
  readonly #pace: FeedPace
  #isServing = false
  /** Index of the configuration change in flight, 0 when there is none (R39). */
  #changeIndex = 0
  #needsShortFollowers = false
  /** Since when our own disk has no space; null while it has. */
  #shortSinceMs: number | null = null

  constructor(
    context: ReplicaContext,
    won: { readonly epoch: number; readonly nonce: string; readonly possibleLoss: boolean },
  ) {
    this.#context = context
    this.epoch = won.epoch
    this.#nonce = won.nonce
    this.#startMs = context.nowMs
    this.#nextHeartbeatMs = context.nowMs
    this.#pace = new FeedPace(context.nowMs, context.log.tail)
    this.epochStartIndex = context.log.tail.index + 1
    for (const peer of context.peers.values()) this.onLinkUp(peer)
    const config = context.config
    assert(config !== null, 'only a voter can lead')
    context.emit({
      type: 'openEpoch',
      start: {
        epoch: won.epoch,
        leader: context.self.nodeId,
        possibleLoss: won.possibleLoss,
        config,
      },
    })
  }

  get isServing(): boolean {
    return this.#isServing
  }

  /** R37: a quorum is only there with followers whose disks have no space for new messages. */
  get needsShortFollowers(): boolean {
    return this.#needsShortFollowers
  }

  get followers(): Iterable<FollowerProgress> {
    return this.#followers.values()
  }

  get fedIndex(): number {
    let fed = Infinity
    for (const progress of this.#followers.values()) {
      if (progress.isStreaming) fed = Math.min(fed, progress.syncedIndex)
    }
    return fed
  }

  /** R14: whatever was said before is void; the follower tells where its log ends. */
  onLinkUp(peer: Peer): void {
    const session = ++this.#sessions
    this.#followers.set(peer.nodeId, new FollowerProgress(peer, session))
    this.#context.send(peer.nodeId, {
      type: 'sessionStart',
      epoch: this.epoch,
      nonce: this.#nonce,
      session,
    })
  }

  onLinkDown(peer: string): void {
    this.#followers.delete(peer)
    this.#advanceCommit()
  }

  onTail(from: string, frame: FrameOf<'tail'>): void {
    const progress = this.#sessionOf(from, frame)
    // Told twice, because its way to us was interrupted: our answer to the first is on its way.
    if (progress === undefined || progress.isStreaming) return
    const { point } = frame
    const { origin } = this.#context.log
    // One that goes beyond it, but in older epochs, may have nothing in common with us.
    if (point.index < origin.index || point.epoch < origin.epoch) {
      const { epoch, session } = frame
      this.#context.send(from, { type: 'startAt', epoch, session, origin })
      return
    }
    const end = this.#context.log.endOfEpoch(point.epoch)
    if (end.epoch !== point.epoch || point.index > end.lastIndex) {
      const { epoch, session } = frame
      const truncateTo = { epoch, session, lastEpoch: end.epoch, index: end.lastIndex }
      this.#context.send(from, { type: 'truncateTo', ...truncateTo })
      return
    }
    this.#matched(progress, point)
  }

  onAck(from: string, frame: FrameOf<'ack'>): void {
    const progress = this.#sessionOf(from, frame)
    if (progress === undefined) return
    progress.heardMs = this.#context.nowMs
    if (frame.sentUs > 0) {
      progress.answeredSentMs = Math.max(progress.answeredSentMs, frame.sentUs / 1000)
    }
    if (!progress.isStreaming) return
    progress.suspect = frame.suspect
    progress.isShortOfSpace = frame.short
    progress.acked(frame.written, frame.synced)
    this.#advanceCommit()
    this.#pump(progress)
  }

  onNack(from: string, frame: FrameOf<'nack'>): void {
    const progress = this.#sessionOf(from, frame)
    if (progress?.isStreaming !== true) return
    progress.rewind(frame.next)
    this.#pump(progress)
  }

  /** Our own records: sent to the followers before they are on our own disk (R18). */
  onAppended(batch: LogBatch, configs: readonly ConfigEntry[]): void {
    for (const { index } of configs) this.#changeIndex = index
    // R20: the epoch start is fsynced whatever the mode.
    if (batch.epochStarts.length > 0) this.#context.emit({ type: 'sync' })
    if (batch.byteLength > DIRECT_APPEND_BYTES_MAX) return
    for (const progress of this.#followers.values()) {
      const upToDate = progress.isStreaming && !progress.isReading
      if (upToDate && progress.nextIndex === batch.firstIndex && progress.hasRoom) {
        this.#sendBatch(progress, batch)
      }
    }
  }

  onJournalAdvanced(): void {
    this.#clearSuspicion()
    this.#advanceCommit()
    for (const progress of this.#followers.values()) this.#pump(progress)
  }

  onBatchRead(peer: string, session: number, batch: LogBatch | null): void {
    const progress = this.#followers.get(peer)
    if (progress?.session !== session) return
    progress.isReading = false
    // The log's start has passed the follower by: it has to begin again from there (R38).
    if (progress.nextIndex <= this.#context.log.origin.index) return this.onLinkUp(progress.peer)
    if (batch === null || batch.firstIndex !== progress.nextIndex) return
    this.#sendBatch(progress, batch)
    this.#pump(progress)
  }

  /** Heartbeats, the quorum check and seat changes. Returns why to step down, or null. */
  onTick(): string | null {
    const { nowMs, options } = this.#context
    if (nowMs >= this.#nextHeartbeatMs) {
      this.#nextHeartbeatMs = nowMs + options.timings.heartbeatMs
      for (const progress of this.#followers.values()) this.#heartbeat(progress)
    }
    this.#feedAtPace()
    this.#replaceSeat()
    const { config, votes } = this.#context
    if (!votes && this.#changeIndex <= this.#context.commitIndex) return 'no longer a voter'
    const heardMs = Math.max(this.#quorumHeardMs(config, nowMs), this.#startMs)
    if (nowMs - heardMs > options.timings.quorumTimeoutMs) return 'no quorum answers'
    return this.#leavesForSpace() ? 'its disk has no space, and the disks of a quorum have' : null
  }

  /**
   * R27: a quorum has answered heartbeats that were sent within L, so no other leader can have been
   * elected yet: its voters stay with us for Tmin > L (R12).
   */
  leaseValid(nowMs: number): boolean {
    const { config, options } = this.#context
    return nowMs - this.#quorumAnsweredMs(config, nowMs) < options.timings.leaseMs
  }

  /** R28: the voter that needs nothing more from us, if there is one. */
  bestSuccessor(): string | null {
    const { config, log } = this.#context
    let best: FollowerProgress | null = null
    for (const progress of this.#followers.values()) {
      const eligible = isVoter(config, progress.peer.storeUuid) && !progress.suspect
      if (!eligible || this.#ackedIndex(progress) < log.tail.index) continue
      if (best === null || isPreferred(progress, best)) best = progress
    }
    return best?.peer.nodeId ?? null
  }

  abdicate(): void {
    const target = this.bestSuccessor() ?? ''
    for (const { peer } of this.#followers.values()) {
      this.#context.send(peer.nodeId, { type: 'abdicate', epoch: this.epoch, target })
    }
  }

  /** Our own level of acknowledgement: what `local_*` confirmations go by (R22). */
  get ownAckedIndex(): number {
    const { log, options } = this.#context
    return options.sync.leaderDisk ? log.syncedIndex : log.writtenIndex
  }

  #matched(progress: FollowerProgress, end: LogPoint): void {
    const { index } = end
    const { storeUuid, nodeId } = progress.peer
    const regressed = index < (this.#committedAcks.get(storeUuid) ?? 0)
    if (regressed) this.#alarmRegression(progress, index)
    const joinEnd = this.#context.log.tail.index
    progress.startStreaming(end, joinEnd)
    this.#context.send(nodeId, {
      type: 'matched',
      epoch: this.epoch,
      session: progress.session,
      joinEnd,
      regressed,
    })
    this.#pump(progress)
  }

  #alarmRegression(progress: FollowerProgress, index: number): void {
    this.#context.emit({
      type: 'alarm',
      message: 'a replica lost committed records that it had acknowledged',
      fields: { node: progress.peer.nodeId, store: progress.peer.storeUuid, index },
    })
  }

  #pump(progress: FollowerProgress): void {
    const ready = progress.isStreaming && !progress.isReading && progress.hasRoom
    if (!ready || progress.nextIndex > this.#context.log.writtenIndex) return
    progress.isReading = true
    this.#context.emit({
      type: 'read',
      peer: progress.peer.nodeId,
      session: progress.session,
      from: progress.nextIndex,
      maxBytes: APPEND_BYTES_MAX,
    })
  }

  /**
   * R30: who is far behind leaves to clients what they need; who is nearly there is not held up.
   */
  #feedAtPace(): void {
    const { nowMs, log } = this.#context
    const bytes = this.#pace.tick(nowMs, log.tail)
    for (const progress of this.#followers.values()) {
      const isPaced = log.tail.position - progress.position > UNPACED_BYTES_MAX
      const hadRoom = progress.hasRoom
      progress.allow(isPaced ? bytes : Number.POSITIVE_INFINITY)
      if (!hadRoom) this.#pump(progress)
    }
  }

  #sendBatch(progress: FollowerProgress, batch: LogBatch): void {
    progress.sent(batch)
    this.#context.send(progress.peer.nodeId, {
      type: 'append',
      epoch: this.epoch,
      session: progress.session,
      previous: batch.previous,
      commit: this.#context.commitIndex,
      records: batch.chunks,
    })
  }

  #heartbeat(progress: FollowerProgress): void {
    this.#context.send(progress.peer.nodeId, {
      type: 'heartbeat',
      epoch: this.epoch,
      session: progress.session,
      commit: this.#context.commitIndex,
      sentUs: Math.max(1, Math.round(this.#context.nowMs * 1000)),
    })
    this.#watchCatchUp(progress)
  }

  /** For people: the follower itself does not know how far it has to go. */
  #watchCatchUp(progress: FollowerProgress): void {
    if (!progress.isStreaming) return
    const { nowMs, log } = this.#context
    const look = { atMs: nowMs, had: progress.position, end: log.tail.position }
    progress.catchUp.look(look)
    if (progress.catchUp.picture(look) === null) return
    const { peer, session } = progress
    const end = log.tail.position
    this.#context.send(peer.nodeId, { type: 'catchUp', epoch: this.epoch, session, end })
  }

  /**
   * R10, R35: with everybody present, this log is the truth that the others are measured against.
   * But not before it says on the disk that something may be missing: whoever is in good standing
   * again helps to elect without everybody, and no leader may be without that record.
   */
  #clearSuspicion(): void {
    const { meta, log } = this.#context
    if (meta.suspect !== null && log.syncedIndex >= this.epochStartIndex) {
      this.#context.persist({ suspect: null })
    }
  }

  /** R21: the largest index of this epoch that a quorum of clean voters has acknowledged. */
  #advanceCommit(): void {
    const { config, log, self, suspect } = this.#context
    if (config === null) return
    const acked = this.#ranking.clear()
    for (const seat of config.seats) {
      if (seat === null) continue
      if (seat.storeUuid === self.storeUuid) {
        if (suspect === null) acked.add(this.#level(this.ownAckedIndex, log.syncedIndex))
        continue
      }
      const progress = this.#followers.get(seat.nodeId)
      if (progress?.peer.storeUuid !== seat.storeUuid || progress.suspect) continue
      acked.add(this.#level(this.#ackedIndex(progress), progress.syncedIndex))
    }
    const index = acked.at(quorumOf(config))
    // Records of older epochs are never counted, only covered (Raft, figure 8).
    if (index !== null && index >= this.epochStartIndex) this.#commit(index)
  }

  /** R20: until the epoch start is on a quorum's disks, only disks count, whatever the mode. */
  #level(acked: number, synced: number): number {
    return this.#context.commitIndex < this.epochStartIndex ? Math.min(acked, synced) : acked
  }

  #ackedIndex(progress: FollowerProgress): number {
    const { followerDisk } = this.#context.options.sync
    return followerDisk ? progress.syncedIndex : progress.writtenIndex
  }

  #commit(index: number): void {
    this.#context.advanceCommit(index)
    for (const progress of this.#followers.values()) {
      const { storeUuid } = progress.peer
      const committed = Math.min(this.#ackedIndex(progress), this.#context.commitIndex)
      if (committed > (this.#committedAcks.get(storeUuid) ?? 0)) {
        this.#committedAcks.set(storeUuid, committed)
      }
    }
    if (this.#isServing) return
    this.#isServing = true
    this.#context.emit({ type: 'lead', epoch: this.epoch })
  }

  /**
   * R37: one full disk stops nobody, not even the leader's: it hands over to a follower that needs
   * nothing more and has space, when a quorum of the others has some.
   */
  #leavesForSpace(): boolean {
    const { config, log, nowMs, self, suspect } = this.#context
    if (config === null) return false
    const own = { storeUuid: self.storeUuid, counts: suspect === null }
    const { needsShortFollowers, followersSuffice } = countSpace(config, own, this.#followers)
    this.#needsShortFollowers = needsShortFollowers
    this.#shortSinceMs = log.isShortOfSpace ? (this.#shortSinceMs ?? nowMs) : null
    if (this.#shortSinceMs === null || nowMs - this.#shortSinceMs < SPACE_HANDOVER_MS) return false
    const target = this.bestSuccessor()
    const isWanted = this.#isServing && followersSuffice && target !== null
    if (!isWanted || this.#followers.get(target)?.isShortOfSpace !== false) return false
    this.abdicate()
    return true
  }

  /** R40, R39: one seat at a time, and only in an epoch whose start is committed. */
  #replaceSeat(): void {
    const { config, commitIndex, log } = this.#context
    if (!this.#isServing || config === null || this.#changeIndex > commitIndex) return
    const candidates = [...this.#followers.values()].filter(
      (progress) => !progress.suspect && progress.hasCaughtUp(log.tail.index),
    )
    const changed = nextSeatChange(
      config,
      candidates.map((progress) => progress.peer),
    )
    if (changed === null) return
    this.#changeIndex = Number.MAX_SAFE_INTEGER
    this.#context.emit({ type: 'appendConfig', config: changed })
  }

  /**
   * R25: when a quorum was last heard, we ourselves counted. Not by answered heartbeats alone: a
   * large record on its way to a follower stands before them, and nothing else is answered.
   */
  #quorumHeardMs(config: ClusterConfig | null, nowMs: number): number {
    if (config === null) return Number.NEGATIVE_INFINITY
    const heard = this.#ranking.clear()
    for (const seat of config.seats) {
      if (seat === null) continue
      if (seat.storeUuid === this.#context.self.storeUuid) heard.add(nowMs)
      const progress = this.#followers.get(seat.nodeId)
      if (progress?.peer.storeUuid === seat.storeUuid) {
        heard.add(progress.heardMs ?? Number.NEGATIVE_INFINITY)
      }
    }
    return heard.at(quorumOf(config)) ?? Number.NEGATIVE_INFINITY
  }

  /** When the newest heartbeat was sent that a quorum has answered, we ourselves counted. */
  #quorumAnsweredMs(config: ClusterConfig | null, nowMs: number): number {
    if (config === null) return Number.NEGATIVE_INFINITY
    const answered = this.#ranking.clear()
    for (const seat of config.seats) {
      if (seat === null) continue
      if (seat.storeUuid === this.#context.self.storeUuid) answered.add(nowMs)
      const progress = this.#followers.get(seat.nodeId)
      if (progress?.peer.storeUuid === seat.storeUuid) answered.add(progress.answeredSentMs)
    }
    return answered.at(quorumOf(config)) ?? Number.NEGATIVE_INFINITY
  }

  #sessionOf(
    from: string,
    frame: { readonly epoch: number; readonly session: number },
  ): FollowerProgress | undefined {
    const progress = this.#followers.get(from)
    const current = frame.epoch === this.epoch && progress?.session === frame.session
    return current ? progress : undefined
  }
}

/** With space before without, then by weight. */
function isPreferred(one: FollowerProgress, other: FollowerProgress): boolean {
  if (one.isShortOfSpace !== other.isShortOfSpace) return other.isShortOfSpace
  return one.peer.weight > other.peer.weight
}
