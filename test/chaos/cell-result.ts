/**
 * What one cell of the matrix (one workload under one fault) leaves behind, as JSON. All times are
 * milliseconds since the cell began, unless said otherwise.
 */
export interface CellResult {
  /** 'queue-point-to-point x kill-leader'. */
  readonly name: string
  readonly workload: string
  readonly fault: string
  /** Sentences for people. */
  readonly workloadDescription: string
  readonly faultDescription: string
  /** What the fault may legitimately cost, as a sentence. */
  readonly mayCost: string
  readonly outcome: 'passed' | 'violated' | 'broken' | 'skipped'
  /** Why it is broken (the test itself failed) or skipped. */
  readonly reason: string | null
  /** The wall clock at the beginning, ISO 8601. */
  readonly startedAt: string
  readonly durationMs: number
  readonly sync: string
  readonly rounds: number
  readonly timeline: CellTimeline
  /** How often each kind of thing was counted: sent, confirmed, received, resends, ... */
  readonly counts: Readonly<Record<string, number>>
  readonly violations: readonly CellViolation[]
  readonly unavailability: readonly Unavailability[]
  /** Every broker's journal, byte for byte, once the cell is quiet (C8). */
  readonly logComparison: LogComparisonResult
  /** File names beside the result: the history, logs of processes. */
  readonly files: readonly string[]
}

export interface CellTimeline {
  readonly phases: readonly PhaseMark[]
  readonly faults: readonly FaultMark[]
  readonly leaders: readonly LeaderMark[]
  readonly throughput: readonly ThroughputBin[]
}

export type PhaseName = 'warm-up' | 'rounds' | 'final heal' | 'drain' | 'judge'

export interface PhaseMark {
  readonly name: PhaseName
  readonly fromMs: number
  readonly toMs: number
}

/** One strike and its heal. */
export interface FaultMark {
  readonly fault: string
  readonly round: number
  readonly strikeMs: number
  /** When healing began, and when it was done; null when it never came to that. */
  readonly healMs: number | null
  readonly healedMs: number | null
  /** What was struck, as a sentence: 'b2 (leader) killed'. */
  readonly what: string
  /** Brokers and servers that it hit. */
  readonly targets: readonly string[]
}

/** A stretch of time in which a broker said that it leads. Two may overlap in different epochs. */
export interface LeaderMark {
  readonly broker: string
  readonly epoch: number
  readonly fromMs: number
  readonly toMs: number
}

export const throughputBinMs = 100

/** Operations that ended in the 100 ms from `atMs` on. */
export interface ThroughputBin {
  readonly atMs: number
  readonly confirmed: number
  readonly received: number
  readonly failed: number
}

export interface CellViolation {
  /** 'C1' to 'C10'. */
  readonly check: string
  readonly message: string
  /** When it showed; a workload tells it on the clock of its events. */
  readonly atMs?: number
}

/** The longest stretch without one confirmed operation that overlaps what follows an event. */
export interface Unavailability {
  readonly after: 'strike' | 'heal'
  readonly round: number
  readonly atMs: number
  /**
   * From the event on until operations were confirmed again; null = never, before the next event.
   */
  readonly unavailableMs: number | null
  /** The limit that applies, or null where the fault may stop the service as long as it lasts. */
  readonly limitMs: number | null
}

export interface LogComparisonResult {
  readonly outcome: 'identical' | 'different' | 'not compared'
  readonly message: string
  /** Where the logs end. */
  readonly positions: Readonly<Record<string, number | null>>
}

/** What `npm run chaos` writes as `result.json`. */
export interface MatrixResult {
  readonly startedAt: string
  readonly durationMs: number
  readonly build: string
  readonly sync: string
  readonly cells: readonly CellResult[]
}
