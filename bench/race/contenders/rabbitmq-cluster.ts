import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePorts } from '../../../test/support/free-ports.ts'
import { ManagedProcess } from '../../../test/support/managed-process.ts'
import { monotonicNowMs } from '../../../test/support/ndjson-process.ts'
import { waitUntil } from '../../../test/support/wait-until.ts'
import type { Blow } from './contender.ts'
import { RabbitmqNode } from './rabbitmq-node.ts'
import type { ClusterPlace } from './rabbitmq-node.ts'
import { areInStep, commitIndexIn } from './rabbitmq-status.ts'
import { RabbitmqTools } from './rabbitmq-tools.ts'

const NODES = 3
const START_WITHIN_MS = 120_000
const IN_STEP_WITHIN_MS = 120_000
const POLL_MS = 200

/** Three nodes, and the port mapper of their own with which Erlang's nodes find each other. */
export class RabbitmqCluster {
  readonly #place: ClusterPlace
  readonly #epmd: ManagedProcess
  readonly #nodes: RabbitmqNode[] = []

  private constructor(place: ClusterPlace) {
    this.#place = place
    // Nodes that find none start one, which would outlive them.
    this.#epmd = new ManagedProcess({
      name: 'epmd',
      command: 'epmd',
      args: ['-port', String(place.epmdPort), '-address', '127.0.0.1'],
      logFile: join(place.directory, 'epmd.log'),
    })
  }

  static async start(scripts: string, directory: string): Promise<RabbitmqCluster> {
    const [epmdPort, ...ports] = await freePorts(1 + 2 * NODES)
    if (epmdPort === undefined) throw new Error('no port for epmd')
    const secret = randomBytes(16).toString('hex')
    writeFileSync(join(directory, '.erlang.cookie'), secret, { mode: 0o400 })
    const cluster = new RabbitmqCluster({ scripts, directory, epmdPort })
    try {
      await cluster.#startNodes(ports)
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  async #startNodes(ports: readonly number[]): Promise<void> {
    await waitUntil(() => accepts(this.#place.epmdPort), {
      what: 'epmd',
      timeoutMs: START_WITHIN_MS,
    })
    const names = Array.from({ length: NODES }, (_, at) => `node${at + 1}@localhost`)
    for (const [at, name] of names.entries()) {
      const [amqpPort, distributionPort] = ports.slice(2 * at)
      if (amqpPort === undefined || distributionPort === undefined) throw new Error('no port')
      const place = { name, amqpPort, distributionPort }
      this.#nodes.push(new RabbitmqNode(this.#place, place, names))
    }
    await this.#awaitMembers()
  }

  /** Of all nodes; first the leader of this queue, or any where there is no such queue. */
  async ports(queue: string | null): Promise<number[]> {
    const leader = queue === null ? null : await this.#tools().leaderOf(queue)
    const leads = (node: RabbitmqNode): boolean => node.place.name === leader
    const ordered = [...this.#nodes.filter(leads), ...this.#nodes.filter((node) => !leads(node))]
    return ordered.map(({ place }) => place.amqpPort)
  }

  pids(): number[] {
    return this.#nodes.filter(({ isRunning }) => isRunning).flatMap((node) => node.pids())
  }

  /** Answers when, on CLOCK_MONOTONIC in milliseconds. */
  async strikeLeaderOf(queue: string, blow: Blow): Promise<number> {
    const leader = await this.#tools().leaderOf(queue)
    const node = this.#nodes.find(({ place }) => place.name === leader)
    if (node === undefined) throw new Error(`nobody leads ${queue}`)
    const struckMs = monotonicNowMs()
    await node.strike(blow)
    return struckMs
  }

  /** Answers when the first one was started again. */
  async restart(): Promise<number> {
    await Promise.all(this.#nodes.map((node) => node.end()))
    const startedMs = monotonicNowMs()
    for (const node of this.#nodes) await node.revive()
    return startedMs
  }

  /** Starts whoever was struck, and waits until each has what was committed by then. */
  async restore(queue: string | null): Promise<void> {
    for (const node of this.#nodes) await node.revive()
    await this.#awaitMembers()
    if (queue === null) return
    let committed: number | null = null
    const areWhole = async (): Promise<boolean> => {
      const members = await this.#tools().membersOf(queue)
      committed ??= commitIndexIn(members)
      return committed !== null && members.length === NODES && areInStep(members, committed)
    }
    await waitUntil(areWhole, {
      what: `the members of ${queue} to be in step`,
      timeoutMs: IN_STEP_WITHIN_MS,
      pollMs: POLL_MS,
    })
  }

  /** At once: what they hold is thrown away. */
  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.kill9()))
    await this.#epmd.kill9()
  }

  #tools(): RabbitmqTools {
    const node = this.#nodes.find(({ isRunning }) => isRunning)
    if (node === undefined) throw new Error('no node of RabbitMQ runs')
    return new RabbitmqTools(this.#place, node.place.name)
  }

  /** Until every node takes clients, which it does last, and all see each other. */
  async #awaitMembers(): Promise<void> {
    const patience = { timeoutMs: START_WITHIN_MS, pollMs: POLL_MS }
    for (const node of this.#nodes) {
      const takesClients = async (): Promise<boolean> => {
        if (!node.isRunning) throw new Error(`${node.place.name} ended:\n${node.logTail()}`)
        return accepts(node.place.amqpPort)
      }
      await waitUntil(takesClients, { what: `${node.place.name} to take clients`, ...patience })
    }
    await waitUntil(async () => (await this.#tools().runningNodes()).length === NODES, {
      what: 'a cluster of three nodes',
      ...patience,
    })
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const end = (isOpen: boolean) => () => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', end(true))
    socket.once('error', end(false))
  })
}
