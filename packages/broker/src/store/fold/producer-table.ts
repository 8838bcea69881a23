import type { StoredProducer } from '../message-store.ts'
import type { Changes } from './changes.ts'

/** Producers that are remembered (R42): beyond it, the one that stored nothing for longest goes. */
export const PRODUCERS_MAX = 65_536

/** A producer on the chain from the least to the most recently storing. */
export class ProducerEntry implements StoredProducer {
  readonly id: number
  readonly name: string
  lastSequence = 0
  /** The table's count of uses at its last one: puts the chain together again after a restart. */
  lastUse = 0
  older: ProducerEntry | null = null
  newer: ProducerEntry | null = null

  constructor(id: number, name: string) {
    this.id = id
    this.name = name
  }
}

/**
 * What each producer stored last, so that a resend after a failover is recognised. Everything here,
 * the eviction too, follows from the order of the log alone (R19).
 */
export class ProducerTable {
  readonly #limit: number
  readonly #changes: Changes | null
  readonly #byId = new Map<number, ProducerEntry>()
  readonly #byName = new Map<string, ProducerEntry>()
  #oldest: ProducerEntry | null = null
  #newest: ProducerEntry | null = null
  /** Number of the next use; part of the state. */
  nextUse = 1
  /** Numbers below are taken; part of the state. */
  nextId = 1

  constructor(limit: number, changes: Changes | null) {
    this.#limit = limit
    this.#changes = changes
  }

  get size(): number {
    return this.#byId.size
  }

  get(id: number): ProducerEntry | undefined {
    return this.#byId.get(id)
  }

  named(name: string): ProducerEntry | undefined {
    return this.#byName.get(name)
  }

  /** A repeated introduction changes nothing; a new number for a known name replaces the old. */
  introduce(id: number, name: string): void {
    if (id >= this.nextId) this.nextId = id + 1
    if (this.#byId.has(id)) return
    const namesake = this.#byName.get(name)
    if (namesake !== undefined) this.#remove(namesake)
    const entry = new ProducerEntry(id, name)
    this.#insert(entry)
    this.#use(entry)
    if (this.#byId.size > this.#limit && this.#oldest !== null) this.#remove(this.#oldest)
  }

  /** A message of this producer was stored. Evicted producers stay forgotten. */
  stored(id: number, sequence: number): void {
    const entry = this.#byId.get(id)
    if (entry === undefined) return
    if (sequence > entry.lastSequence) entry.lastSequence = sequence
    if (entry !== this.#newest) {
      this.#unlink(entry)
      this.#link(entry)
    }
    this.#use(entry)
  }

  /** Adds an entry that the index held; entries come in ascending order of `lastUse`. */
  restore(entry: ProducerEntry): void {
    this.#insert(entry)
  }

  /** From the least to the most recently storing. */
  *[Symbol.iterator](): IterableIterator<ProducerEntry> {
    for (let entry = this.#oldest; entry !== null; entry = entry.newer) yield entry
  }

  #use(entry: ProducerEntry): void {
    entry.lastUse = this.nextUse++
    this.#changes?.producers.add(entry.id)
  }

  #insert(entry: ProducerEntry): void {
    this.#byId.set(entry.id, entry)
    this.#byName.set(entry.name, entry)
    this.#link(entry)
  }

  #remove(entry: ProducerEntry): void {
    this.#byId.delete(entry.id)
    this.#byName.delete(entry.name)
    this.#unlink(entry)
    this.#changes?.producers.add(entry.id)
  }

  #link(entry: ProducerEntry): void {
    entry.older = this.#newest
    entry.newer = null
    if (this.#newest === null) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
  }

  #unlink(entry: ProducerEntry): void {
    if (entry.older === null) this.#oldest = entry.newer
    else entry.older.newer = entry.newer
    if (entry.newer === null) this.#newest = entry.older
    else entry.newer.older = entry.older
  }
}
