import type { DestinationName } from '@quorate/core/model/destination'
import { BrokerError } from '@quorate/core/base/errors'
import type { AcknowledgeOp, LogOp, MessageOp } from '../../store/log-op.ts'
import type { MessageStore, Stored } from '../../store/message-store.ts'
import type { MessageEditor } from '../client.ts'
import type { AckBatch, AcknowledgedList } from '../dispatch/ack-batch.ts'
import { fetchBodies } from '../dispatch/bodies.ts'
import type { Entry } from '../dispatch/entry.ts'
import type { EngineOptions } from '../engine-options.ts'
import { PendingRecord } from '../pending-records.ts'
import type { PendingRecords } from '../pending-records.ts'
import { BurialQueue } from './burial-queue.ts'
import type { Burial, DeadLetterSource } from './burial-queue.ts'
import { DEAD_LETTER_BYTES_MAX } from './limits.ts'

export interface DeadLetterPort {
  readonly store: MessageStore
  readonly records: PendingRecords
  readonly acks: AckBatch
  readonly editor: MessageEditor
  readonly options: EngineOptions
  /** Number of the dead letter queue's list; the queue is made when it does not exist. */
  deadLetterList(): number
}

/**
 * What becomes of messages that nobody can take. They leave their list and join the dead letter
 * queue in one record, so that they are always in exactly one of the two. The entries have already
 * left their backlog's cursor.
 *
 * One burial is under way at a time: its bodies are read, its record is committed, then comes the
 * next. However much is to be buried, no more of it than that is in memory, or uncommitted (R30).
 */
export class DeadLetters {
  readonly #port: DeadLetterPort
  readonly #queue = new BurialQueue()
  #isBurying = false

  constructor(port: DeadLetterPort) {
    this.#port = port
  }

  poisoned(source: DeadLetterSource, entries: readonly Entry[], cause: string): void {
    this.#bury(source, entries, cause)
  }

  expired(source: DeadLetterSource, entries: readonly Entry[]): void {
    if (this.#port.options.deadLetterExpired) this.#bury(source, entries, 'Message has expired.')
    else this.#drop(source, entries)
  }

  /** Something that was buried is not in the log yet. */
  get isBusy(): boolean {
    return !this.#queue.isEmpty
  }

  /** Calls back when all of that is in the log: what comes from these sources, null for any. */
  after(sources: readonly DeadLetterSource[] | null, done: () => void): void {
    this.#queue.after(sources, done)
  }

  #bury(source: DeadLetterSource, entries: readonly Entry[], cause: string): void {
    // A message that fails in the dead letter queue itself goes for good, as in ActiveMQ; it would
    // come back for ever otherwise.
    const { kind, name } = source.destination
    const isInside = kind === 'queue' && name === this.#port.options.deadLetterQueue
    const isKept = (entry: Entry): boolean =>
      !isInside && (entry.persistent || this.#port.options.deadLetterNonPersistent)
    this.#drop(
      source,
      entries.filter((entry) => !isKept(entry)),
    )
    this.#queue.push(source, entries.filter(isKept), cause)
    this.#next()
  }

  #drop({ list }: DeadLetterSource, entries: readonly Entry[]): void {
    if (list === null) return
    for (const entry of entries) {
      list.leave(entry)
      if (entry.stored !== null) this.#port.acks.add(list, entry.place)
    }
  }

  #next(): void {
    if (this.#isBurying) return
    const burial = this.#queue.take()
    if (burial === undefined) return
    this.#isBurying = true
    fetchBodies(this.#port.store, burial.entries, () => this.#move(burial))
  }

  #move(burial: Burial): void {
    const { source, entries } = burial
    const { records } = this.#port
    // The next leader finds them where they are.
    if (!records.isOpen) return
    const ops: (MessageOp | AcknowledgeOp)[] = []
    const sequences: number[] = []
    let bytes = 0
    for (const entry of entries) {
      const body = this.#copyOf(entry, burial)
      source.list?.leave(entry)
      // It went with its list while it was read.
      if (body === null) continue
      bytes += body.length
      ops.push(deadLetter(entry, this.#port.deadLetterList(), body))
      if (entry.stored !== null) sequences.push(entry.place)
    }
    if (source.list !== null && sequences.length > 0) {
      sequences.sort((one, other) => one - other)
      ops.push({ kind: 'acknowledge', list: source.list.listId, sequences })
      source.list.acknowledging(sequences.length)
    }
    const op = opOf(ops)
    const record = new MoveRecord(source.list, sequences.length, () => this.#moved())
    if (op !== null) records.append(op, record, bytes)
    this.#queue.release(source)
    if (op === null) this.#moved()
  }

  #moved(): void {
    this.#isBurying = false
    this.#next()
  }

  /** One that cannot say why it is there, or would be too large then, is buried as it is. */
  #copyOf({ body }: Entry, { source, cause }: Burial): Buffer | null {
    if (body === null) return null
    const to: DestinationName = { kind: 'queue', name: this.#port.options.deadLetterQueue }
    try {
      const copy = this.#port.editor.deadLetter(body, { from: source.destination, to, cause })
      return copy.length <= DEAD_LETTER_BYTES_MAX ? copy : body
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error
      return body
    }
  }
}

function opOf(ops: readonly (MessageOp | AcknowledgeOp)[]): LogOp | null {
  const [first] = ops
  if (first === undefined || ops.length === 1) return first ?? null
  return { kind: 'transaction', id: '', ops }
}

function deadLetter(entry: Entry, list: number, body: Buffer): MessageOp {
  return {
    kind: 'message',
    lists: [list],
    producer: 0,
    producerSequence: 0,
    priority: entry.priority,
    // Dead letters neither expire nor count as failed: a client's redelivery policy would
    // otherwise refuse them at once, and they would be lost.
    expirationMs: 0,
    redeliveries: 0,
    body,
  }
}

class MoveRecord extends PendingRecord {
  readonly #list: AcknowledgedList | null
  readonly #count: number
  readonly #done: () => void

  constructor(list: AcknowledgedList | null, count: number, done: () => void) {
    super()
    this.#list = list
    this.#count = count
    this.#done = done
  }

  override applied(_stored: Stored | null): void {
    this.#list?.acknowledged(this.#count)
    this.#done()
  }
}
