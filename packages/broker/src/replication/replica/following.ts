import type { LogPoint } from '../../store/journal/log-batch.ts'
import type { FrameOf } from '../frames.ts'
import { CatchUp } from './catch-up.ts'
import type { CatchUpPicture } from './catch-up.ts'
import type { ReplicaContext } from './context.ts'
import type { ReplicaEvent } from './events.ts'

type RecordsEvent = Extract<ReplicaEvent, { type: 'records' }>

interface Session {
  readonly leader: string
  readonly epoch: number
  readonly session: number
}

/**
 * The follower's side of one session with a leader:
 *
 *   reconciling --truncateTo--> truncating --truncated--> reconciling
 *   reconciling --startAt, incompleteness durable--> restarting --restarted--> reconciling
 *   reconciling --matched--> streaming
 *
 * Ends with the next session or promise. Acknowledges only what it has verified against this
 * leader, in this session (R17).
 */
export class Following {
  readonly #context: ReplicaContext
  readonly #of: Session
  #phase: 'reconciling' | 'truncating' | 'restarting' | 'streaming' = 'reconciling'
  /** R38: where our log is to begin, as soon as it is on the disk that it is incomplete. */
  #restart: { readonly origin: LogPoint; readonly generation: number } | null = null
  /** R35: how far the leader's log reached when we joined. */
  #joinEnd = 0
  #ackedSynced = 0
  readonly #catchUp = new CatchUp()
  /** Where the leader's log ends, as far as we were told for being behind. */
  #leaderEnd = 0

  constructor(context: ReplicaContext, session: Session) {
    this.#context = context
    this.#of = session
    this.#tellTail()
  }

  get leader(): string {
    return this.#of.leader
  }

  get epoch(): number {
    return this.#of.epoch
  }

  get session(): number {
    return this.#of.session
  }

  belongsTo(from: string, frame: { readonly epoch: number; readonly session: number }): boolean {
    const { leader, epoch, session } = this.#of
    return from === leader && frame.epoch === epoch && frame.session === session
  }

