/**
 * A message that only memory holds, as the temporary store keeps it: in order of place and turn.
 */
export interface TemporaryMessage {
  readonly place: number
  readonly turn: number
  readonly persistent: boolean
  readonly priority: number
  /** Wall-clock milliseconds, 0 = never. */
  readonly expirationMs: number
  /** Deliveries that are known to have failed; the store keeps at most 255. */
  readonly redeliveries: number
  /** The canonical encoding. */
  readonly body: Buffer | null
}

declare const placeBrand: unique symbol

/** Where a run of messages lies. */
export interface TemporaryPlace {
  /** Messages in it. */
  readonly count: number
  readonly [placeBrand]: true
}

/** Figures for people. */
export interface TemporaryView {
  /** Bytes of the files, those of messages that have left included. */
  readonly usedBytes: number
  readonly limitBytes: number
  /** Nothing more is taken at present: the limit is reached, or the disk takes nothing. */
  readonly isFull: boolean
  /** Messages that were there and could not be read back. */
  readonly lostMessages: number
}

/**
 * Where non-persistent messages go for which there is no memory. Nothing in it outlives the
 * leadership. Calls return at once; `done` is called once and never within the call, and not at all
 * after the store was closed.
 */
export interface TemporaryStore {
  readonly view: TemporaryView
  readonly isFull: boolean
  /**
   * Writes the runs, one call at a time. `done` gets their places in the same order, or null when
   * nothing was written: the disk is full, or fails. The store has no more room for a while then.
   */
  append(
    runs: readonly (readonly TemporaryMessage[])[],
    done: (places: readonly TemporaryPlace[] | null) => void,
  ): void
  /** Reads a run back; null in the place of what is not as it was written, or cannot be read. */
  fetch(place: TemporaryPlace, done: (messages: readonly (TemporaryMessage | null)[]) => void): void
  /** The run is not needed any more, and not being fetched. */
  release(place: TemporaryPlace): void
}
