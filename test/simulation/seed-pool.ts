import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { addUp } from './batch-totals.ts'
import type { SeedReport } from './seed-worker.ts'

/** A history that takes longer than this does not end: its process is ended instead. */
const HISTORY_TIMEOUT_MS = 120_000
/** Histories that a process plays before a fresh one takes its place: its memory starts anew. */
const HISTORIES_PER_PROCESS = 2_000
/**
 * Each core has a process of its own, so V8 collects garbage in that one's thread and is given room
 * for it; and it compiles functions with less of what they call, which otherwise takes a third of
 * the time of a hundred histories and never pays.
 */
const V8_OPTIONS = [
  '--single-threaded-gc',
  '--max-semi-space-size=32',
  '--max-inlined-bytecode-size-cumulative=250',
]

export interface SeedPoolOptions {
  readonly firstSeed: number
  readonly seeds: number
  readonly processes: number
  readonly onReport: (report: SeedReport) => void
  readonly signal: AbortSignal
  /** Environment of the processes besides our own. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Plays histories on several processes, one seed at a time each. */
export async function playSeeds(options: SeedPoolOptions): Promise<void> {
  const seeds = new Seeds(options.firstSeed, options.seeds)
  const lanes = Array.from({ length: options.processes }, () => playLane(seeds, options))
  await Promise.all(lanes)
}

class Seeds {
  #next: number
  readonly #end: number

  constructor(first: number, count: number) {
    this.#next = first
    this.#end = first + count
  }

  take(): number | null {
    return this.#next < this.#end ? this.#next++ : null
  }
}

async function playLane(seeds: Seeds, options: SeedPoolOptions): Promise<void> {
  let worker: ChildProcess | null = null
  let played = 0
  for (;;) {
    const seed = options.signal.aborted ? null : seeds.take()
    if (seed === null) break
    if (worker === null || played >= HISTORIES_PER_PROCESS) {
      worker?.disconnect()
      worker = startWorker(options)
      played = 0
    }
    const { report, isUsable } = await play(worker, seed)
    played++
    if (!isUsable) worker = null
    options.onReport(report)
  }
  worker?.disconnect()
}

function startWorker({ environment, signal }: SeedPoolOptions): ChildProcess {
  const worker = fork(fileURLToPath(new URL('seed-worker.ts', import.meta.url)), [], {
    execArgv: [...process.execArgv, ...V8_OPTIONS],
    env: { ...process.env, ...environment },
  })
  signal.addEventListener('abort', () => worker.kill('SIGKILL'), { once: true })
  return worker
}

interface Played {
  readonly report: SeedReport
  /** False: the process was ended, or ended itself, and plays no more. */
  readonly isUsable: boolean
}

function play(worker: ChildProcess, seed: number): Promise<Played> {
  const startMs = performance.now()
  return new Promise((resolve) => {
    const finish = (report: SeedReport, isUsable: boolean): void => {
      clearTimeout(timer)
      worker.off('message', onMessage)
      worker.off('exit', onExit)
      resolve({ report, isUsable })
    }
    const failed = (failure: string): void => {
      const { histories: _, ...totals } = addUp([])
      finish({ seed, failure, totals, tookMs: performance.now() - startMs }, false)
    }
    const onMessage = (report: SeedReport): void => finish(report, true)
    const onExit = (): void => failed('the process that played it ended')
    const timer = setTimeout(() => {
      worker.off('exit', onExit)
      worker.kill('SIGKILL')
      failed(`the history does not end within ${HISTORY_TIMEOUT_MS / 1000} s`)
    }, HISTORY_TIMEOUT_MS)
    worker.on('message', onMessage)
    worker.on('exit', onExit)
    worker.send({ seed })
  })
}
