import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CeilingServers } from '../race/contenders/ceiling-servers.ts'
import { parseAnswer } from '../race/load/load-answer.ts'
import { BODY_BYTES, GRACE_MS } from './rates-client.ts'
import type { RateRun, Scenario, Timing } from './rates-client.ts'

/** What cannot be exceeded here, as `npm run bench` measures it too. */
export class Ceiling {
  readonly #directory: string
  readonly #servers: CeilingServers

  private constructor(directory: string, servers: CeilingServers) {
    this.#directory = directory
    this.#servers = servers
  }

  static async start(): Promise<Ceiling> {
    const directory = mkdtempSync(join(tmpdir(), 'quorate-ceiling-'))
    return new Ceiling(directory, await CeilingServers.start(directory))
  }

  async measure({ senders, window }: Scenario, timing: Timing): Promise<RateRun> {
    const { command, args } = this.#servers.loadCommand({
      do: 'send',
      queue: '',
      queues: 1,
      idle: 0,
      bytes: BODY_BYTES,
      ...{ senders, window, ...timing },
    })
    const timeout = timing.warmupMs + timing.measureMs + GRACE_MS
    const { stdout } = await promisify(execFile)(command, args, { timeout, killSignal: 'SIGKILL' })
    const { count, seconds, times } = parseAnswer(stdout)
    return {
      confirmed: count,
      seconds,
      ...(times === null ? {} : { p50Ms: times.p50, p99Ms: times.p99, maxMs: times.max }),
    }
  }

  async dispose(): Promise<void> {
    await this.#servers.dispose()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
