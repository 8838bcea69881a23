import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ManagedProcess } from '../../../test/support/managed-process.ts'
import type { LoadOrder, SendTask } from '../load/load-task.ts'
import type { GeneratorCommand } from './contender.ts'

const server = fileURLToPath(new URL('ceiling-server.ts', import.meta.url))
const load = fileURLToPath(new URL('ceiling-load.ts', import.meta.url))

/**
 * Three files on this disk, a quorum of fdatasyncs, and no broker: what cannot be exceeded here.
 */
export class CeilingServers {
  readonly #directory: string
  readonly #servers: ManagedProcess[] = []
  #port = 0

  private constructor(directory: string) {
    this.#directory = directory
  }

  static async start(directory: string): Promise<CeilingServers> {
    const servers = new CeilingServers(directory)
    try {
      const ports = [await servers.#serve('follower', []), await servers.#serve('follower', [])]
      servers.#port = await servers.#serve('leader', ports)
      return servers
    } catch (error) {
      await servers.dispose()
      throw error
    }
  }

  pids(): readonly number[] {
    return this.#servers.filter(({ isRunning }) => isRunning).map(({ pid }) => pid)
  }

  loadCommand(task: SendTask): GeneratorCommand {
    const order: LoadOrder = { address: String(this.#port), task }
    return { command: process.execPath, args: ['--import', 'tsx', load, JSON.stringify(order)] }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#servers.map((running) => running.kill9()))
  }

  /** Answers its port. */
  async #serve(role: 'leader' | 'follower', ports: readonly number[]): Promise<number> {
    const file = join(this.#directory, `${this.#servers.length}.data`)
    const started = new ManagedProcess({
      name: `ceiling ${role}`,
      command: process.execPath,
      args: ['--import', 'tsx', server, role, file, ...ports.map(String)],
      logFile: join(this.#directory, 'ceiling.log'),
      stdout: 'pipe',
    })
    this.#servers.push(started)
    return Number(await firstLine(started))
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
