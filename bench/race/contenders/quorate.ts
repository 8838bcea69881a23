import type { BrokerNode } from '../../../test/support/broker-node.ts'
import { startCluster } from '../../../test/support/cluster.ts'
import type { Cluster } from '../../../test/support/cluster.ts'
import { monotonicNowMs } from '../../../test/support/ndjson-process.ts'
import { quorateArgs } from '../../../test/support/quorate-command.ts'
import type { LoadTask } from '../load/load-task.ts'
import type { Blow, Contender, GeneratorCommand, RunningContender } from './contender.ts'
import { JmsGenerator, jmsMissing } from './jms-generator.ts'
import type { GeneratorKind } from './jms-generator.ts'
import { removeQueues } from './jms-queues.ts'

/** More than the default of 1,000, for the rows about connections. */
const CONNECTIONS_MAX = 20_000
/** With a backlog a killed broker reads its log again. */
const WHOLE_WITHIN_MS = 5 * 60_000

/** Three brokers of this build, with the coordination that comes with them. */
export class QuorateContender implements Contender {
  readonly name = 'quorate'
  readonly title = '3 brokers, sync: quorum_disk'
  readonly promise = 'on the disk (fdatasync) of two of three brokers'
  readonly cannot = {}
  readonly #kind: GeneratorKind

  constructor(generator: GeneratorKind = 'jms') {
    this.#kind = generator
  }

  missing(): string | null {
    try {
      quorateArgs()
      return jmsMissing()
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  async start(directory: string): Promise<RunningContender> {
    const cluster = await startCluster({
      directory,
      logSize: '100mb',
      prepare: (prepared) => {
        for (const node of prepared.nodes) {
          const uri = `${node.clientUri}?maximumConnections=${CONNECTIONS_MAX}`
          node.change({ transportConnectors: [{ name: 'openwire', uri }] })
        }
        return Promise.resolve()
      },
    })
    try {
      const leader = await cluster.leader()
      const version = (await leader.status())?.build ?? 'of unknown build'
      const address = cluster.clientUri('maxReconnectDelay=100')
      const generator = await JmsGenerator.prepare({ kind: this.#kind, address, directory })
      return new RunningQuorate({ cluster, generator, address, version })
    } catch (error) {
      await cluster.dispose()
      throw error
    }
  }
}

class RunningQuorate implements RunningContender {
  readonly version: string
  readonly #cluster: Cluster
  readonly #generator: JmsGenerator
  readonly #address: string
  #silent: BrokerNode | null = null

  constructor(parts: {
    readonly cluster: Cluster
    readonly generator: JmsGenerator
    readonly address: string
    readonly version: string
  }) {
    this.version = parts.version
    this.#cluster = parts.cluster
    this.#generator = parts.generator
    this.#address = parts.address
  }

  pids(): readonly number[] {
    const running = this.#cluster.nodes.filter((node) => node.isRunning)
    return running.flatMap(({ pid }) => (pid === null ? [] : [pid]))
  }

  async generator(task: LoadTask): Promise<GeneratorCommand> {
    return this.#generator.command(task)
  }

  async remove(queues: readonly string[]): Promise<void> {
    await this.#generator.dispose()
    await removeQueues(this.#address, queues)
  }

  /** One broker leads all queues. */
  async strikeLeader(_queue: string, blow: Blow): Promise<number> {
    const leader = await this.#cluster.leader()
    const struckMs = monotonicNowMs()
    if (blow === 'kill') await leader.kill9()
    else {
      leader.pause()
      this.#silent = leader
    }
    return struckMs
  }

  async restore(): Promise<void> {
    await this.#silent?.kill9()
    this.#silent = null
    this.#startAll()
    await this.#cluster.waitUntilWhole(WHOLE_WITHIN_MS)
  }

  async restart(): Promise<number> {
    await Promise.all(this.#cluster.nodes.map((node) => node.stop()))
    const startedMs = monotonicNowMs()
    this.#startAll()
    return startedMs
  }

  #startAll(): void {
    for (const node of this.#cluster.nodes) if (!node.isRunning) node.start()
  }

  async stop(): Promise<void> {
    await this.#generator.dispose()
    await this.#cluster.dispose()
  }
}

export const quorate: Contender = new QuorateContender()
