import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from './free-ports.ts'
import type { Host } from './host.ts'
import { ManagedProcess, logTail } from './managed-process.ts'
import { quorateArgs } from './quorate-command.ts'
import { waitUntil } from './wait-until.ts'
import { createZooKeeperEnsemble } from './zookeeper.ts'
import type { ZooKeeperEnsemble } from './zookeeper.ts'

/** What brokers coordinate through: the embedded server or a real ZooKeeper ensemble. */
export interface CoordinationService {
  /** `host:port,host:port`. */
  readonly address: string
  /** Starts what does not run, and resolves when it serves. */
  start(): Promise<void>
  stop(): Promise<void>
  /** SIGKILL to all of it at once. */
  kill(): Promise<void>
  dispose(): Promise<void>
  /** Tails of its logs, for a failed test. */
  report(): string
}

const START_WITHIN_MS = 15_000

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** The coordination server that comes with the broker, as one process. */
class EmbeddedCoordination implements CoordinationService {
  readonly address: string
  readonly #port: number
  readonly #directory: string
  readonly #logFile: string
  #process: ManagedProcess | null = null

  constructor(directory: string, port: number) {
    this.#directory = directory
    this.#port = port
    this.address = `127.0.0.1:${port}`
    this.#logFile = join(directory, 'coordination.log')
    mkdirSync(directory, { recursive: true })
  }

  async start(): Promise<void> {
    if (this.#process?.isRunning === true) return
    const started = new ManagedProcess({
      name: 'coordination',
      command: process.execPath,
      args: quorateArgs(
        'coordination',
        '--bind',
        `tcp://${this.address}`,
        '--directory',
        join(this.#directory, 'data'),
      ),
      logFile: this.#logFile,
    })
    this.#process = started
    await waitUntil(
      async () => {
        if (!started.isRunning) throw new Error(`coordination ended:\n${this.report()}`)
        return accepts(this.#port)
      },
      { what: 'the coordination server', timeoutMs: START_WITHIN_MS },
    )
  }

  async stop(): Promise<void> {
    await this.#process?.terminate()
  }

  async kill(): Promise<void> {
    await this.#process?.kill9()
  }

  async dispose(): Promise<void> {
    await this.kill().catch(() => undefined)
  }

  report(): string {
    return `--- coordination\n${logTail(this.#logFile)}`
  }
}

export async function embeddedCoordination(directory: string): Promise<CoordinationService> {
  return new EmbeddedCoordination(directory, await freePort())
}

/** A real ensemble of three. */
export class ZooKeeperCoordination implements CoordinationService {
  readonly ensemble: ZooKeeperEnsemble

  constructor(ensemble: ZooKeeperEnsemble) {
    this.ensemble = ensemble
  }

  get address(): string {
    return this.ensemble.connectString
  }

  async start(): Promise<void> {
    await this.ensemble.start()
  }

  async stop(): Promise<void> {
    await this.ensemble.stop()
  }

  async kill(): Promise<void> {
    await this.ensemble.kill()
  }

  async dispose(): Promise<void> {
    await this.kill().catch(() => undefined)
  }

  report(): string {
    const tails = this.ensemble.nodes.map(
      (node, at) => `--- zookeeper${at + 1}\n${node.logTail(15)}`,
    )
    return tails.join('\n')
  }
}

/** `hosts`: one a server; all three on this machine by default. */
export async function zookeeperCoordination(
  directory: string,
  hosts?: readonly Host[],
): Promise<ZooKeeperCoordination> {
  const place = hosts === undefined ? { nodes: 3 } : { nodes: hosts.length, hosts }
  return new ZooKeeperCoordination(await createZooKeeperEnsemble({ ...place, directory }))
}
