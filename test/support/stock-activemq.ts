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
  readonly #program: NdjsonProcess

  private constructor(uri: string, directory: string, program: NdjsonProcess) {
    this.uri = uri
    this.directory = directory
    this.#program = program
  }

  static async start(programs: JavaPrograms): Promise<StockActiveMq> {
    const directory = mkdtempSync(join(tmpdir(), 'quorate-activemq-'))
    const uri = `tcp://127.0.0.1:${await freePort()}`
    const program = new NdjsonProcess({
      name: 'ActiveMQ',
      command: 'java',
      args: programs.serverArgsOf('StockBroker', '--directory', directory, '--connector', uri),
      logFile: join(directory, 'activemq.log'),
    })
    const stock = new StockActiveMq(uri, directory, program)
    try {
      await program.next(['ready'], START_WITHIN_MS)
      return stock
    } catch (error) {
      await stock.dispose()
      throw error
    }
  }

  async dispose(): Promise<void> {
    await this.#program.dispose()
    rmSync(this.directory, { recursive: true, force: true })
  }
}
