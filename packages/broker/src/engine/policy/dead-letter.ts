import { Deque } from '@quorate/core/base/deque'
import type { DestinationName } from '@quorate/core/model/destination'
import type { AcknowledgeOp, LogOp, MessageOp } from '../../store/log-op.ts'
import type { MessageStore, Stored } from '../../store/message-store.ts'
import type { MessageEditor } from '../client.ts'
import type { AckBatch, AcknowledgedList } from '../dispatch/ack-batch.ts'
import { fetchBodies, hasBody } from '../dispatch/bodies.ts'
import type { Entry } from '../dispatch/entry.ts'
import type { EngineOptions } from '../engine-options.ts'
import { PendingRecord } from '../pending-records.ts'
import type { PendingRecords } from '../pending-records.ts'
import { DEAD_LETTERS_PER_RECORD_MAX, DEAD_LETTER_BYTES_PER_RECORD_MAX } from './limits.ts'

export interface DeadLetterPort {
  readonly store: MessageStore
  readonly records: PendingRecords
  readonly acks: AckBatch
  readonly editor: MessageEditor
  readonly options: EngineOptions
  /** Number of the dead letter queue's list; the queue is made when it does not exist. */
  deadLetterList(): number
}

/** Where the messages come from: a list, or a topic (nothing to remove there). */
export interface DeadLetterSource {
  readonly destination: DestinationName
  readonly list: AcknowledgedList | null
}

/** Messages that go to the dead letter queue by one record. */
interface Burial {
  readonly source: DeadLetterSource
  readonly entries: readonly Entry[]
  readonly to: DestinationName
  readonly cause: string
}

/**
 * What becomes of messages that nobody can take. They leave their list and join the dead letter
 * queue in one record, so that they are always in exactly one of the two. The entries have already
 * left their backlog. Those whose body only the journal has stay in their list until it is read;
 * one burial is read at a time.
 */
export class DeadLetters {
  readonly #port: DeadLetterPort
  /** What lacks bodies, and those who wait for it: as many as deliveries and their answers. */
  readonly #waiting = new Deque<Burial | (() => void)>()
  #isReading = false

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

  /** Something that was buried is not appended yet, because its bodies are being read. */
  get isReading(): boolean {
    return this.#isReading
  }

  /** Calls back when all of that is appended. */
  whenRead(done: () => void): void {
    this.#waiting.push(done)
  }

  #bury(source: DeadLetterSource, entries: readonly Entry[], cause: string): void {
    const to: DestinationName = { kind: 'queue', name: this.#port.options.deadLetterQueue }
    // A message that fails in the dead letter queue itself goes for good, as in ActiveMQ; it would
    // come back for ever otherwise.
    const isDeadLetterQueue =
      source.destination.kind === 'queue' && source.destination.name === to.name
    const kept = isDeadLetterQueue ? [] : entries.filter((entry) => this.#isKept(entry))
    const dropped = isDeadLetterQueue ? entries : entries.filter((entry) => !this.#isKept(entry))
    this.#drop(source, dropped)
    for (const chunk of chunksOf(kept)) {
      const burial = { source, entries: chunk, to, cause }
      if (chunk.every(hasBody)) this.#move(burial)
      else this.#waiting.push(burial)
    }
    this.#readNext()
  }

  #readNext(): void {
    while (!this.#isReading) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      if (typeof next === 'function') next()
      else this.#read(next)
    }
  }

  #read(burial: Burial): void {
    this.#isReading = true
    fetchBodies(this.#port.store, burial.entries, () => {
      this.#isReading = false
      this.#move(burial)
      this.#readNext()
    })
  }

  #isKept(entry: Entry): boolean {
    return entry.persistent || this.#port.options.deadLetterNonPersistent
  }

  #drop(source: DeadLetterSource, entries: readonly Entry[]): void {
    if (source.list === null) return
    for (const entry of entries) {
      if (entry.stored !== null) this.#port.acks.add(source.list, entry.place)
    }
  }

  #move({ source, entries, to, cause }: Burial): void {
    const target = this.#port.deadLetterList()
    const ops: (MessageOp | AcknowledgeOp)[] = []
    const sequences: number[] = []
    let bytes = 0
    for (const entry of entries) {
      // It went with its list while it was read.
      if (entry.body === null) continue
      const body = this.#port.editor.deadLetter(entry.body, { from: source.destination, to, cause })
      bytes += body.length
      ops.push(deadLetter(entry, target, body))
      if (entry.stored !== null) sequences.push(entry.place)
    }
    if (source.list !== null && sequences.length > 0) {
      sequences.sort((one, other) => one - other)
      ops.push({ kind: 'acknowledge', list: source.list.listId, sequences })
      source.list.acknowledging(sequences.length)
    }
    const [first] = ops
    if (first === undefined) return
    const op: LogOp = ops.length === 1 ? first : { kind: 'transaction', id: '', ops }
    this.#port.records.append(op, new MoveRecord(source.list, sequences.length), bytes)
  }
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

  constructor(list: AcknowledgedList | null, count: number) {
    super()
    this.#list = list
    this.#count = count
  }

  override applied(_stored: Stored | null): void {
    this.#list?.acknowledged(this.#count)
  }
}

function* chunksOf(entries: readonly Entry[]): Generator<readonly Entry[]> {
  let chunk: Entry[] = []
  let bytes = 0
  for (const entry of entries) {
    const isFull =
      chunk.length >= DEAD_LETTERS_PER_RECORD_MAX ||
      (chunk.length > 0 && bytes + entry.length > DEAD_LETTER_BYTES_PER_RECORD_MAX)
    if (isFull) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(entry)
    bytes += entry.length
  }
  if (chunk.length > 0) yield chunk
}
