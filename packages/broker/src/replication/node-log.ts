import { assert } from '@quorate/core/base/errors'
import { byteLengthOf } from '../store/journal/chunk-cursor.ts'
import type { Journal } from '../store/journal/journal.ts'
import type { LogBatch, LogPoint } from '../store/journal/log-batch.ts'
import { MAX_PAYLOAD_BYTES } from '../store/journal/record.ts'
import type { LogOp } from '../store/log-op.ts'
import { encodeOp } from '../store/op-codec.ts'
import { SEGMENT_STATE, encodeSegmentState } from '../store/segment-state.ts'
import type { CarriedState } from './carried-state.ts'
import { encodeCarriedState } from './carried-state.ts'
import type { ClusterConfig } from './cluster-config.ts'
import type { StateMachine } from './committed-feed.ts'
import { CommittedFeed } from './committed-feed.ts'
import type { ConfigEntry } from './config-history.ts'
import { LeaderLog } from './leader-log.ts'
import type { RecordContent, SettledContent } from './leader-log.ts'
import { CONFIG, EPOCH_START, encodeConfigRecord, encodeEpochStart } from './log-records.ts'
import type { EpochStart } from './log-records.ts'

export interface NodeLogOptions {
  readonly journal: Journal
  readonly segmentSizeBytes: number
  readonly schedule: (work: () => void) => void
  /** What every segment repeats of replication's own records. */
  readonly carried: () => CarriedState
  /** Records of ours are in the journal; with the configurations that they bring (R39). */
  readonly onAppended: (batch: LogBatch, configs: readonly ConfigEntry[]) => void
  readonly onCaughtUp: () => void
  /** The journal cannot be read, or a record not applied. */
  readonly onError: (error: unknown) => void
}

/** One node's log: the journal, what is written to it as a leader, and whom it is fed to. */
export class NodeLog {
  readonly #options: NodeLogOptions
  readonly #journal: Journal
  readonly #leaderLog: LeaderLog
  #feed: CommittedFeed | null = null
  #isRestarting = false
  #epoch = 0
  /** Appended, and not in a batch yet. */
  #configs: ConfigEntry[] = []

  constructor(options: NodeLogOptions) {
    this.#options = options
    this.#journal = options.journal
    this.#leaderLog = new LeaderLog({
      segmentSizeBytes: options.segmentSizeBytes,
      schedule: options.schedule,
      onBatch: (batch) => this.#onBatch(batch),
      appliedIndex: () => this.#feed?.appliedIndex ?? 0,
      segmentState: () => this.#segmentState(),
    })
  }

  /** Bytes appended as a leader that are not in the journal yet. */
  get gatheredBytes(): number {
    return this.#leaderLog.gatheredBytes
  }

  get isCaughtUp(): boolean {
    return this.#feed?.isCaughtUp === true
  }

  /** Feeds the state machine from its applied index on. */
  feed(stateMachine: StateMachine, commitIndex: number): void {
    // R38: opened for the old log; nothing that it lacks of that is to be had any more.
    if (this.#isRestarting) return
    this.#feed = new CommittedFeed({
      stateMachine,
      source: this.#journal,
      onCaughtUp: () => {
        this.#leaderLog.settled()
        this.#options.onCaughtUp()
      },
      onError: this.#options.onError,
    })
    this.#feed.commit(commitIndex)
  }

  commit(index: number): void {
    this.#feed?.commit(index)
  }

  /** The journal has more. */
  advance(): void {
    this.#feed?.advance()
  }

  /** Throws LEADERSHIP_LOST when this node does not lead. */
  append(type: number, payload: Buffer | readonly Buffer[]): number {
    return this.#leaderLog.append(type, payload)
  }

  /** See LeaderLog. */
  appendSettled(content: SettledContent): void {
    this.#leaderLog.appendSettled(content)
  }

  /** See LeaderLog. */
  beginSegment(leastBytes: number): boolean {
    return this.#leaderLog.beginSegment(leastBytes)
  }

  openEpoch(start: EpochStart): void {
    this.#leaderLog.open(start.epoch, this.#journal.tail, this.#journal.segmentStart)
    this.#epoch = start.epoch
    this.#leaderLog.append(EPOCH_START, encodeEpochStart(start))
    this.#leaderLog.flush()
  }

  appendConfig(config: ClusterConfig): void {
    const index = this.#leaderLog.append(CONFIG, encodeConfigRecord(config))
    this.#configs.push({ index, epoch: this.#epoch, config })
    this.#leaderLog.flush()
  }

  flush(): void {
    this.#leaderLog.flush()
  }

  /** The leadership is over. */
  close(): void {
    this.#leaderLog.close()
    this.#configs = []
  }

  /** Records of a leader. */
  replicated(batch: LogBatch): void {
    this.#feed?.appended(batch)
    this.#journal.append(batch)
  }

  truncateAfter(index: number): Promise<unknown> {
    this.#feed?.truncated(index)
    return this.#journal.truncateAfter(index)
  }

  /**
   * What was folded so far is the beginning of nothing any more (R38). `onRestarted` is told in the
   * same turn in which the log begins again: what is opened from then on may be fed.
   */
  async restartAt(origin: LogPoint, onRestarted: () => void): Promise<void> {
    this.#feed?.stop()
    this.#feed = null
    this.#isRestarting = true
    await this.#journal.restartAt(origin)
    this.#isRestarting = false
    onRestarted()
  }

  /** Null when it is not written yet, or when the log begins later by now (R38). */
  async read(from: number, maxBytes: number): Promise<LogBatch | null> {
    const large = this.#largeAt(from, maxBytes)
    if (large !== null) return large
    try {
      return await this.#journal.read(from, maxBytes)
    } catch (error) {
      if (from < this.#journal.firstIndex) return null
      throw error
    }
  }

  /** A large record that is still in memory: each follower would have it read into some more. */
  #largeAt(from: number, maxBytes: number): LogBatch | null {
    if (from > this.#journal.writtenIndex) return null
    const batch = this.#feed?.kept(from) ?? null
    return batch !== null && batch.lastIndex === from && batch.byteLength > maxBytes ? batch : null
  }

  #onBatch(batch: LogBatch): void {
    this.replicated(batch)
    const configs = this.#configs.filter(({ index }) => index <= batch.lastIndex)
    this.#configs = this.#configs.filter(({ index }) => index > batch.lastIndex)
    this.#options.onAppended(batch, configs)
  }

  #segmentState(): RecordContent {
    assert(this.#feed !== null, 'a leader has a state')
    const replication = encodeCarriedState(this.#options.carried())
    const payload = encodeSegmentState({ replication, fold: this.#feed.encodeState() })
    // Absurd names by the ten thousand: the log just cannot begin at this segment.
    if (byteLengthOf(payload) > MAX_PAYLOAD_BYTES) return NO_STATE
    return { type: SEGMENT_STATE, payload }
  }
}

/** An operation as a record of the log. */
export function recordOf(op: LogOp): RecordContent {
  const { type, chunks } = encodeOp(op)
  return { type, payload: chunks }
}

/** A record that changes nothing. */
const NO_STATE: RecordContent = recordOf({ kind: 'copies', messages: [] })
