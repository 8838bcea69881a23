import { Deque } from '@quorate/core/base/deque'
import type { LogBatch } from '../store/journal/log-batch.ts'

/** What the committed log is fed to: the store. */
export interface StateMachine {
  readonly appliedIndex: number
  /** Applies the records of the batch after `appliedIndex`, through this index. */
  apply(batch: LogBatch, throughIndex: number): void
  /** The state at `appliedIndex`, as a segment begins with it. */
  encodeState(): Buffer
}

export interface FeedSource {
  /** As much of the log from this record as fits; null when it is not written yet. */
  read(from: number, maxBytes: number, through: number): Promise<LogBatch | null>
}

export interface FeedOptions {
  readonly stateMachine: StateMachine
  readonly source: FeedSource
  /** Applied everything that is committed so far. */
  readonly onCaughtUp: () => void
  /** The journal cannot be read, or a record not applied: the feed has stopped for good. */
  readonly onError: (error: unknown) => void
}

/**
 * Appended batches that are kept in memory until they are committed; what comes when more than this
 * is kept is read again. The batch that exceeds it is kept: to read a large one again costs a copy.
 */
export const KEPT_BYTES_MAX = 128 * 1024 * 1024
const READ_BYTES = 4 * 1024 * 1024

/**
 * Feeds the committed records to the state machine (R19): from memory as long as the batch that was
 * appended is still at hand, else from the journal.
 *
 *   log:   [ applied ........ | committed, unapplied ... | appended, uncommitted ... ]
 *                             ^ next                     ^ commit            ^ tail
 */
export class CommittedFeed {
  readonly #options: FeedOptions
  readonly #kept = new Deque<LogBatch>()
  #keptBytes = 0
  #commitIndex = 0
  #isReading = false
  #hasFailed = false

  constructor(options: FeedOptions) {
    this.#options = options
  }

  get isCaughtUp(): boolean {
    return this.#options.stateMachine.appliedIndex >= this.#commitIndex
  }

  get appliedIndex(): number {
    return this.#options.stateMachine.appliedIndex
  }

  encodeState(): Buffer {
    return this.#options.stateMachine.encodeState()
  }

  /** Feeds no more, and says nothing more. */
  stop(): void {
    this.#hasFailed = true
    this.#kept.clear()
  }

  /** Remembers what has been appended, if there is room. */
  appended(batch: LogBatch): void {
    if (this.#keptBytes > KEPT_BYTES_MAX) return
    this.#kept.push(batch)
    this.#keptBytes += batch.byteLength
  }

  /** The batch that begins with this record and is uncommitted, if it is at hand. */
  kept(index: number): LogBatch | null {
    for (const batch of this.#kept) {
      if (batch.firstIndex === index) return batch
      if (batch.firstIndex > index) return null
    }
    return null
  }

  /** Forgets what was cut off the log. */
  truncated(after: number): void {
    const survivors = [...this.#kept].filter((batch) => batch.lastIndex <= after)
    this.#kept.clear()
    this.#keptBytes = 0
    for (const batch of survivors) this.appended(batch)
  }

  commit(index: number): void {
    this.#commitIndex = Math.max(this.#commitIndex, index)
    this.advance()
  }

  /** Goes on; called again when the journal has written more. */
  advance(): void {
    const { stateMachine } = this.#options
    while (this.#isReady && stateMachine.appliedIndex < this.#commitIndex) {
      const next = stateMachine.appliedIndex + 1
      const batch = this.#keptAt(next)
      if (batch === null) {
        this.#readFrom(next)
        return
      }
      this.#apply(batch)
    }
    if (!this.#isReady) return
    this.#dropApplied()
    this.#options.onCaughtUp()
  }

  get #isReady(): boolean {
    return !this.#isReading && !this.#hasFailed
  }

  #apply(batch: LogBatch): void {
    try {
      this.#options.stateMachine.apply(batch, Math.min(this.#commitIndex, batch.lastIndex))
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#options.onError(error)
  }

  #keptAt(index: number): LogBatch | null {
    this.#dropBefore(index)
    const head = this.#kept.peek()
    return head !== undefined && head.firstIndex <= index ? head : null
  }

  #dropApplied(): void {
    this.#dropBefore(this.#options.stateMachine.appliedIndex + 1)
  }

  #dropBefore(index: number): void {
    for (;;) {
      const head = this.#kept.peek()
      if (head === undefined || head.lastIndex >= index) return
      this.#kept.shift()
      this.#keptBytes -= head.byteLength
    }
  }

  #readFrom(next: number): void {
    const { source } = this.#options
    this.#isReading = true
    source.read(next, READ_BYTES, this.#commitIndex).then(
      (batch) => {
        this.#isReading = false
        if (this.#hasFailed) return
        // Committed by the others before our own disk had it: the journal will tell.
        if (batch === null) return
        this.#apply(batch)
        this.advance()
      },
      (error: unknown) => this.#fail(error),
    )
  }
}
