/** Where bytes lie in the journal. */
export interface BodyRef {
  /** Byte position in the journal. */
  readonly position: number
  readonly length: number
}

/** Reads message bodies back from the journal. Implemented by the journal's reader. */
export interface BodySource {
  /**
   * The bytes at each of `refs`, in the same order. Rejects with JOURNAL_CORRUPT or
   * STORE_UNAVAILABLE; a store whose bodies cannot be read must not go on.
   */
  readAt(refs: readonly BodyRef[]): Promise<Buffer[]>
}
