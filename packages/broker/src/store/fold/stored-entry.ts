import type { StoredMessage } from '../message-store.ts'
import type { CachedGroup } from './body-cache.ts'

/**
 * One message in one list, as the fold keeps it while it is an object. What others hold as a
 * StoredMessage is this object itself: its counter and its body change under their eyes, until its
 * page is at rest. From then on it stays as it was, without its body.
 */
export class StoredEntry implements StoredMessage {
  readonly sequence: number
  readonly list: number
  /** Changes when the message is copied forward. */
  position: number
  readonly length: number
  priority = 0
  expirationMs = 0
  redeliveries = 0
  body: Buffer | null = null
  /** Where the body cache accounts for `body`; null when it does not hold it. */
  group: CachedGroup | null = null
  /** It has left its list. The page keeps it as a gap until it closes up. */
  removed = false

  constructor(sequence: number, list: number, position: number, length: number) {
    this.sequence = sequence
    this.list = list
    this.position = position
    this.length = length
  }
}
