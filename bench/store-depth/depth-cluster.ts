import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { BrokerNode } from '../../test/support/broker-node.ts'
import type { Cluster } from '../../test/support/cluster.ts'
import { followersIn, leaders, startCluster } from '../../test/support/cluster.ts'
import { monotonicNowMs } from '../../test/support/ndjson-process.ts'
import { waitUntil } from '../../test/support/wait-until.ts'
import { journalUsage, lengthOfFiles } from './disk-usage.ts'
import type { JournalUsage } from './disk-usage.ts'
import { LoadGenerator } from './load/load-generator.ts'
import type { LoadOutcome } from './load/load-orders.ts'
import type { DepthOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { peakResidentBytesOf, residentMemoryOf } from './resident-memory.ts'
import type { ResidentMemory } from './resident-memory.ts'

/** A restart may read a whole log, and a clean stop write all there is: they get their time. */
export const PATIENCE_MS = 15 * 60_000
const POLL_MS = 10

/** The one queue of the backlog. */
export const BACKLOG_QUEUE = 'store-depth'

export interface MemorySample extends ResidentMemory {
  readonly node: string
  readonly role: 'leader' | 'follower'
  /** Since the process began. */
  readonly peakResidentBytes: number
}

export interface NodeUsage extends JournalUsage {
  readonly node: string
}

export interface IndexUsage {
  readonly node: string
  readonly bytes: number
}

/** Three brokers, the load, and what is waiting in them. */
export class DepthCluster {
  readonly load: LoadGenerator
  readonly progress: Progress
  readonly #cluster: Cluster
  #waiting = 0
  #backlog = 0
  /** Brokers that shall run: if one of them does not, the measurement is over. */
  #expected: readonly BrokerNode[] = []

  private constructor(parts: { cluster: Cluster; load: LoadGenerator; progress: Progress }) {
    this.load = parts.load
    this.progress = parts.progress
    this.#cluster = parts.cluster
    this.#expected = parts.cluster.nodes
  }

  static async start(
    parent: string,
    options: DepthOptions,
    progress: Progress,
  ): Promise<DepthCluster> {
    const directory = mkdtempSync(join(parent, 'cluster-'))
    progress.begin('starting three brokers', 1)
    const cluster = await startCluster({ directory, logSize: options.logSize })
    try {
      const ports = cluster.nodes.map((node) => node.ports.client)
      const { bytes, window, seed } = options
      const started: { all?: DepthCluster } = {}
      const check = (): void => started.all?.check()
      const settings = { ports, bytes, window, seed }
      const load = await LoadGenerator.start(directory, settings, { progress, check })
      return (started.all = new DepthCluster({ cluster, load, progress }))
    } catch (error) {
      await cluster.dispose()
      throw error
    }
  }

  get nodes(): readonly BrokerNode[] {
    return this.#cluster.nodes
  }

  /** Confirmed and not consumed, as far as this run has sent them. */
  get waiting(): number {
    return this.#waiting
  }

  /** Of those, what is in the one queue of the backlog. */
  get backlog(): number {
    return this.#backlog
  }

  async leader(): Promise<BrokerNode> {
    return this.#cluster.leader(PATIENCE_MS)
  }

  async followers(): Promise<BrokerNode[]> {
    const leader = await this.leader()
    return this.nodes.filter((node) => node !== leader)
  }

  /** Adds to the backlog. */
  async send(queue: string, count: number, queues = 1): Promise<LoadOutcome> {
    const outcome = await this.load.run(`sending to ${queue}`, {
      do: 'send',
      queue,
      queues,
      count,
    })
    this.#count(queue, count)
    return outcome
  }

  /** Takes from the backlog. */
  async receive(queue: string, count: number): Promise<LoadOutcome> {
    const order = { do: 'receive', queue, count } as const
    const outcome = await this.load.run(`consuming ${queue}`, order)
    this.#count(queue, -count)
    return outcome
  }

  /** Until so many messages wait in the one queue of the backlog. */
  async fill(count: number): Promise<void> {
    const missing = count - this.#waiting
    if (missing > 0) await this.send(BACKLOG_QUEUE, missing)
    await this.whole()
  }

  /** Sends one message over a connection that stays; its outcome tells when it was confirmed. */
  async probe(): Promise<LoadOutcome> {
    const outcome = await this.load.probe()
    this.#waiting++
    return outcome
  }

  async memory(): Promise<MemorySample[]> {
    const leader = await this.leader()
    return this.nodes.map((node) => ({
      node: node.name,
      role: node === leader ? 'leader' : 'follower',
      ...residentMemoryOf(node.pid ?? 0),
      peakResidentBytes: peakResidentBytesOf(node.pid ?? 0),
    }))
  }

  journals(): NodeUsage[] {
    return this.nodes.map(({ name, dataDirectory }) => ({
      node: name,
      ...journalUsage(dataDirectory),
    }))
  }

  /** Of brokers that do not run. */
  indexes(): IndexUsage[] {
    return this.nodes.map(({ name, dataDirectory }) => ({
      node: name,
      bytes: lengthOfFiles(join(dataDirectory, 'index')),
    }))
  }

  /** Ends brokers at once; answers how long it took until the last was gone. */
  async end(nodes: readonly BrokerNode[], how: 'SIGTERM' | 'SIGKILL'): Promise<number> {
    this.#expected = this.#expected.filter((node) => !nodes.includes(node))
    const startedMs = monotonicNowMs()
    await Promise.all(
      nodes.map((node) => (how === 'SIGTERM' ? node.stop(PATIENCE_MS) : node.kill9())),
    )
    return (monotonicNowMs() - startedMs) / 1000
  }

  /** Answers when the first was started, on the clock of monotonicNowMs. */
  start(nodes: readonly BrokerNode[]): number {
    const startedMs = monotonicNowMs()
    for (const node of nodes) node.start()
    this.#expected = [...this.#expected, ...nodes]
    return startedMs
  }

  /** Until one leads and all others follow it in step. */
  async whole(): Promise<void> {
    await this.#cluster.waitUntilWhole(PATIENCE_MS)
  }

  /** Until the leader counts the follower as a voter in step; answers when that was. */
  async inStep(node: BrokerNode): Promise<number> {
    const isInStep = async (): Promise<boolean> => {
      this.check()
      const statuses = await this.#cluster.statuses()
      const own = followersIn(statuses).find((status) => status.nodeId === node.name)
      const seen = leaders(statuses)
        .flatMap((leader) => leader.followers)
        .find((follower) => follower.nodeId === node.name)
      return (
        own?.trouble === null && seen?.state === 'voter' && seen.connected && seen.lagRecords === 0
      )
    }
    const what = `${node.name} in step`
    await waitUntil(isInStep, { what, timeoutMs: PATIENCE_MS, pollMs: POLL_MS })
    return monotonicNowMs()
  }

  /** Nothing to do for the brokers: what they write and free when they are idle is done. */
  async rest(ms: number): Promise<void> {
    this.progress.begin(`leaving the brokers alone for ${ms / 1000} s`, 1)
    await delay(ms)
    this.check()
  }

  /** Throws, with the end of its log, when a broker that shall run does not. */
  check(): void {
    const ended = this.#expected.find((node) => !node.isRunning)
    if (ended === undefined) return
    throw new Error(`${ended.name} ended by itself:\n${ended.logTail(20)}`)
  }

  #count(queue: string, count: number): void {
    this.#waiting += count
    if (queue === BACKLOG_QUEUE) this.#backlog += count
  }

  async dispose(): Promise<void> {
    await this.load.dispose()
    await this.#cluster.dispose()
  }
}
