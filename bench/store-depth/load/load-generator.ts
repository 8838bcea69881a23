import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NdjsonProcess } from '../../../test/support/ndjson-process.ts'
import type { ProgramEvent } from '../../../test/support/ndjson-process.ts'
import { waitUntil } from '../../../test/support/wait-until.ts'
import type { Progress } from '../progress.ts'
import type { LoadOrder, LoadOutcome, LoadSettings } from './load-orders.ts'

const source = fileURLToPath(new URL('load-process.ts', import.meta.url))
const READY_WITHIN_MS = 30_000
/** Nothing was confirmed for so long: the brokers are not coming back. */
const STALLED_MS = 120_000

/** The load process, and what it is doing. */
export class LoadGenerator {
  readonly #program: NdjsonProcess
  readonly #progress: Progress
  readonly #check: () => void
  #done = 0
  #movedMs = 0
  #end: ProgramEvent | null = null

  private constructor(program: NdjsonProcess, progress: Progress, check: () => void) {
    this.#program = program
    this.#progress = progress
    this.#check = check
    program.onEvent((event) => this.#record(event))
  }

  /** `check` throws when a broker that should run does not. */
  static async start(
    directory: string,
    settings: LoadSettings,
    { progress, check }: { readonly progress: Progress; readonly check: () => void },
  ): Promise<LoadGenerator> {
    const program = new NdjsonProcess({
      name: 'load',
      command: process.execPath,
      args: ['--import', 'tsx', source, JSON.stringify(settings)],
      logFile: join(directory, 'load.log'),
    })
    const generator = new LoadGenerator(program, progress, check)
    await program.next(['ready'], READY_WITHIN_MS)
    return generator
  }

  /** Has the order obeyed, and shows how far it is. Every broker must go on running. */
  async run(what: string, order: LoadOrder): Promise<LoadOutcome> {
    const of = 'count' in order ? order.count : 1
    this.#progress.begin(what, of)
    return this.#obeyed(order, () => {
      this.#check()
      this.#progress.update(this.#done)
    })
  }

  /** When the next send was confirmed, over whatever brokers there are by then. */
  async probe(): Promise<LoadOutcome> {
    return this.#obeyed({ do: 'probe' }, () => undefined)
  }

  /** What the stream did so far. */
  async look(): Promise<LoadOutcome> {
    return this.#obeyed({ do: 'look' }, this.#check)
  }

  async dispose(): Promise<void> {
    await this.#program.dispose()
  }

  async #obeyed(order: LoadOrder, look: () => void): Promise<LoadOutcome> {
    this.#end = null
    this.#done = 0
    this.#movedMs = performance.now()
    this.#program.say(JSON.stringify(order))
    const probe = (): ProgramEvent | false => {
      if (!this.#program.process.isRunning) {
        throw new Error(`the load process ended:\n${this.#program.process.logTail()}`)
      }
      look()
      if (this.#end === null && performance.now() - this.#movedMs > STALLED_MS) {
        throw new Error(`nothing was confirmed for ${STALLED_MS / 1000} s`)
      }
      return this.#end ?? false
    }
    const what = 'the load'
    const end = await waitUntil(probe, { what, timeoutMs: Number.POSITIVE_INFINITY, pollMs: 20 })
    if (end.e === 'failed') throw new Error(String(end.message))
    return {
      t: end.t,
      count: Number(end.count),
      sent: Number(end.sent),
      seconds: Number(end.seconds),
      busyShare: Number(end.busyShare),
      failovers: Number(end.failovers),
    }
  }

  #record(event: ProgramEvent): void {
    if (event.e === 'progress' && event.done !== this.#done) {
      this.#done = Number(event.done)
      this.#movedMs = performance.now()
    } else if (event.e === 'done' || event.e === 'failed') {
      this.#end = event
    }
  }
}
