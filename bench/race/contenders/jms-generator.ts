import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clientJars, compileJava, javaMissing, sharedJava } from '../../../test/support/java.ts'
import { NdjsonProcess } from '../../../test/support/ndjson-process.ts'
import type { LoadTask } from '../load/load-task.ts'
import type { GeneratorCommand } from './contender.ts'
import { wordsOf } from './jms-words.ts'

/** ActiveMQ's own Java client, or our lean OpenWire client where it knows the task. */
export type GeneratorKind = 'jms' | 'openwire'

const openwireTasks: ReadonlySet<LoadTask['do']> = new Set([
  'send',
  'fill',
  'consume',
  'flow',
  'fan-out',
])

const javaFolder = fileURLToPath(new URL('../load/java-jms', import.meta.url))
const openwireLoad = fileURLToPath(new URL('../load/openwire-load.ts', import.meta.url))
const idleProcess = fileURLToPath(new URL('../load/openwire-idle-process.ts', import.meta.url))
const IDLE_WITHIN_MS = 120_000

/** What the client warns of belongs into the log of a failed run. */
const jars = [...clientJars.filter((name) => name !== 'slf4j-nop'), 'slf4j-simple']

/** A reason why the Java client cannot be driven here; null when it can. */
export function jmsMissing(): string | null {
  const missing = javaMissing(jars)
  return missing === false ? null : missing
}

export interface JmsGeneratorOptions {
  readonly kind: GeneratorKind
  readonly address: string
  /** For logs. */
  readonly directory: string
}

/** Commands of the load that Quorate and ActiveMQ share, for one contender that runs. */
export class JmsGenerator {
  readonly #options: JmsGeneratorOptions
  readonly #classPath: string
  #idle: NdjsonProcess | null = null

  private constructor(options: JmsGeneratorOptions, classPath: string) {
    this.#options = options
    this.#classPath = classPath
  }

  /** Compiles the Java programs if they have changed. */
  static async prepare(options: JmsGeneratorOptions): Promise<JmsGenerator> {
    return new JmsGenerator(options, await compileJava([javaFolder, sharedJava], jars))
  }

  /** Ends what the task before it left open: its idle connections. */
  async command(task: LoadTask): Promise<GeneratorCommand> {
    await this.dispose()
    const { kind, address } = this.#options
    if (kind === 'openwire' && openwireTasks.has(task.do)) {
      const order = JSON.stringify({ address, task })
      return { command: process.execPath, args: ['--import', 'tsx', openwireLoad, order] }
    }
    if (task.do === 'send' && task.idle > 0) await this.#openIdle(task.idle)
    const flags = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', this.#classPath]
    const order = { address: `${address}${patienceOf(task)}`, task }
    return { command: 'java', args: [...flags, 'JmsLoad', ...wordsOf(order)] }
  }

  async dispose(): Promise<void> {
    await this.#idle?.dispose()
    this.#idle = null
  }

  /** In Java each would be a thread or two; they only have to be there. */
  async #openIdle(count: number): Promise<void> {
    const { address, directory } = this.#options
    this.#idle = new NdjsonProcess({
      name: 'idle connections',
      command: process.execPath,
      args: ['--import', 'tsx', idleProcess, address, String(count)],
      logFile: join(directory, 'idle-connections.log'),
    })
    await this.#idle.next(['ready'], IDLE_WITHIN_MS)
  }
}

/** Options of the failover transport for each of its connections. */
function patienceOf(task: LoadTask): string {
  if (task.do !== 'probe' || task.patienceMs === 0) return ''
  const words = [
    'connectionTimeout',
    'connectAttemptTimeout',
    'wireFormat.maxInactivityDuration',
    'wireFormat.maxInactivityDurationInitalDelay',
  ]
  return words.map((word) => `&nested.${word}=${task.patienceMs}`).join('')
}
