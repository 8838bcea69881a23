import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-ports.ts'
import { javaArgs } from './failover-programs.ts'
import { NdjsonProcess } from './ndjson-process.ts'

const START_WITHIN_MS = 60_000

export interface StockOptions {
  /** Where everything goes; a temporary directory by default. Removed at the end. */
  readonly directory?: string
  /** Of its connector: `maximumConnections=10000`. */
  readonly connectorOptions?: string
}

/** A stock ActiveMQ with KahaDB on a port and in a directory of its own: oracle and yardstick. */
export class StockActiveMq {
  readonly uri: string
  readonly directory: string
  readonly #connector: string
  #program: NdjsonProcess | null = null

  private constructor(uri: string, { directory, connectorOptions }: StockOptions) {
    this.uri = uri
    this.#connector = connectorOptions === undefined ? uri : `${uri}?${connectorOptions}`
    this.directory = directory ?? mkdtempSync(join(tmpdir(), 'quorate-activemq-'))
  }

  static async start(options: StockOptions = {}): Promise<StockActiveMq> {
    const stock = new StockActiveMq(`tcp://127.0.0.1:${await freePort()}`, options)
    try {
      await stock.restart()
      return stock
    } catch (error) {
      await stock.dispose()
      throw error
    }
  }

  /** null when it does not run. */
  get pid(): number | null {
    const program = this.#program?.process
    return program?.isRunning === true ? program.pid : null
  }

  async kill9(): Promise<void> {
    await this.#program?.dispose()
  }

  /** In order. */
  async stop(): Promise<void> {
    const process = this.#program?.process
    // It ends with its standard input.
    process?.child.stdin?.end()
    await process?.exited
  }

  /** On the same port and store. */
  async restart(): Promise<void> {
    const words = { directory: this.directory, connector: this.#connector }
    this.#program = new NdjsonProcess({
      name: 'ActiveMQ',
      command: 'java',
      args: await javaArgs({ program: 'StockBroker', words, isMeasured: true }),
      logFile: join(this.directory, 'activemq.log'),
    })
    await this.#program.next(['ready'], START_WITHIN_MS)
  }

  async dispose(): Promise<void> {
    await this.kill9()
    rmSync(this.directory, { recursive: true, force: true })
  }
}
