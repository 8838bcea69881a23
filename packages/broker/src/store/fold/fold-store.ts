import { BrokerError, assert, toBrokerError } from '@quorate/core/base/errors'
import type { BodyRef, BodySource } from '../body-source.ts'
import { forEachRecord } from '../journal/log-batch.ts'
import type { LogBatch, LogPoint, RecordView } from '../journal/log-batch.ts'
import type {
  ApplyListener,
  MessageStore,
  Stored,
  StoredDestination,
  StoredList,
  StoredMessage,
  StoredProducer,
  StoredSubscription,
} from '../message-store.ts'
import type { LogOp } from '../log-op.ts'
import { FIRST_OP_TYPE, decodeOp } from '../op-codec.ts'
import { SEGMENT_STATE, decodeSegmentState } from '../segment-state.ts'
import type { Fold } from './fold.ts'
import { encodeFoldState, restoreFoldState } from './fold-state.ts'

export interface FoldStoreOptions {
  /** Where bodies are read from once the cache has dropped them. */
  readonly bodies: BodySource
  /** A body cannot be read: the store cannot go on, and whoever waits for it is not called back. */
  readonly onFailure: (error: BrokerError) => void
}

/**
 * A MessageStore over a fold: decodes committed records, applies them and tells the engine. The
 * only place where a Stored token is made.
 */
export class FoldStore implements MessageStore {
  listener: ApplyListener | null = null
  readonly fold: Fold
  readonly #options: FoldStoreOptions
  #index: number
  #epoch: number
  #chain: number
  #position: number
  /** The fold is empty, and the log does not begin at its beginning: its first record says how. */
  #awaitsState: boolean
  #isClosed = false

  /**
   * `applied`: what the fold is the fold of, or where the log begins that it is to be made from.
   */
  protected constructor(
    fold: Fold,
    applied: LogPoint,
    options: FoldStoreOptions & { readonly isNew?: boolean },
  ) {
    this.fold = fold
    this.#awaitsState = options.isNew === true && applied.index > 0
    this.#index = applied.index
    this.#epoch = applied.epoch
    this.#chain = applied.chain
    this.#position = applied.position
    this.#options = options
  }

  get appliedIndex(): number {
    return this.#index
  }

  /** The point of the log that the state corresponds to. */
  get appliedPoint(): LogPoint {
    return {
      index: this.#index,
      epoch: this.#epoch,
      chain: this.#chain,
      position: this.#position,
    }
  }

  get nextDestinationOrListId(): number {
    return this.fold.nextId
  }

  get nextProducerId(): number {
    return this.fold.producers.nextId
  }

  get nextSequence(): number {
    return this.fold.nextSequence
  }

