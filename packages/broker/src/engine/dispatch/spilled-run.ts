import type { TemporaryPlace } from '../../store/temporary-store.ts'
import { ENTRY_MEMORY_BYTES } from '../policy/limits.ts'
import type { Entry } from './entry.ts'

/** Gives runs back to where they are kept. */
export type ReleasePlace = (place: TemporaryPlace) => void

/**
 * Neighbouring messages of one backlog that are on their way to the temporary store, in it, or
 * back. However many they are, memory holds this one object for them.
 *
 *   entries set, place null     in memory: being written, or read back
 *   entries null, place set     in the temporary store alone
 */
export class SpilledRun {
  /** Of the first message, so that it can be told what comes before the run and what behind it. */
  readonly place: number
  readonly turn: number
  readonly count: number
  /** Of the messages themselves. */
  readonly bytes: number
  /** When the last of them expires, on the wall clock; Infinity when one has to be read anyway. */
  readonly expiredMs: number
  entries: readonly Entry[] | null
  /** Nobody waits for it any more: what is being written or read of it is not needed. */
  isGone = false
  readonly #release: ReleasePlace
  #stored: TemporaryPlace | null = null
  #users = 0

  constructor(entries: readonly Entry[], expiredMs: number, release: ReleasePlace) {
    const [first] = entries as readonly [Entry]
    this.place = first.place
    this.turn = first.turn
    this.count = entries.length
    this.bytes = entries.reduce((sum, { length }) => sum + length, 0)
    this.expiredMs = expiredMs
    this.entries = entries
    this.#release = release
  }

  /** What its messages count while they are in memory. */
  get memoryBytes(): number {
    return this.bytes + this.count * ENTRY_MEMORY_BYTES
  }

  /** Where it lies; null while it does not, or not any more. */
  get stored(): TemporaryPlace | null {
    return this.#stored
  }

  written(place: TemporaryPlace): void {
    this.#stored = place
    this.#users = 1
  }

  /** One more will say `unpin` when it does not need the stored run any more. */
  pin(): void {
    this.#users++
  }

  unpin(): void {
    this.#users--
    if (this.#users > 0 || this.#stored === null) return
    const place = this.#stored
    this.#stored = null
    this.#release(place)
  }
}
