import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { toBrokerError } from '@quorate/core/base/errors'
import { formatHostPort } from '../../config/host-port.ts'
import { gatherCluster, leaderOf } from '../cluster-picture.ts'
import type { NodePicture } from '../cluster-picture.ts'
import { catchUpLines } from '../catch-up-lines.ts'
import {
  clusterTable,
  coordinationLines,
  lossLines,
  possibleLossesOf,
  summarize,
  troubleLines,
} from '../cluster-table.ts'
import { EXIT_OK, EXIT_UNAVAILABLE } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import { LiveArea } from '../live-area.ts'
import { complaintsIn } from '../log-file.ts'
import { CONFIG_FILE, DATA_FOLDER, LOG_FILE, listNodeFolders } from '../node-folder.ts'
import { brokerPidFile, readLivePid, readStalePid } from '../pid-file.ts'
import { readConfiguration } from '../running-configuration.ts'
import { StopSignals } from '../signals.ts'
import { storeLines } from '../store-lines.ts'
import type { Terminal } from '../terminal.ts'
import { printable } from '../text-table.ts'

export interface StatusRequest {
  readonly urls: readonly string[]
  readonly configs: readonly string[]
  /** For the placeholders of an activemq.xml. */
  readonly defined?: Readonly<Record<string, string>>
  readonly data?: string | undefined
  readonly timeoutMs: number
  readonly json: boolean
  readonly watch: boolean
}

/** Where the brokers of the cluster of the walkthrough answer. */
const usualUrls = [8161, 8162, 8163].map((port) => `http://127.0.0.1:${port}`)
const WATCH_EVERY_MS = 500
/** Lines of the end of a broker that are shown. */
const COMPLAINTS_SHOWN_MAX = 3

/** A broker to ask; what only its configuration tells is null where there is none. */
interface Asked {
  readonly url: string
  readonly nodeId: string | null
  readonly dataDirectory: string | null
}

function askedByConfig(file: string, defined: Readonly<Record<string, string>> = {}): Asked {
  const { management, dataDirectory, nodeId } = readConfiguration(file, defined).options
  const announced = readLivePid(join(dataDirectory, brokerPidFile))?.consoleUrl
  return { url: announced ?? `http://${formatHostPort(management)}`, nodeId, dataDirectory }
}

/** Where a node of a data folder answers: as it announced, else as it is configured. */
function askedByFolder(folder: string): Asked[] {
  const announced = readLivePid(join(folder, brokerPidFile))?.consoleUrl
  if (announced !== undefined) return [askedByUrl(announced)]
  try {
    return [askedByConfig(join(folder, CONFIG_FILE))]
  } catch {
    return []
  }
}

function askedByUrl(url: string): Asked {
  const full = url.includes('://') ? url : `http://${url}`
  return { url: full, nodeId: null, dataDirectory: null }
}

function brokersToAsk({ urls, configs, defined, data }: StatusRequest): readonly Asked[] {
  if (urls.length > 0) return urls.map(askedByUrl)
  if (configs.length > 0) return configs.map((config) => askedByConfig(config, defined))
  const folder = resolve(data ?? DATA_FOLDER)
  const found = listNodeFolders(folder).flatMap((name) => askedByFolder(join(folder, name)))
  return found.length > 0 ? found : usualUrls.map(askedByUrl)
}

interface Gathered {
  readonly nodes: readonly NodePicture[]
  /** How brokers that do not run have ended, as far as their directories tell. */
  readonly endings: readonly string[]
}

async function gather(request: StatusRequest): Promise<Gathered> {
  const asked = brokersToAsk(request)
  const names = asked.flatMap(({ url, nodeId }) =>
    nodeId === null ? [] : [[new URL(url).origin, nodeId] as const],
  )
  const urls = asked.map(({ url }) => url)
  const nodes = await gatherCluster(urls, request.timeoutMs, new Map(names))
  const silent = new Set(nodes.filter(({ status }) => status === null).map(({ nodeId }) => nodeId))
  const ended = asked.filter(({ nodeId }) => nodeId !== null && silent.has(nodeId))
  return { nodes, endings: ended.flatMap(endingOf) }
}

function endingOf({ nodeId, dataDirectory }: Asked): string[] {
  if (dataDirectory === null) return []
  const stalePid = readStalePid(join(dataDirectory, brokerPidFile))
  if (stalePid !== undefined) {
    return [`${nodeId}: its last run (pid ${stalePid}) was killed, or lost its machine`]
  }
  const complaints = complaintsIn(join(dataDirectory, LOG_FILE), COMPLAINTS_SHOWN_MAX)
  return complaints.map((line) => `${nodeId}: ended with: ${line}`)
}

/** Prints the state of the cluster; the exit code says whether it has a leader. */
export async function status(request: StatusRequest, terminal: Terminal): Promise<number> {
  if (request.watch) return watch(request, terminal)
  const gathered = await gather(request)
  const { nodes } = gathered
  if (request.json) terminal.out(`${jsonText(statusJson(nodes), 2)}\n`)
  else terminal.out(`${statusLines(gathered, terminal).join('\n')}\n`)
  return leaderOf(nodes) === undefined ? EXIT_UNAVAILABLE : EXIT_OK
}

/** What `--json` prints. */
export function statusJson(nodes: readonly NodePicture[]) {
  const leader = leaderOf(nodes)
  return {
    leader: leader?.nodeId ?? null,
    epoch: leader?.epoch ?? null,
    possibleLosses: possibleLossesOf(nodes),
    nodes: nodes.map(({ nodeId, consoleUrl, status: own, problem }) => ({
      nodeId,
      consoleUrl,
      problem,
      status: own,
    })),
  }
}

function statusLines({ nodes, endings }: Gathered, terminal: Terminal): string[] {
  const { colors } = terminal
  const options = { colors, columnsMax: terminal.isInteractive ? terminal.columns() : Infinity }
  const losses = lossLines(possibleLossesOf(nodes))
  const coordination = coordinationLines(nodes)
  const ended = endings.map(printable)
  const troubles = [...troubleLines(nodes), ...coordination, ...ended, ...storeLines(nodes)]
  const warnings = [...troubles, ...losses].map((line) => colors.yellow(line))
  return [
    summarize(nodes, options),
    '',
    ...clusterTable(nodes, options),
    ...catchUpLines(nodes),
    ...warnings,
  ]
}

async function watch(request: StatusRequest, terminal: Terminal): Promise<number> {
  const signals = new StopSignals()
  const area = new LiveArea(terminal)
  const stopped = signals.first.then(() => true)
  let leads = false
  try {
    for (;;) {
      const gathered = await gather(request)
      leads = leaderOf(gathered.nodes) !== undefined
      if (request.json) terminal.out(`${jsonText(statusJson(gathered.nodes))}\n`)
      else area.draw(statusLines(gathered, terminal))
      if (await Promise.race([stopped, delay(WATCH_EVERY_MS, false)])) break
    }
  } catch (error) {
    throw toBrokerError(error)
  } finally {
    area.close()
    signals.release()
  }
  return leads ? EXIT_OK : EXIT_UNAVAILABLE
}
