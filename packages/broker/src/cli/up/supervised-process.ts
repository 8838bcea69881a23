import type { ChildProcess } from 'node:child_process'
import type { Clock, Timer } from '@quorate/core/base/clock'
import { toBrokerError } from '@quorate/core/base/errors'
import type { ChildOptions } from '../child-process.ts'
import { lastLines } from '../log-file.ts'
import { readLivePid } from '../pid-file.ts'

/** Time to see a takeover before the dead broker comes back. */
export const RESTART_DELAY_MS = 3000
/** A process that dies sooner than this has not recovered; the next delay is twice as long. */
const QUICK_DEATH_MS = 10_000
/** Deaths soon after a start before a process is left alone. */
const QUICK_DEATHS_MAX = 5
/** What a process that was told to stop may take before it is killed. */
export const STOP_TIMEOUT_MS = 10_000
/** Lines of a dead process's log that are shown. */
const LINES_SHOWN_MAX = 3
/** Usage, conflict and corruption (see the error table): starting again would end the same way. */
const hopelessExitCodes: readonly number[] = [2, 6, 7]

export type ProcessEvent =
  | { readonly type: 'started'; readonly name: string; readonly pid: number }
  | ProcessEnded
  /** Somebody else runs it: its pid file names a living process that is not ours. */
  | { readonly type: 'outside'; readonly name: string; readonly pid: number }

export interface ProcessEnded {
  readonly type: 'ended'
  readonly name: string
  readonly pid: number
  /** `SIGKILL` or `exit code 1`. */
  readonly how: string
  /** True when we told it to stop, or it stopped in good order. */
  readonly inOrder: boolean
  readonly lastLines: readonly string[]
  /** null = it stays down. */
  readonly restartInMs: number | null
}

export interface SupervisedOptions {
  readonly name: string
  readonly args: readonly string[]
  readonly logPath: string
  readonly pidPath: string
  readonly environment: NodeJS.ProcessEnv
  /** Start it again when it dies. */
  readonly restart: boolean
  /** Runs before each start: its folder may have been wiped. */
  readonly prepare: () => void
  readonly spawn: (args: readonly string[], options: ChildOptions) => ChildProcess
  readonly clock: Clock
  readonly listener: (event: ProcessEvent) => void
}

/** One child process of `up`: started, watched, started again when it dies, stopped. */
export class SupervisedProcess {
  readonly name: string
  readonly #options: SupervisedOptions
  #child: ChildProcess | null = null
  #startedMs = 0
  #quickDeaths = 0
  #isStopping = false
  #restart: Timer | null = null
  #whenEnded: (() => void)[] = []
  /** Exit code of the last run that ended. */
  lastExitCode: number | null = null

  constructor(options: SupervisedOptions) {
    this.name = options.name
    this.#options = options
  }

  get isRunning(): boolean {
    return this.#child !== null
  }

  /** True while it will be started again by itself. */
  get isWaiting(): boolean {
    return this.#restart !== null
  }

  start(): void {
    const { name, args, logPath, pidPath, environment, clock } = this.#options
    this.#restart = null
    const holder = readLivePid(pidPath)
    if (holder !== undefined) {
      this.#options.listener({ type: 'outside', name, pid: holder.pid })
      return
    }
    this.#options.prepare()
    const child = this.#options.spawn(args, { logPath, environment, tied: true })
    this.#child = child
    this.#startedMs = clock.monotonicMs()
    child.once('error', (error) => this.#ended(toBrokerError(error).message, null))
    child.once('exit', (code, signal) => this.#ended(signal ?? `exit code ${code}`, code))
    this.#options.listener({ type: 'started', name, pid: child.pid ?? 0 })
  }

  /** Tells it to stop and waits for its end; kills it when that takes too long. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#restart?.cancel()
    this.#restart = null
    if (this.#child === null) return
    const ended = new Promise<void>((resolve) => this.#whenEnded.push(resolve))
    this.#child.kill('SIGTERM')
    const timer = this.#options.clock.after(STOP_TIMEOUT_MS, () => this.kill())
    await ended
    timer.cancel()
  }

  kill(): void {
    this.#isStopping = true
    this.#restart?.cancel()
    this.#restart = null
    this.#child?.kill('SIGKILL')
  }

  #ended(how: string, exitCode: number | null): void {
    const child = this.#child
    if (child === null) return
    this.#child = null
    this.lastExitCode = exitCode
    const inOrder = this.#isStopping || exitCode === 0
    const restartInMs = inOrder ? null : this.#restartDelay(exitCode)
    if (restartInMs !== null) {
      this.#restart = this.#options.clock.after(restartInMs, () => this.start())
    }
    const { name, logPath } = this.#options
    this.#options.listener({
      type: 'ended',
      name,
      pid: child.pid ?? 0,
      how,
      inOrder,
      lastLines: inOrder ? [] : lastLines(logPath, LINES_SHOWN_MAX),
      restartInMs,
    })
    for (const resolve of this.#whenEnded.splice(0)) resolve()
  }

  #restartDelay(exitCode: number | null): number | null {
    const { restart, clock } = this.#options
    if (!restart || (exitCode !== null && hopelessExitCodes.includes(exitCode))) return null
    const isQuick = clock.monotonicMs() - this.#startedMs < QUICK_DEATH_MS
    this.#quickDeaths = isQuick ? this.#quickDeaths + 1 : 0
    if (this.#quickDeaths > QUICK_DEATHS_MAX) return null
    return RESTART_DELAY_MS * 2 ** Math.max(0, this.#quickDeaths - 1)
  }
}
