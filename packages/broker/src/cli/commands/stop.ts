import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BrokerError, errnoOf } from '@quorate/core/base/errors'
import { isAlive } from '@quorate/core/base/process-identity'
import { fetchStatus } from '../../management/status-client.ts'
import { EXIT_OK } from '../exit-code.ts'
import { DATA_FOLDER, listNodeFolders, nodeFolder, shownPath } from '../node-folder.ts'
import { brokerPidFile, coordinationPidFile, readLivePid, upPidFile } from '../pid-file.ts'
import type { PidRecord } from '../pid-file.ts'
import { readConfiguration } from '../running-configuration.ts'
import type { Terminal } from '../terminal.ts'

export interface StopRequest {
  readonly node?: string | undefined
  readonly data?: string | undefined
  readonly configs: readonly string[]
  /** For the placeholders of an activemq.xml. */
  readonly defined?: Readonly<Record<string, string>>
  /** How long a process may take. */
  readonly timeoutMs: number
  /** Kill what did not stop in time. */
  readonly force: boolean
}

/** A process to stop, known by its pid file. */
interface Target extends PidRecord {
  readonly name: string
}

const COORDINATION = 'coordination'
/** How long a broker may take to say that it is one of ours. */
const ASK_TIMEOUT_MS = 1000
const LOOK_EVERY_MS = 50
const SAY_EVERY_MS = 1000
/** After a kill -9 a process is gone at once, unless its disk hangs. */
const KILL_TIMEOUT_MS = 5000

function targetAt(name: string, directory: string, pidFile: string): Target[] {
  const record = readLivePid(join(directory, pidFile))
  return record === undefined ? [] : [{ name, ...record }]
}

function findTargets({ node, data, configs, defined = {} }: StopRequest): Target[] {
  if (configs.length > 0) {
    return configs.flatMap((config) => {
      const { nodeId, dataDirectory } = readConfiguration(config, defined).options
      return targetAt(nodeId, dataDirectory, brokerPidFile)
    })
  }
  const folder = resolve(data ?? DATA_FOLDER)
  if (node !== undefined) return targetAt(node, nodeFolder(folder, node), brokerPidFile)
  if (existsSync(join(folder, brokerPidFile))) {
    return targetAt(basename(folder), folder, brokerPidFile)
  }
  // `up` stops what it started, and would start again what we stop.
  const up = targetAt('the cluster', folder, upPidFile)
  if (up.length > 0) return up
  const brokers = listNodeFolders(folder)
    .map((name) => targetAt(name, join(folder, name), brokerPidFile))
    .flat()
  const coordination = join(folder, COORDINATION)
  return [...brokers, ...targetAt(COORDINATION, coordination, coordinationPidFile)]
}

/** Stops brokers by their pid files, one after the other, and waits for their ends. */
export async function stop(request: StopRequest, terminal: Terminal): Promise<number> {
  const targets = findTargets(request)
  if (targets.length === 0) {
    const { configs, data = DATA_FOLDER } = request
    const places = configs.length > 0 ? configs : [resolve(data)]
    const shown = places.map((place) => shownPath(place))
    terminal.out(`nothing runs in ${shown.join(', ')}\n`)
    return EXIT_OK
  }
  for (const target of await leaderLast(targets)) await stopOne(target, request, terminal)
  return EXIT_OK
}

/** A leader that stops first would only make the others elect one that stops next. */
async function leaderLast(targets: readonly Target[]): Promise<Target[]> {
  const ranked = await Promise.all(
    targets.map(async (target) => ({ target, rank: await rankOf(target) })),
  )
  return ranked.sort((a, b) => a.rank - b.rank).map(({ target }) => target)
}

async function rankOf({ name, consoleUrl }: Target): Promise<number> {
  if (name === COORDINATION) return 2
  if (consoleUrl === undefined) return 0
  try {
    return (await fetchStatus(consoleUrl, ASK_TIMEOUT_MS)).role === 'leader' ? 1 : 0
  } catch {
    return 0
  }
}

function signalTo({ pid }: Target, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // It ended since we looked; that is what we want.
    if (errnoOf(error) !== 'ESRCH') throw error
  }
}

async function stopOne(target: Target, request: StopRequest, terminal: Terminal): Promise<void> {
  const { name, pid } = target
  const began = performance.now()
  signalTo(target, 'SIGTERM')
  if (await ended(target, request.timeoutMs, terminal)) {
    const took = Math.round(performance.now() - began)
    terminal.out(`${name} stopped (pid ${pid}, ${took} ms)\n`)
    return
  }
  const late = `${name} (pid ${pid}) did not stop in ${request.timeoutMs} ms`
  if (!request.force) {
    throw new BrokerError('REQUEST_TIMEOUT', `${late}; --force kills it`, { details: { pid } })
  }
  signalTo(target, 'SIGKILL')
  if (!(await ended(target, KILL_TIMEOUT_MS, terminal))) {
    throw new BrokerError('REQUEST_TIMEOUT', `${late}, and not when killed`, { details: { pid } })
  }
  terminal.out(`${name} killed (pid ${pid})\n`)
}

/** Waits for the end of exactly this run of the process. */
async function ended(target: Target, timeoutMs: number, terminal: Terminal): Promise<boolean> {
  const began = performance.now()
  let saidMs = 0
  while (isAlive(target)) {
    const waitedMs = performance.now() - began
    if (waitedMs > timeoutMs) return false
    if (waitedMs - saidMs > SAY_EVERY_MS) {
      saidMs = waitedMs
      terminal.err(`${target.name} is stopping, ${Math.round(waitedMs / 1000)} s ...\n`)
    }
    await delay(LOOK_EVERY_MS)
  }
  return true
}
