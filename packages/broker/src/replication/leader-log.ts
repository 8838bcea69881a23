import { BrokerError } from '@quorate/core/base/errors'
import { BatchBuilder } from '../store/journal/log-batch.ts'
import type { LogBatch, LogPoint } from '../store/journal/log-batch.ts'

export interface LeaderLogOptions {
  readonly segmentSizeBytes: number
  /** Runs the work once at the end of this turn of the event loop. */
  readonly schedule: (work: () => void) => void
  /** Takes the batch of the turn: to the journal and to the followers. */
  readonly onBatch: (batch: LogBatch) => void
}

/**
 * Where the leader's records become one batch per turn of the event loop. Open for one epoch at a
 * time; what was appended and not yet handed on when it closes was never sent anywhere.
 */
export class LeaderLog {
  readonly #options: LeaderLogOptions
  #builder: BatchBuilder | null = null
  #isScheduled = false

  constructor(options: LeaderLogOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#builder !== null
  }

  /** `segmentStart`: where the segment of the tail begins, null before the first. */
  open(epoch: number, tail: LogPoint, segmentStart: number | null): void {
    const { segmentSizeBytes } = this.#options
    this.#builder = new BatchBuilder({ tail, epoch, segmentStart, segmentSizeBytes })
  }

  close(): void {
    this.#builder = null
  }

  /** Returns the record's index. Throws LEADERSHIP_LOST when this node does not lead (R47). */
  append(type: number, payload: Buffer | readonly Buffer[]): number {
    const builder = this.#builder
    if (builder === null) throw new BrokerError('LEADERSHIP_LOST', 'this broker no longer leads')
    if (!this.#isScheduled) {
      this.#isScheduled = true
      this.#options.schedule(() => this.flush())
    }
    return builder.add(type, payload)
  }

  flush(): void {
    this.#isScheduled = false
    const builder = this.#builder
    if (builder?.isEmpty === false) this.#options.onBatch(builder.take())
  }
}
