import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePorts } from './free-ports.ts'
import type { Host } from './host.ts'
import { thisMachine } from './host.ts'
import { ManagedProcess, logTail } from './managed-process.ts'
import { waitUntil } from './wait-until.ts'

const jar = '/usr/share/java/zookeeper.jar'
const java = '/usr/bin/java'
/** Small heap and quick start: several run beside the brokers on one machine. */
const javaOptions = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto']
/** Debian's default is a file that only root may write. */
const logOptions = ['-Dzookeeper.root.logger=INFO,CONSOLE']
const startWithinMs = 60_000

/** True when Apache ZooKeeper (Debian: zookeeper, libzookeeper-java) can be run here. */
export function zookeeperAvailable(): boolean {
  return existsSync(jar) && existsSync(java)
}

/** Why a suite is skipped, for node:test's `skip`; false when it is not. */
export function withoutZookeeper(): string | false {
  return zookeeperAvailable() ? false : 'needs the Debian packages zookeeper and libzookeeper-java'
}

export interface ZooKeeperOptions {
  /** 1 = standalone, 3 or 5 = an ensemble. */
  readonly nodes: number
  /** Logs, data and configuration go below it. */
  readonly directory: string
  /** Sessions last from 2 to 20 ticks; 500 ms by default. */
  readonly tickMs?: number
  /** One a node, each with ZooKeeper's usual ports; all on this machine by default. */
  readonly hosts?: readonly Host[]
}

export interface ZooKeeperNode {
  readonly port: number
  /** -1 while it does not run. */
  readonly pid: number
  readonly isRunning: boolean
  /** Starts the process; whether it serves also depends on the others. */
  start(): void
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGTERM. */
  stop(): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** Whether it leads the ensemble. */
  leads(): Promise<boolean>
  logTail(lines?: number): string
}

export interface ZooKeeperEnsemble {
  /** `host:port,host:port`. */
  readonly connectString: string
  readonly nodes: readonly ZooKeeperNode[]
  /** Starts what does not run, and resolves when all serve. */
  start(): Promise<void>
  /** SIGKILL to all at once. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** Starts Apache ZooKeeper on free loopback ports; resolves when every node serves. */
export async function startZooKeeperEnsemble(
  options: ZooKeeperOptions,
): Promise<ZooKeeperEnsemble> {
  const ensemble = await createZooKeeperEnsemble(options)
  try {
    await ensemble.start()
  } catch (error) {
    await ensemble.kill()
    throw error
  }
  return ensemble
}

/** The same, configured and not yet started. */
export async function createZooKeeperEnsemble(
  options: ZooKeeperOptions,
): Promise<ZooKeeperEnsemble> {
  const places = await placesOf(options)
  const servers = places.map(
    ({ host, ports: [, quorum, election] }, at) =>
      `server.${at + 1}=${host.address}:${quorum}:${election}`,
  )
  const nodes = places.map(({ host, ports: [port] }, at) => {
    const directory = join(options.directory, `zookeeper${at + 1}`)
    const configuration = [
      `dataDir=${join(directory, 'data')}`,
      `clientPort=${port}`,
      `clientPortAddress=${host.address}`,
      `tickTime=${options.tickMs ?? 500}`,
      'initLimit=20',
      'syncLimit=10',
      'maxClientCnxns=0',
      'admin.enableServer=false',
      '4lw.commands.whitelist=*',
      // Quicker than the disk, and no test cuts the power of the ensemble.
      'forceSync=no',
      ...(options.nodes > 1 ? servers : []),
    ]
    return new Node(directory, { id: at + 1, host, port, configuration })
  })
  return new Ensemble(nodes)
}

/** For clients, for the followers of the ensemble, for its elections. */
type NodePorts = readonly [client: number, quorum: number, election: number]

interface Place {
  readonly host: Host
  readonly ports: NodePorts
}

const usualPorts: NodePorts = [2181, 2888, 3888]

async function placesOf({ nodes, hosts }: ZooKeeperOptions): Promise<Place[]> {
  if (hosts !== undefined) return hosts.map((host) => ({ host, ports: usualPorts }))
  const ports = await freePorts(nodes * 3)
  return Array.from({ length: nodes }, (_, at) => {
    const [client = 0, quorum = 0, election = 0] = ports.slice(at * 3)
    return { host: thisMachine, ports: [client, quorum, election] }
  })
}

interface NodeSetup {
  readonly id: number
  readonly host: Host
  readonly port: number
  readonly configuration: readonly string[]
}

class Node implements ZooKeeperNode {
  readonly port: number
  readonly #host: Host
  readonly #name: string
  readonly #directory: string
  #process: ManagedProcess | undefined

  constructor(directory: string, { id, host, port, configuration }: NodeSetup) {
    this.port = port
    this.#host = host
    this.#name = `zookeeper${id}`
    this.#directory = directory
    mkdirSync(join(directory, 'data'), { recursive: true })
    writeFileSync(join(directory, 'data', 'myid'), `${id}\n`)
    writeFileSync(join(directory, 'zoo.cfg'), `${configuration.join('\n')}\n`)
  }

  /** `host:port` for clients. */
  get address(): string {
    return `${this.#host.address}:${this.port}`
  }

  get pid(): number {
    return this.isRunning ? (this.#process?.pid ?? -1) : -1
  }

  get isRunning(): boolean {
    return this.#process?.isRunning === true
  }

  start(): void {
    if (this.isRunning) return
    this.#process = new ManagedProcess({
      name: this.#name,
      ...this.#host.commandLine(java, [
        ...javaOptions,
        ...logOptions,
        '-cp',
        `/etc/zookeeper/conf:${jar}`,
        'org.apache.zookeeper.server.quorum.QuorumPeerMain',
        join(this.#directory, 'zoo.cfg'),
      ]),
      logFile: this.#logFile,
    })
  }

  async serves(): Promise<boolean> {
    if (!this.isRunning) throw new Error(`${this.#name} ended:\n${this.logTail()}`)
    return (await this.#describe()).includes('Mode: ')
  }

  async leads(): Promise<boolean> {
    return (await this.#describe()).includes('Mode: leader')
  }

  #describe(): Promise<string> {
    return fourLetterWord({ host: this.#host.address, port: this.port }, 'srvr')
  }

  async kill(): Promise<void> {
    await this.#process?.kill9()
  }

  async stop(): Promise<void> {
    await this.#process?.terminate()
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.signal(signal)
  }

  logTail(lines = 40): string {
    return logTail(this.#logFile, lines)
  }

  get #logFile(): string {
    return join(this.#directory, `${this.#name}.log`)
  }
}

class Ensemble implements ZooKeeperEnsemble {
  readonly nodes: readonly Node[]
  readonly connectString: string

  constructor(nodes: readonly Node[]) {
    this.nodes = nodes
    this.connectString = nodes.map((node) => node.address).join(',')
  }

  async start(): Promise<void> {
    for (const node of this.nodes) node.start()
    await waitUntil(
      async () => {
        const serving = await Promise.all(this.nodes.map((node) => node.serves()))
        return serving.every((serves) => serves)
      },
      { what: 'ZooKeeper to serve', timeoutMs: startWithinMs, pollMs: 100 },
    )
  }

  async kill(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()))
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()))
  }
}

/** Sends one of ZooKeeper's four-letter commands; '' when nobody answers. */
function fourLetterWord(
  target: { readonly host: string; readonly port: number },
  word: string,
): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(target, () => socket.write(word))
    socket.setTimeout(5_000, () => socket.destroy())
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => (answer += text))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
  })
}
