import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import type { BrokerStatus } from '@quorate/broker/management/broker-status'
import type { Host } from './host.ts'
import { thisMachine } from './host.ts'
import { ManagedProcess, logTail } from './managed-process.ts'
import type { ProcessExit } from './managed-process.ts'
import { quorateArgs } from './quorate-command.ts'

export interface NodePorts {
  readonly client: number
  readonly replication: number
  readonly console: number
}

/** Settings as they stand in quorate.yaml; those of the test win over those of the launcher. */
export type NodeSettings = Readonly<Record<string, unknown>>

export interface NodeSpec {
  readonly name: string
  readonly ports: NodePorts
  /** Holds the node's configuration, log and data. */
  readonly directory: string
  readonly settings: NodeSettings
  /** This machine by default. */
  readonly host?: Host
  /** Further environment of the process, asked at each start. */
  readonly environment?: () => Readonly<Record<string, string>>
}

const STATUS_TIMEOUT_MS = 1000

/** One broker of a cluster under test: a seat with its ports and data, running or not. */
export class BrokerNode {
  readonly name: string
  readonly ports: NodePorts
  readonly dataDirectory: string
  readonly logFile: string
  readonly #configFile: string
  readonly #settings: Record<string, unknown> = {}
  readonly #host: Host
  readonly #environment: () => Readonly<Record<string, string>>
  #process: ManagedProcess | null = null

  constructor(spec: NodeSpec) {
    this.name = spec.name
    this.ports = spec.ports
    this.#host = spec.host ?? thisMachine
    this.#environment = spec.environment ?? (() => ({}))
    this.dataDirectory = join(spec.directory, 'data')
    this.logFile = join(spec.directory, 'broker.log')
    this.#configFile = join(spec.directory, 'quorate.json')
    mkdirSync(spec.directory, { recursive: true })
    this.change({
      nodeId: this.name,
      directory: this.dataDirectory,
      hostname: this.#host.address,
      transportConnectors: [{ name: 'openwire', uri: this.clientUri }],
      bind: `tcp://${this.#host.address}:${this.ports.replication}`,
      consoleHost: this.#host.address,
      consolePort: this.ports.console,
      logFormat: 'text',
      ...spec.settings,
    })
  }

  /** Changes settings from the next start on. JSON is YAML. */
  change(settings: NodeSettings): void {
    Object.assign(this.#settings, settings)
    writeFileSync(this.#configFile, JSON.stringify(this.#settings, null, 2))
  }

  get isRunning(): boolean {
    return this.#process?.isRunning ?? false
  }

  get pid(): number | null {
    return this.#process?.pid ?? null
  }

  get clientUri(): string {
    return `tcp://${this.#host.address}:${this.ports.client}`
  }

  /** Resolves when the present process has ended. */
  async exited(): Promise<ProcessExit> {
    return this.#running().exited
  }

  start(): void {
    if (this.isRunning) throw new Error(`${this.name} runs already`)
    const args = quorateArgs('start', '--config', this.#configFile, '--stop-with-parent')
    this.#process = new ManagedProcess({
      name: this.name,
      ...this.#host.commandLine(process.execPath, args),
      env: this.#environment(),
      stdin: 'pipe',
      logFile: this.logFile,
    })
  }

  async stop(withinMs?: number): Promise<ProcessExit> {
    return this.#running().terminate(withinMs)
  }

  async kill9(): Promise<void> {
    await this.#running().kill9()
  }

  pause(): void {
    this.#running().signal('SIGSTOP')
  }

  resume(): void {
    this.#running().signal('SIGCONT')
  }

  /** Takes the disk out: what is left is the seat, its ports and its configuration. */
  wipe(): void {
    if (this.isRunning) throw new Error(`${this.name} still runs`)
    rmSync(this.dataDirectory, { recursive: true, force: true })
  }

  /** null when the node does not answer. */
  async status(): Promise<BrokerStatus | null> {
    if (!this.isRunning) return null
    return readJson<BrokerStatus>({
      host: this.#host.address,
      port: this.ports.console,
      path: '/api/v1/status',
    })
  }

  logTail(lines?: number): string {
    return logTail(this.logFile, lines)
  }

  async dispose(): Promise<void> {
    await this.#process?.kill9().catch(() => undefined)
  }

  #running(): ManagedProcess {
    if (this.#process === null) throw new Error(`${this.name} was never started`)
    return this.#process
  }
}

interface Page {
  readonly host: string
  readonly port: number
  readonly path: string
}

async function readJson<T>(page: Page): Promise<T | null> {
  return new Promise((resolve) => {
    const request = get({ ...page, agent: false, timeout: STATUS_TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => resolve(null))
      response.on('end', () => {
        resolve(response.statusCode === 200 ? parse<T>(Buffer.concat(chunks)) : null)
      })
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(null))
    request.on('close', () => resolve(null))
  })
}

function parse<T>(bytes: Buffer): T | null {
  try {
    return JSON.parse(bytes.toString('utf8')) as T
  } catch {
    return null
  }
}
