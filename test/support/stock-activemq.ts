import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-ports.ts'
import type { JavaPrograms } from './java-program.ts'
import { NdjsonProcess } from './ndjson-process.ts'

const START_WITHIN_MS = 60_000

/** A stock ActiveMQ with KahaDB on a port and in a directory of its own: oracle and yardstick. */
export class StockActiveMq {
  readonly uri: string
  readonly directory: string
  readonly #programs: JavaPrograms
  #program: NdjsonProcess | null = null

  private constructor(programs: JavaPrograms, uri: string) {
    this.#programs = programs
    this.uri = uri
    this.directory = mkdtempSync(join(tmpdir(), 'quorate-activemq-'))
  }

  static async start(programs: JavaPrograms): Promise<StockActiveMq> {
    const stock = new StockActiveMq(programs, `tcp://127.0.0.1:${await freePort()}`)
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
    const words = ['--directory', this.directory, '--connector', this.uri]
    this.#program = new NdjsonProcess({
      name: 'ActiveMQ',
      command: 'java',
      args: this.#programs.serverArgsOf('StockBroker', ...words),
      logFile: join(this.directory, 'activemq.log'),
    })
    await this.#program.next(['ready'], START_WITHIN_MS)
  }

  async dispose(): Promise<void> {
    await this.kill9()
    rmSync(this.directory, { recursive: true, force: true })
  }
}
