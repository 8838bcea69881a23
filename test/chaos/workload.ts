import type { HistoryEvent } from '../support/history/events.ts'
import type { Host } from '../support/host.ts'
import type { CellViolation } from './cell-result.ts'

/** The host in whose network namespace clients run: `...clientHost.commandLine('java', args)`. */
export type ClientHost = Pick<Host, 'commandLine'>

export interface WorkloadEnvironment {
  /**
   * Unlike that of any other cell on the same cluster: the prefix of names of queues and clients.
   */
  readonly cell: string
  readonly clientHost: ClientHost
  /** `failover:(tcp://..,tcp://..,tcp://..)`; options may be appended with `?`. */
  readonly brokerUri: string
  /** Exists; logs of clients go here and are kept with the cell's result. */
  readonly directory: string
  readonly record: (event: HistoryEvent) => void
  /** The monotonic clock of all events, as `monotonicNowMs` and ProgramEvent.t. */
  readonly nowMs: () => number
}

export interface WorkloadVerdict {
  /** sent, confirmed, unknown, received, resends, redeliveries, ... */
  readonly counts: Readonly<Record<string, number>>
  readonly violations: readonly CellViolation[]
}

export interface RunningWorkload {
  /**
   * Ends the sending, waits until everything confirmed was received and the queues are quiet, or
   * until some time has passed: what is then missing is the verdict's business, not an error.
   */
  drain(): Promise<void>
  /** Ends the clients; also after a failure, and when it was never drained. */
  stop(): Promise<void>
  /** Judges the cell's whole history. */
  verdict(events: readonly HistoryEvent[]): WorkloadVerdict
}

export interface Workload {
  /** A sentence for people. */
  readonly describe: string
  /** Resolves when clients are connected and the load flows. */
  start(environment: WorkloadEnvironment): Promise<RunningWorkload>
}
