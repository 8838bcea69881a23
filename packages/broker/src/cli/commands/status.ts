import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { toBrokerError } from '@quorate/core/base/errors'
import { formatHostPort } from '../../config/host-port.ts'
import { gatherCluster, leaderOf } from '../cluster-picture.ts'
import type { NodePicture } from '../cluster-picture.ts'
import { catchUpLines } from '../catch-up-lines.ts'
import {
  clusterTable,
  lossLines,
  possibleLossesOf,
  summarize,
  troubleLines,
} from '../cluster-table.ts'
import { EXIT_OK, EXIT_UNAVAILABLE } from '../exit-code.ts'
import { LiveArea } from '../live-area.ts'
import { CONFIG_FILE, DATA_FOLDER, listNodeFolders } from '../node-folder.ts'
import { brokerPidFile, readLivePid } from '../pid-file.ts'
import { readConfiguration } from '../running-configuration.ts'
import { StopSignals } from '../signals.ts'
import { storeLines } from '../store-lines.ts'
import type { Terminal } from '../terminal.ts'

export interface StatusRequest {
  readonly urls: readonly string[]
  readonly config?: string | undefined
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

function urlOfConfig(file: string, defined: Readonly<Record<string, string>> = {}): string {
  const { management, dataDirectory } = readConfiguration(file, defined).options
  const announced = readLivePid(join(dataDirectory, brokerPidFile))?.consoleUrl
  if (announced !== undefined) return announced
  return `http://${formatHostPort(management)}`
}

/** Where a node of a data folder answers: as it announced, else as it is configured. */
function urlOfFolder(folder: string): string[] {
  const announced = readLivePid(join(folder, brokerPidFile))?.consoleUrl
  if (announced !== undefined) return [announced]
  try {
    return [urlOfConfig(join(folder, CONFIG_FILE))]
  } catch {
    return []
  }
}

function urlsToAsk({ urls, config, defined, data }: StatusRequest): readonly string[] {
  if (urls.length > 0) return urls.map((url) => (url.includes('://') ? url : `http://${url}`))
  if (config !== undefined) return [urlOfConfig(config, defined)]
  const folder = resolve(data ?? DATA_FOLDER)
  const found = listNodeFolders(folder).flatMap((name) => urlOfFolder(join(folder, name)))
  return found.length > 0 ? found : usualUrls
}

/** Prints the state of the cluster; the exit code says whether it has a leader. */
export async function status(request: StatusRequest, terminal: Terminal): Promise<number> {
  if (request.watch) return watch(request, terminal)
  const nodes = await gatherCluster(urlsToAsk(request), request.timeoutMs)
  if (request.json) terminal.out(`${JSON.stringify(statusJson(nodes), null, 2)}\n`)
  else terminal.out(`${statusLines(nodes, terminal).join('\n')}\n`)
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

function statusLines(nodes: readonly NodePicture[], terminal: Terminal): string[] {
  const { colors } = terminal
  const options = { colors, columnsMax: terminal.isInteractive ? terminal.columns() : Infinity }
  const losses = lossLines(possibleLossesOf(nodes))
  const warnings = [...troubleLines(nodes), ...storeLines(nodes), ...losses]
  const troubles = warnings.map((line) => colors.yellow(line))
  return [
    summarize(nodes, options),
    '',
    ...clusterTable(nodes, options),
    ...catchUpLines(nodes),
    ...troubles,
  ]
}

async function watch(request: StatusRequest, terminal: Terminal): Promise<number> {
  const signals = new StopSignals()
  const area = new LiveArea(terminal)
  const stopped = signals.first.then(() => true)
  let leads = false
  try {
    for (;;) {
      const nodes = await gatherCluster(urlsToAsk(request), request.timeoutMs)
      leads = leaderOf(nodes) !== undefined
      if (request.json) terminal.out(`${JSON.stringify(statusJson(nodes))}\n`)
      else area.draw(statusLines(nodes, terminal))
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
