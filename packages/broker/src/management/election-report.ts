/** An election as one node saw it: `GET /api/v1/cluster/elections`. */
export interface ElectionReport {
  /** 0 while nobody is elected. */
  readonly epoch: number
  /** null while nobody is elected. */
  readonly leader: string | null
  /** Why there had to be one; docs/management-api.md says what each word means. */
  readonly cause: 'start' | 'silent' | 'gone' | 'resigned' | 'deposed' | 'outvoted'
  /** ISO 8601: when the node noticed that nobody leads. */
  readonly noticedAt: string
  /** ISO 8601: when the new leader served or, for a follower, was heard; null until then. */
  readonly servingAt: string | null
  /** Between the two; null while nobody is elected. */
  readonly durationMs: number | null
}
