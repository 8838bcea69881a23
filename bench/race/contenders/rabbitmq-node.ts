import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ManagedProcess } from '../../../test/support/managed-process.ts'
import type { Blow } from './contender.ts'

/** Erlang listens on all addresses by itself. */
const LOOPBACK_ONLY = '-kernel inet_dist_use_interface {127,0,0,1}'

const END_WITHIN_MS = 60_000

/** What the nodes of a cluster and its command line tools have in common. */
export interface ClusterPlace {
  /** Folder of RabbitMQ's own scripts. */
  readonly scripts: string
  /** Holds everything, the secret that Erlang's nodes share included. */
  readonly directory: string
  readonly epmdPort: number
}

export interface NodePlace {
  /** `node1@localhost` */
  readonly name: string
  readonly amqpPort: number
  readonly distributionPort: number
}

/**
 * Of a command line tool, and of nodes. Nothing of a RabbitMQ that may be installed as a service is
 * read: the files that Debian has in /etc are named anew here.
 */
export function clusterEnvironment({ directory, epmdPort }: ClusterPlace): Record<string, string> {
  return {
    HOME: directory,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_CONF_ENV_FILE: join(directory, 'none.conf'),
    RABBITMQ_CTL_ERL_ARGS: LOOPBACK_ONLY,
    LANG: 'C.UTF-8',
  }
}

export function nodeEnvironment(cluster: ClusterPlace, node: NodePlace): Record<string, string> {
  const directory = nodeDirectory(cluster, node)
  return {
    ...clusterEnvironment(cluster),
    RABBITMQ_NODENAME: node.name,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(node.amqpPort),
    RABBITMQ_DIST_PORT: String(node.distributionPort),
    RABBITMQ_MNESIA_BASE: join(directory, 'mnesia'),
    RABBITMQ_LOG_BASE: join(directory, 'log'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(directory, 'generated'),
    RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(directory, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'enabled_plugins'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: LOOPBACK_ONLY,
    // The script becomes the Erlang VM then, so that its pid is the broker's.
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_SERVER_START_ARGS: '-noinput',
  }
}

/** `rabbitmq.conf`: who belongs to the cluster. Everything else is as it comes. */
export function configurationOf(names: readonly string[]): string {
  const prefix = 'cluster_formation'
  return [
    `${prefix}.peer_discovery_backend = classic_config`,
    ...names.map((name, at) => `${prefix}.classic_config.nodes.${at + 1} = ${name}`),
    '',
  ].join('\n')
}

function nodeDirectory({ directory }: ClusterPlace, { name }: NodePlace): string {
  return join(directory, name.slice(0, name.indexOf('@')))
}

/** One node of the cluster, as a process. */
export class RabbitmqNode {
  readonly place: NodePlace
  readonly #cluster: ClusterPlace
  #process: ManagedProcess
  #isSilent = false

  constructor(cluster: ClusterPlace, place: NodePlace, members: readonly string[]) {
    this.place = place
    this.#cluster = cluster
    const directory = nodeDirectory(cluster, place)
    mkdirSync(directory)
    writeFileSync(join(directory, 'rabbitmq.conf'), configurationOf(members))
    writeFileSync(join(directory, 'enabled_plugins'), '[].\n')
    this.#process = this.#spawn()
  }

  get isRunning(): boolean {
    return this.#process.isRunning
  }

  /** The Erlang VM, and the helper that it starts all other programs with. */
  pids(): number[] {
    const { pid } = this.#process
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return [pid, ...children.split(' ').filter(Boolean).map(Number)]
  }

  async kill9(): Promise<void> {
    await this.#process.kill9()
  }

  async strike(blow: Blow): Promise<void> {
    if (blow === 'kill') return this.kill9()
    this.#isSilent = true
    for (const pid of this.pids()) process.kill(pid, 'SIGSTOP')
  }

  /** Starts it if it is down, or anew if it stands still. */
  async revive(): Promise<void> {
    if (this.#isSilent) {
      const [, ...helpers] = this.pids()
      for (const pid of helpers) process.kill(pid, 'SIGKILL')
      await this.kill9()
    }
    this.#isSilent = false
    if (!this.isRunning) this.#process = this.#spawn()
  }

  /** In order. */
  async end(): Promise<void> {
    await this.#process.terminate(END_WITHIN_MS)
  }

  logTail(): string {
    return this.#process.logTail()
  }

  #spawn(): ManagedProcess {
    return new ManagedProcess({
      name: this.place.name,
      command: join(this.#cluster.scripts, 'rabbitmq-server'),
      args: [],
      env: nodeEnvironment(this.#cluster, this.place),
      cwd: nodeDirectory(this.#cluster, this.place),
      logFile: join(nodeDirectory(this.#cluster, this.place), 'output.log'),
    })
  }
}
