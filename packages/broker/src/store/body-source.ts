/** Where a body lies in the journal; its check stands directly before it (checked-bytes.ts). */
export interface BodyRef {
  /** Byte position of the body in the journal. */
  readonly position: number
  readonly length: number
}

/** Reads message bodies back from the log. */
export interface BodySource {
  /**
   * The bytes at each of `refs`, verified, in the same order. Rejects with JOURNAL_CORRUPT when one
   * of them is not what was written, and with STORE_UNAVAILABLE; a store whose bodies cannot be
   * read must not go on.
   */
  readAt(refs: readonly BodyRef[]): Promise<Buffer[]>
}