  /** R14. Throws nothing: a truncation below the commit halts the replica (R15). */
  onTruncateTo(frame: FrameOf<'truncateTo'>): void {
    if (this.#phase !== 'reconciling') return
    const { log, commitIndex } = this.#context
    const own = log.endOfEpoch(frame.lastEpoch)
    const after =
      own.epoch === frame.lastEpoch ? Math.min(own.lastIndex, frame.index) : own.lastIndex
    if (after < commitIndex) {
      const reason = `the leader's log ends at ${after}, below the committed record ${commitIndex}`
      this.#context.emit({ type: 'halt', reason })
      return
    }
    this.#phase = 'truncating'
    this.#context.emit({ type: 'truncate', after })
  }

  onTruncated(): void {
    if (this.#phase !== 'truncating') return
    this.#phase = 'reconciling'
    this.#tellTail()
  }

  /**
   * R38: what we have ends before the leader's log begins, or is of older epochs than that point.
   * What of it is committed, and still waits, was copied forward; so it goes, and we fetch the log
   * from its new start. The quorum that committed that start has it all without us: so we may go on
   * to help in elections, as one that holds nothing. Nobody counts us before we are whole (R35).
   */
  onStartAt({ origin }: FrameOf<'startAt'>): void {
    const { log, commitIndex } = this.#context
    const { tail } = log
    if (this.#phase !== 'reconciling') return
    if (tail.index >= origin.index && tail.epoch >= origin.epoch) return
    if (commitIndex > origin.index) {
      const reason = `the leader's log begins at ${origin.index}, and ${commitIndex} is committed`
      this.#context.emit({ type: 'halt', reason })
      return
    }
    this.#phase = 'restarting'
    const generation = this.#context.persist({ incomplete: true })
    this.#restart = { origin, generation }
    this.#restartWhenMarked()
  }

  onRestarted(): void {
    if (this.#phase !== 'restarting') return
    this.#phase = 'reconciling'
    this.#tellTail()
  }

  onMatched(frame: FrameOf<'matched'>): void {
    if (this.#phase !== 'reconciling') return
    this.#phase = 'streaming'
    this.#joinEnd = frame.joinEnd
    if (frame.regressed) this.#context.persist({ suspect: 'lost records it had acknowledged' })
    this.#clearSuspicion()
    this.#ack(0)
  }

  onRecords(event: RecordsEvent): void {
    if (this.#phase !== 'streaming') return
    const { batch } = event
    const { tail } = this.#context.log
    // Sent twice: we have it, and asking for more would have it sent a third time.
    if (batch.lastIndex <= tail.index) return
    if (batch.previous.index !== tail.index || batch.previous.epoch !== tail.epoch) {
      const { epoch, session } = this.#of
      const nack = { epoch, session, next: tail.index + 1 }
      this.#context.send(this.leader, { type: 'nack', ...nack })
      return
    }
    if (batch.previous.chain !== tail.chain || batch.previous.position !== tail.position) {
      // Same index, same epoch, other bytes: log matching is broken, and nobody may go on (S3).
      this.#context.emit({
        type: 'halt',
        reason: `the log differs from its leader's at ${tail.index}`,
      })
      return
    }
    this.#context.learnFrom(batch, event.configs)
    this.#context.emit({ type: 'append', batch })
    // R20: the epoch start is fsynced on a quorum whatever the mode.
    if (batch.epochStarts.length > 0) this.#context.emit({ type: 'sync' })
    this.#context.advanceCommit(Math.min(event.commit, batch.lastIndex))
  }

  /** Our way to the leader is open again: what was said on the old one may be lost. */
  onLinkUp(): void {
    if (this.#phase === 'reconciling') this.#tellTail()
    else if (this.#phase === 'streaming') this.#ack(0)
  }

  onHeartbeat(frame: FrameOf<'heartbeat'>): void {
    if (this.#phase === 'streaming') {
      this.#context.advanceCommit(Math.min(frame.commit, this.#context.log.tail.index))
    }
    this.#ack(frame.sentUs)
  }

  onCatchUp({ end }: FrameOf<'catchUp'>): void {
    if (this.#phase !== 'streaming') return
    this.#leaderEnd = end
    this.#catchUp.look({ atMs: this.#context.nowMs, had: this.#context.log.tail.position, end })
  }

  /** Null when we are not far behind. */
  catchUpAt(nowMs: number): CatchUpPicture | null {
    if (this.#phase !== 'streaming') return null
    const had = this.#context.log.tail.position
    return this.#catchUp.picture({ atMs: nowMs, had, end: this.#leaderEnd })
  }

  /** A large frame is on its way: the leader hears that we are there (R25). */
  onArriving(): void {
    if (this.#phase === 'streaming') this.#ack(0)
  }

  onJournalAdvanced(): void {
    if (this.#phase !== 'streaming') return
    this.#clearSuspicion()
    const { log, options } = this.#context
    const news = !options.sync.followerDisk || log.syncedIndex > this.#ackedSynced
    if (news) this.#ack(0)
  }

  onPersisted(): void {
    this.#restartWhenMarked()
    if (this.#phase === 'streaming') this.#ack(0)
  }

  /**
   * R35: matches the leader's log up to its end as of our join, and has it on disk. So has it
   * whatever it was counted for as a leader; a follower in a disk mode counts for its disk only.
   */
  #clearSuspicion(): void {
    const { meta, log, options } = this.#context
    const inMemory = meta.inMemory && !options.sync.followerDisk
    const isOld = meta.suspect !== null || meta.incomplete || meta.inMemory !== inMemory
    if (isOld && log.syncedIndex >= this.#joinEnd)
      this.#context.persist({ suspect: null, incomplete: false, inMemory })
  }

  /**
   * R17, R33: what we answer for by our own word. In a disk mode no loss of power makes us suspect,
   * so nobody may count us for what only our memory has, whatever word the leader runs with.
   */
  get #heldIndex(): number {
    const { log, options } = this.#context
    return options.sync.followerDisk ? log.syncedIndex : log.writtenIndex
  }

  #restartWhenMarked(): void {
    if (this.#restart === null || !this.#context.isPersisted(this.#restart.generation)) return
    const { origin } = this.#restart
    this.#restart = null
    this.#context.emit({ type: 'restart', origin })
  }

  #tellTail(): void {
    const { epoch, session } = this.#of
    const point = this.#context.log.tail
    this.#context.send(this.leader, { type: 'tail', epoch, session, point })
  }

  #ack(sentUs: number): void {
    const { log, counts } = this.#context
    const isVerified = this.#phase === 'streaming'
    this.#ackedSynced = isVerified ? log.syncedIndex : 0
    this.#context.send(this.leader, {
      type: 'ack',
      epoch: this.epoch,
      session: this.#of.session,
      written: isVerified ? this.#heldIndex : 0,
      synced: this.#ackedSynced,
      suspect: !counts,
      sentUs,
      short: log.isShortOfSpace,
    })
  }
}
