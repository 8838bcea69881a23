import { fileURLToPath } from 'node:url'
import { clientJars, compileJava, javaMissing, sharedJava } from './java.ts'

/** Our Java programs on ActiveMQ's own client, and a stock broker to run beside ours. */
const folder = fileURLToPath(new URL('../interop/failover/java', import.meta.url))

const jars = [
  ...clientJars.filter((name) => name !== 'slf4j-nop'),
  'activemq-broker',
  'activemq-kahadb-store',
  'activemq-protobuf',
  // What the client warns of belongs into the log of a failed test.
  'slf4j-simple',
]

/** Quick to start, and modest with the cores that the brokers under test need. */
const smallClient = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** A reason to skip what needs ActiveMQ's Java client; false when it is installed. */
export function activemqMissing(): string | false {
  return javaMissing(jars)
}

export type FailoverProgram = 'LoadClient' | 'Walkthrough' | 'StockBroker' | 'Rates'

export interface JavaRun {
  readonly program: FailoverProgram
  /** Words of the program: `--name value --name value`. */
  readonly words: Readonly<Record<string, string | number>>
  /** Whether the program's own speed matters: the JVM's defaults then, and no small client. */
  readonly isMeasured?: boolean
}

/** Arguments for `java`; compiles the programs when they have changed. */
export async function javaArgs({ program, words, isMeasured }: JavaRun): Promise<string[]> {
  const classPath = await compileJava([folder, sharedJava], jars)
  return [
    ...(isMeasured === true ? [] : smallClient),
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-cp',
    classPath,
    program,
    ...Object.entries(words).flatMap(([name, value]) => [`--${name}`, String(value)]),
  ]
}
