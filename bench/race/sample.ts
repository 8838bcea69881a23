/** What one contender's answer to one question in one round came to. */
export interface Sample {
  /** Messages, or exchanges, a second; null where the question has no rate. */
  readonly perSecond: number | null
  /** Milliseconds; null where the question takes no times. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly maxMs: number | null
  /** Processor seconds of all brokers for a million of them; null where nothing was counted. */
  readonly cpuSecondsPerMillion: number | null
  /** Resident memory of all brokers together as it ended; null when some were dead. */
  readonly residentBytes: number | null
  /** The generator's share of one core: near 1, it is the limit. */
  readonly generatorBusy: number | null
}

/** Numbers that a sample has. */
export type Measure = keyof Sample
