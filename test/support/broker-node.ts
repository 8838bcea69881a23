import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import type { BrokerStatus } from '@quorate/broker/management/broker-status'
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
  #process: ManagedProcess | null = null

  constructor(spec: NodeSpec) {
    this.name = spec.name
    this.ports = spec.ports
    this.dataDirectory = join(spec.directory, 'data')
    this.logFile = join(spec.directory, 'broker.log')
    this.#configFile = join(spec.directory, 'quorate.json')
    mkdirSync(spec.directory, { recursive: true })
    this.change({
      nodeId: this.name,
      directory: this.dataDirectory,
      hostname: '127.0.0.1',
      transportConnectors: [{ name: 'openwire', uri: this.clientUri }],
      bind: `tcp://127.0.0.1:${this.ports.replication}`,
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
    return `tcp://127.0.0.1:${this.ports.client}`
  }

  /** Resolves when the present process has ended. */
  async exited(): Promise<ProcessExit> {
    return this.#running().exited
  }

  start(): void {
    if (this.isRunning) throw new Error(`${this.name} runs already`)
    this.#process = new ManagedProcess({
      name: this.name,
      command: process.execPath,
      args: quorateArgs('start', '--config', this.#configFile, '--stop-with-parent'),
      stdin: 'pipe',
      logFile: this.logFile,
    })
  }

  async stop(): Promise<ProcessExit> {
    return this.#running().terminate()
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
    return readJson<BrokerStatus>(this.ports.console, '/api/v1/status')
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

async function readJson<T>(port: number, path: string): Promise<T | null> {
  return new Promise((resolve) => {
    const request = get(
      { host: '127.0.0.1', port, path, agent: false, timeout: STATUS_TIMEOUT_MS },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', () => resolve(null))
        response.on('end', () => {
          resolve(response.statusCode === 200 ? parse<T>(Buffer.concat(chunks)) : null)
        })
      },
    )
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
