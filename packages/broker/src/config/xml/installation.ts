import { basename, dirname, join, resolve } from 'node:path'

/** What the placeholders and relative paths of an activemq.xml are resolved by. */
export interface Installation {
  /** Java's system properties: where the installation is, and every `-Dname=value`. */
  readonly definitions: ReadonlyMap<string, string>
  /** Where relative paths start. */
  readonly base: string
  readonly conf: string
  readonly heapBytes: number
}

export interface InstallationRequest {
  /** Path of the activemq.xml. */
  readonly file: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `-Dname=value` of the command line. */
  readonly defined: Readonly<Record<string, string>>
}

/** The heap of ActiveMQ's start script when nobody says another. */
const STOCK_HEAP_BYTES = 1024 ** 3

const bytesPerUnit: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/**
 * Finds out where the installation is to which an activemq.xml belongs: `-D`, then ACTIVEMQ_OPTS,
 * then ACTIVEMQ_BASE and its like, then the file itself, which usually is in `conf`.
 */
export function findInstallation(request: InstallationRequest): Installation {
  const { file, environment, defined } = request
  const options = `${environment.ACTIVEMQ_OPTS_MEMORY ?? ''} ${environment.ACTIVEMQ_OPTS ?? ''}`
  const definitions = new Map([...definitionsIn(options), ...Object.entries(defined)])
  const folder = dirname(resolve(file))
  const conf = definitions.get('activemq.conf') ?? environment.ACTIVEMQ_CONF ?? folder
  const above = basename(folder) === 'conf' ? dirname(folder) : folder
  const base = definitions.get('activemq.base') ?? environment.ACTIVEMQ_BASE ?? above
  const home = definitions.get('activemq.home') ?? environment.ACTIVEMQ_HOME ?? base
  const data = definitions.get('activemq.data') ?? environment.ACTIVEMQ_DATA ?? join(base, 'data')
  const places = { conf, base, home, data }
  for (const [name, place] of Object.entries(places)) {
    definitions.set(`activemq.${name}`, resolve(place))
  }
  return {
    definitions,
    base: resolve(base),
    conf: resolve(conf),
    heapBytes: heapIn(options) ?? STOCK_HEAP_BYTES,
  }
}

function definitionsIn(options: string): [string, string][] {
  return [...options.matchAll(/(?:^|\s)-D([^\s=]+)=(\S*)/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ])
}

/** `-Xmx2G`; the last one holds, as in Java. */
function heapIn(options: string): number | undefined {
  const last = [...options.matchAll(/(?:^|\s)-Xmx(\d+)([kmg]?)(?=\s|$)/gi)].at(-1)
  if (last === undefined) return undefined
  return Number(last[1]) * (bytesPerUnit[(last[2] ?? '').toLowerCase()] ?? 1)
}
