import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-ports.ts'
import { javaArgs } from './failover-programs.ts'
import { NdjsonProcess } from './ndjson-process.ts'

const START_WITHIN_MS = 60_000

/** A stock ActiveMQ with KahaDB on a port and in a directory of its own: oracle and yardstick. */
export class StockActiveMq {
  readonly uri: string
  readonly directory: string
  #program: NdjsonProcess | null = null

  private constructor(uri: string) {
    this.uri = uri
    this.directory = mkdtempSync(join(tmpdir(), 'quorate-activemq-'))
  }

  static async start(): Promise<StockActiveMq> {
    const stock = new StockActiveMq(`tcp://127.0.0.1:${await freePort()}`)
    try {
      await stock.restart()
      return stock
    } catch (error) {
      await stock.dispose()
      throw error
    }
  }

  async kill9(): Promise<void> {
    await this.#program?.dispose()
  }

  /** On the same port and store. */
  async restart(): Promise<void> {
    const words = { directory: this.directory, connector: this.uri }
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
