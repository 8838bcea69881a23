import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Where Debian's Java packages put their jars. */
const jarFolder = '/usr/share/java'
const cacheFolder = fileURLToPath(new URL('../../.build/java', import.meta.url))

/** Jars that ActiveMQ's client and its marshallers of all versions need. */
export const clientJars = [
  'activemq-client',
  'activemq-openwire-legacy',
  'geronimo-jms_1.1_spec',
  'geronimo-j2ee-management-1.1-spec',
  'hawtbuf',
  'slf4j-api',
  'slf4j-nop',
]

function pathsOf(jars: readonly string[]): string[] {
  return jars.map((name) => join(jarFolder, `${name}.jar`))
}

/** A reason to skip what needs Java and these jars; false when they are there. */
export function javaMissing(jars: readonly string[] = clientJars): string | false {
  const absent = pathsOf(jars).filter((path) => !existsSync(path))
  if (absent.length > 0) return `needs Debian's libactivemq-java: no ${absent.join(', ')}`
  try {
    execFileSync('javac', ['-version'], { stdio: 'ignore' })
    return false
  } catch {
    return 'needs javac (Debian: default-jdk-headless)'
  }
}

export function javaAvailable(jars?: readonly string[]): boolean {
  return javaMissing(jars) === false
}

/** Arguments and the log of events, for programs that NdjsonProcess runs. */
export const sharedJava = fileURLToPath(new URL('./java', import.meta.url))

/**
 * Compiles the sources of folders into .build/java, once as long as they stay the same. Answers the
 * class path to run them with.
 */
export async function compileJava(
  folders: string | readonly string[],
  jars: readonly string[] = clientJars,
): Promise<string> {
  const sources = (await Promise.all([folders].flat().map(sourcesIn))).flat()
  const hash = createHash('sha256').update(jars.join())
  for (const source of sources) hash.update(await readFile(source))
  const classes = join(cacheFolder, hash.digest('hex').slice(0, 16))
  if (!existsSync(classes)) await compileInto(classes, sources, jars)
  return [classes, ...pathsOf(jars)].join(':')
}

async function sourcesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.java')).sort()
  return names.map((name) => join(folder, name))
}

/** Several test processes may compile at once: the first to finish gives the folder its name. */
async function compileInto(
  classes: string,
  sources: readonly string[],
  jars: readonly string[],
): Promise<void> {
  const partial = `${classes}.${process.pid}`
  await mkdir(partial, { recursive: true })
  await run('javac', ['-d', partial, '-cp', pathsOf(jars).join(':'), ...sources])
  await rename(partial, classes).catch((error: unknown) => {
    if (!existsSync(classes)) throw error
  })
}

export interface JavaRun {
  /** As compileJava answers it. */
  readonly classPath: string
  /** 256 by default. */
  readonly heapMb?: number
}

/** Runs a main class to its end and answers its standard output. Rejects when it fails. */
export async function runJava(
  main: string,
  args: readonly string[],
  options: JavaRun,
): Promise<string> {
  const flags = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', `-Xmx${options.heapMb ?? 256}m`]
  const { stdout } = await run('java', [...flags, '-cp', options.classPath, main, ...args], {
    maxBuffer: 256 * 1024 * 1024,
  })
  return stdout
}
