import type { MessageStore } from '../store/message-store.ts'
import type { PendingRecords } from './pending-records.ts'
import { SilentRecord } from './pending-records.ts'
import { PRODUCERS_AT_HAND_MAX } from './policy/limits.ts'

/** A sender that the log knows by a number (R42). */
export interface Producer {
  id: number
  readonly name: string
  /** Highest sequence stored, or on its way into the store. */
  lastSequence: number
  /** The record that carries `lastSequence`. */
  lastIndex: number
}

/**
 * What was last appended for each producer, ahead of what the store has applied. Bounded:
 * producers that have nothing on its way can be looked up in the store again.
 */
export class ProducerTable {
  readonly #store: MessageStore
  readonly #records: PendingRecords
  readonly #producers = new Map<string, Producer>()
  #nextId: number

  constructor(store: MessageStore, records: PendingRecords) {
    this.#store = store
    this.#records = records
    this.#nextId = store.nextProducerId
  }

  find(name: string): Producer | undefined {
    const known = this.#producers.get(name)
    if (known !== undefined) return known
    const stored = this.#store.producer(name)
    if (stored === undefined) return undefined
    return this.#remember({
      id: stored.id,
      name,
      lastSequence: stored.lastSequence,
      lastIndex: 0,
    })
  }

  /** Gives the producer its number in the log. */
  introduce(name: string): Producer {
    const producer = { id: 0, name, lastSequence: 0, lastIndex: 0 }
    this.#number(producer)
    return this.#remember(producer)
  }

  /**
   * To be called before its number is used. The store's table is bounded: a producer that was
   * silent for long may have been forgotten there, and gets another number.
   */
  refresh(producer: Producer): void {
    if (producer.lastIndex > this.#store.appliedIndex) return
    if (this.#store.producer(producer.name)?.id !== producer.id) this.#number(producer)
  }

  /** The producer's message has been appended with the last record. */
  appended(producer: Producer, sequence: number): void {
    if (sequence > producer.lastSequence) producer.lastSequence = sequence
    producer.lastIndex = this.#records.lastIndex
  }

  #number(producer: Producer): void {
    const record = new SilentRecord()
    producer.id = this.#nextId++
    this.#records.append({ kind: 'producer', id: producer.id, name: producer.name }, record)
    producer.lastIndex = record.index
  }

  #remember(producer: Producer): Producer {
    this.#producers.set(producer.name, producer)
    if (this.#producers.size > PRODUCERS_AT_HAND_MAX) this.#evict()
    return producer
  }

  /** Drops the oldest of those that the store knows as well; a tenth, so that it is rare. */
  #evict(): void {
    let left = Math.ceil(PRODUCERS_AT_HAND_MAX / 10)
    for (const [name, producer] of this.#producers) {
      if (left-- === 0) return
      if (producer.lastIndex <= this.#store.appliedIndex) this.#producers.delete(name)
    }
  }
}
