import type { BodyRef } from '../store/body-source.ts'
import type { Fold } from '../store/fold/fold.ts'
import type { MessageList } from '../store/fold/message-list.ts'
import type { CopiedMessage } from '../store/log-op.ts'

/** A message that waits in an old part of the log, and the lists that may share it. */
export interface LivingMessage extends BodyRef {
  readonly sequence: number
  readonly lists: readonly number[]
}

/** Messages of a list that are looked at at once. */
const LOOKED_AT_MAX = 256
/** Lists that are looked through in one round. */
const LISTS_PER_ROUND_MAX = 1_000

interface Bounds {
  readonly bytes: number
  readonly messages: number
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
  #at = 0
  /** Of the list that is being looked through: the last sequence that was looked at. */
  #after = 0

  constructor(fold: Fold, until: { readonly position: number; readonly sequence: number }) {
    this.#fold = fold
    this.until = until.position
    this.#endSequence = until.sequence
    this.#lists = [...fold.lists.keys()]
  }

  /** All lists have been looked through. */
  get isAtEnd(): boolean {
    return this.#at >= this.#lists.length
  }

  /** At least one message, unless there are none in the lists of this round. */
  next({ bytes, messages }: Bounds): LivingMessage[] {
    const found = new Map<number, LivingMessage>()
    let foundBytes = 0
    for (let lists = 0; lists < LISTS_PER_ROUND_MAX && !this.isAtEnd; lists++) {
      const list = this.#fold.lists.get(this.#lists[this.#at] as number)
      for (const message of this.#inList(list)) {
        const { sequence, length } = message
        const isOver = found.size >= messages || foundBytes + length > bytes
        if (found.size > 0 && isOver && !found.has(sequence)) return [...found.values()]
        this.#after = sequence
        if (found.has(sequence)) continue
        found.set(sequence, message)
        foundBytes += length
      }
      this.#at++
      this.#after = 0
    }
    return [...found.values()]
  }

  *#inList(list: MessageList | undefined): IterableIterator<LivingMessage> {
    if (list === undefined || list.lowest >= this.#endSequence) return
    let after = this.#after
    for (;;) {
      const looked = list.next(after, LOOKED_AT_MAX)
      for (const { sequence, position, length } of looked) {
        if (sequence >= this.#endSequence) return
        after = sequence
        if (position >= this.until) continue
        yield { sequence, position, length, lists: this.#sharersOf(list.id) }
      }
      if (looked.length < LOOKED_AT_MAX) return
    }
  }

  /** The durable subscriptions of one topic share their messages. */
  #sharersOf(list: number): readonly number[] {
    const topic = this.#fold.subscriptions.get(list)?.topic
    if (topic === undefined) return [list]
    return [...this.#fold.subscriptions.values()]
      .filter((subscription) => subscription.topic === topic)
      .map(({ id }) => id)
  }
}

/** The message as it waits now, at the place where it was found; null when it does not any more. */
export function copyOf(fold: Fold, found: LivingMessage, body: Buffer): CopiedMessage | null {
  const { sequence, position } = found
  const waiting = found.lists.flatMap((id) => {
    const entry = fold.lists.get(id)?.get(sequence)
    return entry?.position === position ? [entry] : []
  })
  const [first] = waiting
  if (first === undefined) return null
  const lists = waiting.map(({ list, redeliveries }) => ({ list, redeliveries }))
  const { priority, expirationMs } = first
  return { sequence, lists, priority, expirationMs, body }
}
