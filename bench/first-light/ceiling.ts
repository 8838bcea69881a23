import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ManagedProcess } from '../../test/support/managed-process.ts'
import type { RateRun, Scenario, Timing } from './rates-client.ts'

const source = fileURLToPath(new URL('ceiling-process.ts', import.meta.url))

/** Three files on this disk, a quorum of fdatasyncs, and no broker: what cannot be exceeded here. */
export class Ceiling {
  readonly #directory = mkdtempSync(join(tmpdir(), 'quorate-ceiling-'))
  readonly #servers: ManagedProcess[] = []
  #port = 0

  static async start(): Promise<Ceiling> {
    const ceiling = new Ceiling()
    const follower = (name: string): Promise<number> =>
      ceiling.#serve('follower', join(ceiling.#directory, name))
    const ports = [await follower('first'), await follower('second')]
    ceiling.#port = await ceiling.#serve(
      'leader',
      join(ceiling.#directory, 'leader'),
      ...ports.map(String),
    )
    return ceiling
  }

  async measure(scenario: Scenario, timing: Timing): Promise<RateRun> {
    const shape = [this.#port, scenario.senders, scenario.window, timing.warmupMs, timing.measureMs]
    const load = this.#run('load', ...shape.map(String))
    const run = JSON.parse(await firstLine(load)) as RateRun
    await load.exited
    return run
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.kill9()))
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #serve(role: string, ...words: readonly string[]): Promise<number> {
    const server = this.#run(role, ...words)
    this.#servers.push(server)
    return Number(await firstLine(server))
  }

  #run(role: string, ...words: readonly string[]): ManagedProcess {
    return new ManagedProcess({
      name: `ceiling ${role}`,
      command: process.execPath,
      args: ['--import', 'tsx', source, role, ...words],
      logFile: join(this.#directory, 'ceiling.log'),
      stdout: 'pipe',
    })
  }
}

async function firstLine(of: ManagedProcess): Promise<string> {
  const { stdout } = of.child
  if (stdout === null) throw new Error('no output')
  const lines = createInterface({ input: stdout })
  const [line] = (await Promise.race([
    once(lines, 'line'),
    of.exited.then(() => Promise.reject(new Error(`${of.spec.name} ended:\n${of.logTail()}`))),
  ])) as [string]
  lines.close()
  return line
}
