import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { HistoryEvent } from '../../support/history/events.ts'
import { merged, toLines } from '../../support/history/history-lines.ts'
import { assertIdenticalLogs } from '../../support/log-comparison.ts'
import { monotonicNowMs } from '../../support/ndjson-process.ts'
import type {
  CellResult,
  CellViolation,
  FaultMark,
  LogComparisonResult,
  PhaseMark,
  PhaseName,
} from '../cell-result.ts'
import type { ChaosCluster } from '../cluster/chaos-cluster.ts'
import { StatusWatch } from '../cluster/status-watch.ts'
import type { RunningWorkload, WorkloadVerdict } from '../workload.ts'
import { HistoryProgress } from './history-progress.ts'
import type { PlannedCell } from './planned-cell.ts'
import { planIn } from './planned-cell.ts'
import type { StrikeTimes } from './unavailability.ts'
import { unavailabilityOf } from './unavailability.ts'

const WARM_UP_MS = 3000
/** Between a whole cluster and the next strike. */
const CALM_MS = 1500
/** After a heal the load goes on at least so long, so that a pause would be seen ... */
const AFTER_HEAL_MS = 4000
/** ... and at most so long until something is confirmed. */
const CONFIRMS_WITHIN_MS = 20_000
const POLL_MS = 50

export interface CellOptions extends PlannedCell {
  readonly cluster: ChaosCluster
  readonly rounds: number
  readonly sync: string
  /** For results, histories and logs of this cell; made if need be. */
  readonly directory: string
  /** Different for each cell of a run. */
  readonly id: string
  /** What happens, for a progress line. */
  readonly tell: (what: string) => void
}

const nothingJudged: WorkloadVerdict = { counts: {}, violations: [] }

/**
 * Runs one workload under one fault, and judges it. Rejects never: what breaks is in the result.
 */
export async function runCell(options: CellOptions): Promise<CellResult> {
  mkdirSync(options.directory, { recursive: true })
  const cell = new Cell(options)
  return cell.run()
}

class Cell {
  readonly #options: CellOptions
  readonly #startedMs = monotonicNowMs()
  readonly #startedAt = new Date().toISOString()
  readonly #events: HistoryEvent[] = []
  readonly #progress = new HistoryProgress()
  readonly #phases: PhaseMark[] = []
  readonly #strikes: StrikeTimes[] = []
  readonly #violations: CellViolation[] = []
  #verdict = nothingJudged
  #logs: LogComparisonResult = { outcome: 'not compared', message: '', positions: {} }

  constructor(options: CellOptions) {
    this.#options = options
  }

