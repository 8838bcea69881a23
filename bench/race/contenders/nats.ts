import { fileURLToPath } from 'node:url'
import type {
  Blow,
  Contender,
  ContenderName,
  GeneratorCommand,
  RunningContender,
} from './contender.ts'
import { NatsCluster } from './nats-cluster.ts'
import type { NatsSync } from './nats-config.ts'
import { whyNotInstalled } from './nats-installation.ts'
import type { LoadTask } from '../load/load-task.ts'

const load = fileURLToPath(new URL('../load/nats-load.ts', import.meta.url))

export const nats = contender(
  'nats',
  'as-shipped',
  'two of three servers have written it to their log, which is synced to disk minutes later',
)

export const natsSynced = contender(
  'nats-synced',
  'always',
  'two of three servers have it on disk (sync_interval: always)',
)

function contender(name: ContenderName, sync: NatsSync, promise: string): Contender {
  const setting = sync === 'always' ? 'sync_interval: always' : 'as shipped'
  return {
    name,
    title: `NATS JetStream, 3 servers, R3 file stream, ${setting}`,
    promise,
    cannot: { transactions: 'JetStream has none (atomic batches of messages came with 2.12)' },
    missing: () => whyNotInstalled(sync),
    start: async (directory) => new RunningNats(await NatsCluster.start(directory, sync)),
  }
}

class RunningNats implements RunningContender {
  readonly #cluster: NatsCluster
  readonly version: string

  constructor(cluster: NatsCluster) {
    this.#cluster = cluster
    this.version = cluster.version
  }

  pids(): readonly number[] {
    return this.#cluster.pids()
  }

  generator(task: LoadTask): Promise<GeneratorCommand> {
    const order = JSON.stringify({ address: this.#cluster.address, task })
    return Promise.resolve({
      command: process.execPath,
      args: ['--import', 'tsx', load, order],
    })
  }

  async remove(queues: readonly string[]): Promise<void> {
    await this.#cluster.remove(queues)
  }

  async strikeLeader(queue: string, blow: Blow): Promise<number> {
    return this.#cluster.strikeLeaderOf(queue, blow)
  }

  async restore(): Promise<void> {
    await this.#cluster.restore()
  }

  async restart(): Promise<number> {
    return this.#cluster.restart()
  }

  async stop(): Promise<void> {
    await this.#cluster.stop()
  }
}
