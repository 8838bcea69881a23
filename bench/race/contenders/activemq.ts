import { activemqMissing } from '../../../test/support/failover-programs.ts'
import { monotonicNowMs } from '../../../test/support/ndjson-process.ts'
import { StockActiveMq } from '../../../test/support/stock-activemq.ts'
import type { LoadTask } from '../load/load-task.ts'
import { versionAt } from './activemq-version.ts'
import type { Contender, GeneratorCommand, RunningContender } from './contender.ts'
import { JmsGenerator, jmsMissing } from './jms-generator.ts'
import type { GeneratorKind } from './jms-generator.ts'
import { removeQueues } from './jms-queues.ts'

/** More than the default of 1,000, for the rows about connections. */
const CONNECTIONS_MAX = 20_000

/** One broker, as Debian has it: what Quorate's users come from. */
export class ActiveMqContender implements Contender {
  readonly name = 'activemq'
  readonly title = '1 broker, KahaDB with disk sync'
  readonly promise = 'on the disk of one broker'
  readonly cannot = { takeover: 'one broker: nobody takes over' }
  readonly #kind: GeneratorKind

  constructor(generator: GeneratorKind = 'jms') {
    this.#kind = generator
  }

  missing(): string | null {
    const missing = activemqMissing()
    return missing === false ? jmsMissing() : missing
  }

  async start(directory: string): Promise<RunningContender> {
    const connectorOptions = `maximumConnections=${CONNECTIONS_MAX}`
    const stock = await StockActiveMq.start({ directory, connectorOptions })
    try {
      const address = `failover:(${stock.uri})?maxReconnectDelay=100`
      const version = await versionAt(address)
      const generator = await JmsGenerator.prepare({ kind: this.#kind, address, directory })
      return new RunningActiveMq({ stock, generator, address, version })
    } catch (error) {
      await stock.dispose()
      throw error
    }
  }
}

class RunningActiveMq implements RunningContender {
  readonly version: string
  readonly #stock: StockActiveMq
  readonly #generator: JmsGenerator
  readonly #address: string

  constructor(parts: {
    readonly stock: StockActiveMq
    readonly generator: JmsGenerator
    readonly address: string
    readonly version: string
  }) {
    this.version = parts.version
    this.#stock = parts.stock
    this.#generator = parts.generator
    this.#address = parts.address
  }

  pids(): readonly number[] {
    const { pid } = this.#stock
    return pid === null ? [] : [pid]
  }

  async generator(task: LoadTask): Promise<GeneratorCommand> {
    return this.#generator.command(task)
  }

  async remove(queues: readonly string[]): Promise<void> {
    await this.#generator.dispose()
    await removeQueues(this.#address, queues)
  }

  strikeLeader(): Promise<number> {
    return Promise.reject(new Error('nobody takes over from the only one'))
  }

  async restore(): Promise<void> {
    if (this.#stock.pid === null) await this.#stock.restart()
  }

  async restart(): Promise<number> {
    await this.#stock.stop()
    const startedMs = monotonicNowMs()
    await this.#stock.restart()
    return startedMs
  }

  async stop(): Promise<void> {
    await this.#generator.dispose()
    await this.#stock.dispose()
  }
}

export const activemq: Contender = new ActiveMqContender()