  /**
   * Applies the records of a batch that are not applied yet, through `throughIndex`; all of them
   * must be committed (R19, R23). Throws JOURNAL_CORRUPT when one is no operation,
   * UNSUPPORTED_FORMAT when it is one of a later version; the store is of no use afterwards.
   */
  apply(batch: LogBatch, throughIndex: number): void {
    assert(!this.#isClosed, 'nothing is applied to a closed store')
    assert(batch.firstIndex <= this.appliedIndex + 1, 'records are applied without gaps')
    try {
      forEachRecord(batch, (record) => {
        if (record.index > this.#index && record.index <= throughIndex) this.#apply(record)
      })
    } catch (error) {
      this.halfApplied(toBrokerError(error, 'STORE_UNAVAILABLE'))
      throw error
    }
    this.fold.cache.endBatch(batch.byteLength)
  }

  /** What a segment that begins right here has to say of the state (segment-state.ts). */
  encodeState(): Buffer {
    return encodeFoldState(this.fold)
  }

  destinations(): Iterable<StoredDestination> {
    return this.fold.destinations.values()
  }

  subscriptions(): Iterable<StoredSubscription> {
    return this.fold.subscriptions.values()
  }

  list(id: number): StoredList | undefined {
    return this.fold.lists.get(id)
  }

  producer(name: string): StoredProducer | undefined {
    return this.fold.producers.named(name)
  }

  transactionCommitted(id: string): boolean {
    return this.fold.outcomes.has(id)
  }

  fetch(
    messages: readonly StoredMessage[],
    done: (bodies: readonly (Buffer | null)[]) => void,
  ): void {
    const missing = messages.filter((message) => message.body === null && this.#isWaiting(message))
    const refs: BodyRef[] = missing.map((message) => {
      const { position, length } = this.#waiting(message) ?? message
      return { position, length }
    })
    const reading = refs.length === 0 ? Promise.resolve([]) : this.#options.bodies.readAt(refs)
    reading.then(
      (bodies) => {
        if (!this.#isClosed) done(this.#matchBodies(messages, missing, bodies))
      },
      (error: unknown) => {
        if (this.#isClosed) return
        // Copied forward or gone while we waited for the disk, and so is their old place.
        const isOutdated = missing.some(
          (message, i) => this.#waiting(message)?.position !== refs[i]?.position,
        )
        if (isOutdated) this.fetch(messages, done)
        else this.bodiesUnreadable(toBrokerError(error, 'STORE_UNAVAILABLE'))
      },
    )
  }

  /** A record has been applied in part, or not at all: the state is that of no point of the log. */
  protected halfApplied(_error: BrokerError): void {}

  /** What a fetch waited for cannot be read. */
  protected bodiesUnreadable(error: BrokerError): void {
    this.#options.onFailure(error)
  }

  /** After it nothing is applied and no fetch calls back. */
  protected markClosed(): void {
    this.#isClosed = true
  }

  #apply(record: RecordView): void {
    // Whatever it begins with: the segments that a start finds are those of all files.
    if (record.beginsSegment) this.fold.segments.begin(record.position)
    if (record.type === SEGMENT_STATE) this.#takeState(record)
    else if (this.#awaitsState) throw stateless(record.index)
    if (record.type < FIRST_OP_TYPE) {
      // Replication's own records change nothing here (R20, R39).
      this.#passed(record)
      return
    }
    const op = decode(record)
    const { index, payload, payloadPosition } = record
    this.fold.apply(op, payloadPosition - payload.byteOffset, this.listener)
    this.#passed(record)
    this.listener?.applied({ stored: mint(index), op })
  }

  #takeState({ payload }: RecordView): void {
    if (!this.#awaitsState) return
    this.#awaitsState = false
    restoreFoldState(this.fold, decodeSegmentState(payload).fold)
  }

  #passed(record: RecordView): void {
    this.#index = record.index
    this.#epoch = record.epoch
    this.#chain = record.headerChecksum
    this.#position = record.payloadPosition + record.payload.length
  }

  #isWaiting(message: StoredMessage): boolean {
    return this.#waiting(message) !== undefined
  }

  /** As it is now: a message that somebody holds stays as it was when its page went to rest. */
  #waiting({ list, sequence }: StoredMessage): StoredMessage | undefined {
    return this.fold.lists.get(list)?.get(sequence)
  }

  /** Bodies in the order of `messages`; what has left while the journal was read is null. */
  #matchBodies(
    messages: readonly StoredMessage[],
    missing: readonly StoredMessage[],
    bodies: readonly Buffer[],
  ): (Buffer | null)[] {
    let next = 0
    return messages.map((message) => {
      const read = message === missing[next] ? bodies[next++] : undefined
      return this.#isWaiting(message) ? (read ?? message.body) : null
    })
  }
}

function stateless(index: number): BrokerError {
  const message = `The log begins with record ${index}, which does not say what came before.`
  return new BrokerError('JOURNAL_CORRUPT', message, { details: { index } })
}

function mint(index: number): Stored {
  return { index } as Stored
}

function decode(record: RecordView): LogOp {
  try {
    return decodeOp(record.type, record.payload)
  } catch (error) {
    if (!(error instanceof BrokerError) || error.code !== 'MALFORMED_FRAME') throw error
    const { index, position } = record
    throw new BrokerError('JOURNAL_CORRUPT', `Record ${index} is no operation: ${error.message}`, {
      cause: error,
      details: { index, position },
    })
  }
}
