import type { BodyRef } from '../store/body-source.ts'
import type { Fold } from '../store/fold/fold.ts'
import type { MessageList } from '../store/fold/message-list.ts'
import type { CopiedMessage, CopiedPlace, CopiesOp } from '../store/log-op.ts'

/** A message that waits in an old part of the log, and the lists that may share it. */
export interface LivingMessage extends BodyRef {
  readonly sequence: number
  readonly lists: readonly number[]
}

/** Messages of a list that are asked for at once. */
const ASKED_FOR_MAX = 256
/** Messages and lists that are looked at in one round, in one turn of the event loop. */
const LOOKED_AT_MAX = 10_000
/** Lists of one message that are copied at once; it is copied again for the others. */
export const SHARERS_MAX = 5_000

interface Bounds {
  readonly bytes: number
  /** One message in one list. */
  readonly places: number
}

/**
 * Finds what waits before a place in the log, a few messages at a time, list by list. A message
 * with a lower place in its list may lie further ahead in the log: it was copied there.
 */
export class LivingMessages {
  /** Where the old part of the log ends. */
  readonly until: number
  readonly #fold: Fold
  /** Messages that were stored behind that place have this sequence or a higher one. */
  readonly #endSequence: number
  readonly #lists: readonly number[]
  /** A subscription that begins later waits for nothing that is old. */
  readonly #sharers: ReadonlyMap<number, readonly number[]>
  #at = 0
  /** Of the list that is being looked through: the last sequence that was looked at. */
  #after = 0

  constructor(fold: Fold, until: { readonly position: number; readonly sequence: number }) {
    this.#fold = fold
    this.until = until.position
    this.#endSequence = until.sequence
    this.#lists = [...fold.lists.keys()]
    this.#sharers = sharersIn(fold)
  }

  /** All lists have been looked through. */
  get isAtEnd(): boolean {
    return this.#at >= this.#lists.length
  }

  /** At least one message, unless there are none in what is looked at in this round. */
  next(bounds: Bounds): LivingMessage[] {
    const found = new Map<number, LivingMessage>()
    const left = { ...bounds, looks: LOOKED_AT_MAX }
    while (left.looks > 0 && !this.isAtEnd) {
      left.looks--
      const list = this.#fold.lists.get(this.#lists[this.#at] as number)
      if (list !== undefined && !this.#lookThrough(list, found, left)) break
      this.#at++
      this.#after = 0
    }
    return [...found.values()]
  }

  /** False when the round is over before the end of the list, or of its old part. */
  #lookThrough(
    list: MessageList,
    found: Map<number, LivingMessage>,
    left: { bytes: number; places: number; looks: number },
  ): boolean {
    if (list.lowest >= this.#endSequence) return true
    const lists = this.#sharers.get(list.id) ?? [list.id]
    for (;;) {
      const asked = list.next(this.#after, ASKED_FOR_MAX)
      for (const { sequence, position, length } of asked) {
        if (sequence >= this.#endSequence) return true
        if (left.looks-- <= 0) return false
        if (position < this.until && !found.has(sequence)) {
          const isOver = left.bytes < length || left.places < lists.length
          if (found.size > 0 && isOver) return false
          found.set(sequence, { sequence, position, length, lists })
          left.bytes -= length
          left.places -= lists.length
        }
        this.#after = sequence
      }
      if (asked.length < ASKED_FOR_MAX) return true
    }
  }
}

/**
 * The durable subscriptions of one topic share their messages. For each list those that it is
 * copied with: found once, for looking for them list by list would take their square.
 */
function sharersIn({ subscriptions }: Fold): Map<number, readonly number[]> {
  const sharers = new Map<number, readonly number[]>()
  const groups = new Map<number, number[]>()
  for (const { id, topic } of subscriptions.values()) {
    let group = groups.get(topic)
    if (group === undefined || group.length >= SHARERS_MAX) {
      group = []
      groups.set(topic, group)
    }
    group.push(id)
    sharers.set(id, group)
  }
  return sharers
}

/**
 * The messages as they wait now, where they were found; without those that do not any more. List by
 * list: the messages of one lie on few pages.
 */
export function copiesOf(
  fold: Fold,
  found: readonly LivingMessage[],
  bodies: readonly Buffer[],
): CopiesOp {
  const copies = found.map((message, i) => new Copy(message, bodies[i] as Buffer))
  const byList = new Map<number, Copy[]>()
  for (const copy of copies) {
    for (const list of copy.found.lists) {
      const inList = byList.get(list) ?? []
      if (inList.length === 0) byList.set(list, inList)
      inList.push(copy)
    }
  }
  for (const [id, inList] of byList) {
    const list = fold.lists.get(id)
    if (list !== undefined) for (const copy of inList) copy.look(list)
  }
  return { kind: 'copies', messages: copies.flatMap((copy) => copy.message ?? []) }
}

class Copy {
  readonly found: LivingMessage
  readonly #body: Buffer
  readonly #places: CopiedPlace[] = []
  #priority = 0
  #expirationMs = 0

  constructor(found: LivingMessage, body: Buffer) {
    this.found = found
    this.#body = body
  }

  look(list: MessageList): void {
    const entry = list.get(this.found.sequence)
    if (entry?.position !== this.found.position) return
    this.#priority = entry.priority
    this.#expirationMs = entry.expirationMs
    this.#places.push({ list: list.id, redeliveries: entry.redeliveries })
  }

  get message(): CopiedMessage | null {
    if (this.#places.length === 0) return null
    return {
      sequence: this.found.sequence,
      lists: this.#places,
      priority: this.#priority,
      expirationMs: this.#expirationMs,
      body: this.#body,
    }
  }
}
