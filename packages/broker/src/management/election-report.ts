/** Why there had to be an election; docs/management-api.md says what each word means. */
export const electionCauses = [
  'start',
  'silent',
  'gone',
  'resigned',
  'deposed',
  'outvoted',
] as const

/** An election as one node saw it: `GET /api/v1/cluster/elections`. */
export interface ElectionReport {
  /** 0 while nobody is elected. */
  readonly epoch: number
  /** null while nobody is elected. */
  readonly leader: string | null
  readonly cause: (typeof electionCauses)[number]
  /** ISO 8601: when the node noticed that nobody leads. */
  readonly noticedAt: string
  /** ISO 8601: when the new leader served or, for a follower, was heard; null until then. */
  readonly servingAt: string | null
  /** Between the two; null while nobody is elected. */
  readonly durationMs: number | null
}

export interface SeenElection extends ElectionReport {
  /** The node that saw it so. */
  readonly seenBy: string
}
