import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where Debian's libactivemq-java and its dependencies lie. */
const JAR_FOLDER = '/usr/share/java'

/** What ActiveMQ's client and, beside it, a stock broker need. */
const jars = [
  'activemq-client',
  'activemq-broker',
  'activemq-kahadb-store',
  'activemq-openwire-legacy',
  'activemq-protobuf',
  'geronimo-jms_1.1_spec',
  'geronimo-j2ee-management-1.1-spec',
  'hawtbuf',
  'slf4j-api',
  'slf4j-simple',
].map((name) => join(JAR_FOLDER, `${name}.jar`))

/** A reason to skip what needs ActiveMQ's Java client; false when it is installed. */
export function activemqMissing(): string | false {
  const absent = jars.filter((jar) => !existsSync(jar))
  if (absent.length > 0) return `needs Debian's libactivemq-java: no ${absent.join(', ')}`
  try {
    execFileSync('javac', ['-version'], { stdio: 'ignore' })
  } catch {
    return 'needs javac (Debian: default-jdk-headless)'
  }
  return false
}

/** Quick to start, and modest with the cores that the brokers under test need. */
const smallClient = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** Our own Java programs, compiled against ActiveMQ's jars into a directory that ends with this process. */
export interface JavaPrograms {
  /** Arguments of `java` for a small client that should be there soon. */
  argsOf(mainClass: string, ...args: readonly string[]): string[]
  /** Arguments of `java` for a program whose speed is measured: the machine's own defaults. */
  serverArgsOf(mainClass: string, ...args: readonly string[]): string[]
}

const compiled = new Map<string, JavaPrograms>()

/** Compiles every source in the folders together, once in this process. */
function compileJava(...folders: readonly string[]): JavaPrograms {
  const key = folders.join(':')
  const programs = compiled.get(key) ?? compile(folders)
  compiled.set(key, programs)
  return programs
}

function compile(folders: readonly string[]): JavaPrograms {
  const classes = mkdtempSync(join(tmpdir(), 'quorate-java-'))
  process.once('exit', () => rmSync(classes, { recursive: true, force: true }))
  const sources = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.java'))
      .map((name) => join(folder, name)),
  )
  execFileSync('javac', ['-nowarn', '-d', classes, '-cp', jars.join(':'), ...sources], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const classPath = [classes, ...jars].join(':')
  const runs = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', classPath]
  return {
    argsOf: (mainClass, ...args) => [...smallClient, ...runs, mainClass, ...args],
    serverArgsOf: (mainClass, ...args) => [...runs, mainClass, ...args],
  }
}

/** Sources of the programs that speak through ActiveMQ's own client, and of the stock broker. */
const failoverFolder = fileURLToPath(new URL('../interop/failover/java', import.meta.url))

/** LoadClient, Walkthrough and StockBroker, with the programs of a further folder if wanted. */
export function failoverPrograms(...furtherFolders: readonly string[]): JavaPrograms {
  return compileJava(failoverFolder, ...furtherFolders)
}