  async run(): Promise<CellResult> {
    const { cluster } = this.#options
    const watch = new StatusWatch(cluster.brokers, {
      nowMs: monotonicNowMs,
      onElected: ({ broker, epoch, atMs }) =>
        this.#record({ kind: 'elected', atMs, node: broker, epoch }),
    })
    let workload: RunningWorkload | null = null
    let reason: string | null = null
    try {
      workload = await this.#startWorkload()
      await this.#run(workload)
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error)
    } finally {
      await workload?.stop().catch(() => undefined)
      await watch.stop()
    }
    return this.#result(reason, { watch, files: this.#writeFiles() })
  }

  /** The history, and what the brokers said since their cluster began. */
  #writeFiles(): string[] {
    const { directory, cluster } = this.#options
    const history = 'history.ndjson'
    writeFileSync(join(directory, history), toLines(merged([this.#events])))
    const logs = cluster.brokers.map(({ name, logFile }) => {
      copyFileSync(logFile, join(directory, `${name}.log`))
      return `${name}.log`
    })
    return [history, ...logs]
  }

  async #startWorkload(): Promise<RunningWorkload> {
    const { cluster, workload, directory, id, tell } = this.#options
    tell('starting clients')
    return workload.start({
      cell: id,
      clientHost: cluster.clientHost,
      brokerUri: cluster.clientUri,
      directory,
      record: (event) => this.#record(event),
      nowMs: monotonicNowMs,
    })
  }

  async #run(workload: RunningWorkload): Promise<void> {
    const { cluster, rounds, tell } = this.#options
    await this.#phase('warm-up', () => delay(WARM_UP_MS))
    await this.#phase('rounds', async () => {
      for (let round = 1; round <= rounds; round++) await this.#round(round)
    })
    await this.#phase('final heal', async () => {
      await cluster.restore()
      await this.#becomesWhole()
    })
    tell('drain')
    await this.#phase('drain', async () => {
      await workload.drain()
      if (!this.#events.some(({ kind }) => kind === 'drained')) {
        this.#record({ kind: 'drained', atMs: monotonicNowMs() })
      }
    })
    tell('judge')
    await this.#phase('judge', async () => {
      this.#verdict = workload.verdict(merged([this.#events]))
      this.#logs = await this.#compareLogs()
    })
  }

  async #round(round: number): Promise<void> {
    const { cluster, fault, faultName, tell } = this.#options
    tell(`round ${round}: calm`)
    await this.#becomesWhole()
    await delay(CALM_MS)
    const strikeMs = monotonicNowMs()
    const times: StrikeTimes = {
      round,
      strikeMs,
      healMs: null,
      healedMs: null,
      what: 'striking',
      targets: [],
    }
    this.#strikes.push(times)
    this.#record({ kind: 'faultBegins', atMs: strikeMs, fault: faultName, targets: [] })
    const strike = await fault.strike(cluster)
    times.what = strike.what
    times.targets = strike.targets
    tell(`round ${round}: ${strike.what}`)
    await delay(fault.holdMs)
    times.healMs = monotonicNowMs()
    tell(`round ${round}: heal`)
    await strike.heal()
    times.healedMs = monotonicNowMs()
    this.#record({ kind: 'faultEnds', atMs: times.healedMs, fault: faultName, targets: [] })
    await this.#confirmsAgain(times.healedMs)
  }

  async #confirmsAgain(sinceMs: number): Promise<void> {
    await delay(AFTER_HEAL_MS)
    const deadlineMs = sinceMs + CONFIRMS_WITHIN_MS
    while (!this.#progress.confirmedSince(sinceMs) && monotonicNowMs() < deadlineMs) {
      await delay(POLL_MS)
    }
  }

  /** A cluster that nothing ails must become whole by itself: S11, judged as C10. */
  async #becomesWhole(): Promise<void> {
    const { cluster } = this.#options
    try {
      await cluster.waitUntilWhole()
    } catch (error) {
      const statuses = JSON.stringify(await cluster.cluster.statuses())
      const message = `the healed cluster does not become whole: ${statuses}`
      this.#violations.push({ check: 'C10', message })
      throw new Error(message, { cause: error })
    }
  }

  async #compareLogs(): Promise<LogComparisonResult> {
    const { cluster, damage } = this.#options.cluster
    const compared = await assertIdenticalLogs(cluster, damage).then(
      (unread) => ({ outcome: 'identical', message: equalBut(unread) }) as const,
      (error: unknown) => ({ outcome: 'different', message: messageOf(error) }) as const,
    )
    if (compared.outcome === 'different') {
      this.#violations.push({ check: 'C8', message: compared.message })
    }
    const statuses = await cluster.statuses()
    const positions = statuses.map(
      (status, at) => [cluster.nodes[at]?.name ?? '', status?.log.position ?? null] as const,
    )
    return { ...compared, positions: Object.fromEntries(positions) }
  }

  #record(event: HistoryEvent): void {
    this.#events.push(event)
    this.#progress.see(event)
  }

  async #phase(name: PhaseName, body: () => Promise<void>): Promise<void> {
    const fromMs = this.#sinceStart(monotonicNowMs())
    try {
      await body()
    } finally {
      this.#phases.push({ name, fromMs, toMs: this.#sinceStart(monotonicNowMs()) })
    }
  }

  #result(
    reason: string | null,
    { watch, files }: { readonly watch: StatusWatch; readonly files: readonly string[] },
  ): CellResult {
    const { rounds, sync } = this.#options
    const durationMs = this.#sinceStart(monotonicNowMs())
    const unavailability = this.#unavailability()
    const judged = this.#verdict.violations.map((violation) => ({
      ...violation,
      ...(violation.atMs === undefined ? {} : { atMs: this.#sinceStart(violation.atMs) }),
    }))
    const violations: CellViolation[] = [...this.#violations, ...judged]
    if (!violations.some(({ check }) => check === 'C10')) violations.push(...unavailability.late)
    return {
      ...planIn(this.#options),
      outcome: violations.length > 0 ? 'violated' : reason === null ? 'passed' : 'broken',
      reason,
      startedAt: this.#startedAt,
      durationMs,
      sync,
      rounds,
      timeline: {
        phases: this.#phases,
        faults: this.#strikes.map((times) => this.#faultMark(times)),
        leaders: watch.leaders.map((mark) => ({
          ...mark,
          fromMs: this.#sinceStart(mark.fromMs),
          toMs: this.#sinceStart(mark.toMs),
        })),
        throughput: this.#progress
          .throughput(this.#startedMs)
          .map((bin) => ({ ...bin, atMs: Math.round(bin.atMs) })),
      },
      counts: this.#verdict.counts,
      violations,
      unavailability: unavailability.measured,
      logComparison: this.#logs,
      files,
    }
  }

  #unavailability(): ReturnType<typeof unavailabilityOf> {
    const sending = this.#phases.find(({ name }) => name === 'final heal')
    const now = monotonicNowMs()
    const endMs = sending === undefined ? now : this.#startedMs + sending.fromMs
    return unavailabilityOf(this.#progress, {
      strikes: this.#strikes,
      endMs,
      originMs: this.#startedMs,
      service: this.#options.fault.service,
    })
  }

  #faultMark(times: StrikeTimes): FaultMark {
    const relative = (atMs: number | null): number | null =>
      atMs === null ? null : this.#sinceStart(atMs)
    return {
      fault: this.#options.faultName,
      round: times.round,
      strikeMs: this.#sinceStart(times.strikeMs),
      healMs: relative(times.healMs),
      healedMs: relative(times.healedMs),
      what: times.what,
      targets: times.targets,
    }
  }

  #sinceStart(atMs: number): number {
    return Math.round(atMs - this.#startedMs)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Decay is noticed when a record is read again, and not before. */
function equalBut(unread: number): string {
  const equal = 'the journals are equal byte for byte'
  return unread === 0
    ? equal
    : `${equal}, but for ${unread} damaged ones that nobody has read since`
}
