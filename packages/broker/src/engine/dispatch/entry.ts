import type { StoredMessage } from '../../store/message-store.ts'
import type { TemporaryMessage } from '../../store/temporary-store.ts'
import type { Message } from '../client.ts'
import { ENTRY_MEMORY_BYTES } from '../policy/limits.ts'
import { ownMemory } from './own-memory.ts'

/** What a message is made of, wherever it waits. */
export type Content = Pick<Message, 'persistent' | 'priority' | 'expirationMs' | 'decoded'> & {
  readonly body: Buffer | null
}

/**
 * One message waiting in one list, in memory. A stored message's place is its store sequence; a
 * message that is not stored stands right behind the newest stored one that was there before it:
 *
 *   place, turn     5,0   7,0   7,1   7,2   9,0
 *                   ----  ----              ----  stored
 *                               ~~~~  ~~~~        not stored
 *
 * A sender's non-persistent message may thus pass its persistent ones that are not committed yet,
 * which JMS allows (JMS 1.1, 4.4.10).
 */
export class Entry {
  /** In the place of any that was sent and comes never again: of a topic, or shown to a browser. */
  static readonly SENT: Entry = Entry.ofTemporary({
    place: 0,
    turn: 0,
    persistent: false,
    priority: 0,
    expirationMs: 0,
    redeliveries: 0,
    body: null,
  })

  /** null for a message that is not stored. */
  readonly stored: StoredMessage | null
  readonly place: number
  readonly turn: number
  readonly persistent: boolean
  readonly priority: number
  readonly expirationMs: number
  readonly length: number
  /** null while only the journal has it. */
  body: Buffer | null
  decoded: unknown = undefined
  /** Deliveries that are known to have failed. */
  redeliveries = 0
  /** It may have been handed out by the leader before this one (R44). */
  doubtful = false
  /** Its body counts in the windows' budget. */
  budgeted = false
  /** It has come in this turn: whoever takes it at once gets it as it came. */
  isFresh = false
  /** Subscribers of topics that it waits for. */
  feeds = 0
  /** Its body is being loaded for the list that it waits in. */
  awaited = false

  private constructor(
    source: StoredMessage | TemporaryMessage | Content,
    stored: StoredMessage | null,
    place: number,
    turn: number,
  ) {
    this.stored = stored
    this.place = place
    this.turn = turn
    this.persistent = stored !== null || (source as Content | TemporaryMessage).persistent
    this.priority = source.priority
    this.expirationMs = source.expirationMs
    this.body = source.body
    this.length = stored === null ? (source.body?.length ?? 0) : stored.length
  }

  static ofStored(stored: StoredMessage): Entry {
    const entry = new Entry(stored, stored, stored.sequence, 0)
    entry.redeliveries = stored.redeliveries
    return entry
  }

  static ofMessage(message: Content, place: number, turn: number): Entry {
    const entry = new Entry(message, null, place, turn)
    entry.decoded = message.decoded
    entry.isFresh = true
    return entry
  }

  /** It was spilled, and is back. */
  static ofTemporary(message: TemporaryMessage): Entry {
    const entry = new Entry(message, null, message.place, message.turn)
    entry.redeliveries = message.redeliveries
    return entry
  }

  /** What it counts against memory limits while it waits, or is handed out, in memory alone. */
  get memoryBytes(): number {
    return this.length + ENTRY_MEMORY_BYTES
  }

  /** Store sequence, 0 when it is not stored. */
  get sequence(): number {
    return this.stored === null ? 0 : this.place
  }

  /**
   * What consumers are told. Doubt counts as one delivery where none is known to have failed, and
   * never adds to those that are: doubt alone sends no message to the dead letter queue.
   */
  get shownRedeliveries(): number {
    return this.doubtful && this.redeliveries === 0 ? 1 : this.redeliveries
  }

  /** Gives up the body where the store has it, too. The entry must not be in a cursor. */
  letGo(): void {
    if (this.stored === null) return
    this.body = null
    this.decoded = undefined
  }

  /**
   * Nobody took it in the turn in which it came. What it was decoded to goes, and with it the chunk
   * that was read from the socket; the body leaves the chunk that it shares with others that may be
   * gone soon.
   */
  stay(): void {
    if (!this.isFresh) return
    this.isFresh = false
    this.decoded = undefined
    if (this.body !== null) this.body = ownMemory(this.body)
  }

  isExpired(nowMs: number): boolean {
    return this.expirationMs !== 0 && this.expirationMs <= nowMs
  }
}

/** What is told to be before or behind other messages of its list. */
export interface Placed {
  readonly place: number
  readonly turn: number
}

/** Negative when `one` comes before `other`. */
export function compareEntries(one: Placed, other: Placed): number {
  return one.place === other.place ? one.turn - other.turn : one.place - other.place
}
