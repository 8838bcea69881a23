import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import { Broker } from '../../broker.ts'
import type { BrokerPorts } from '../../ports.ts'
import { systemPorts } from '../../ports.ts'
import { loadBrokerOptions } from '../../config/load.ts'
import type { LoadedSettings } from '../../config/load.ts'
import { createPinoLog } from '../../management/pino-log.ts'
import type { LogLevel } from '../../management/pino-log.ts'
import { hostDoubts } from '../advertised-host.ts'
import { claimDirectory } from '../claimed-directory.ts'
import { portDoubts } from '../taken-ports.ts'
import { EXIT_INTERRUPTED, EXIT_OK, reportError } from '../exit-code.ts'
import { CONFIG_FILE, DATA_FOLDER, nodeFolder, shownPath } from '../node-folder.ts'
import type { PidFile } from '../pid-file.ts'
import { brokerPidFile } from '../pid-file.ts'
import { StopSignals, parentEnd } from '../signals.ts'
import { startInBackground } from '../background.ts'
import type { Terminal } from '../terminal.ts'

/** A broker that has not stopped by then has lost something; its log is safe without it. */
const STOP_TIMEOUT_MS = 15_000

export interface StartRequest {
  /** `node02`: take the configuration that `up` wrote for it. */
  readonly node?: string | undefined
  readonly config?: string | undefined
  readonly data?: string | undefined
  /** Go on without what an activemq.xml says and we do not support. */
  readonly ignoreUnsupported?: boolean
  /** For the placeholders of an activemq.xml. */
  readonly defined?: Readonly<Record<string, string>>
  /** Texts of the setting flags by setting name. */
  readonly settings: Readonly<Partial<Record<string, string>>>
  /** Run in the background, with these arguments. */
  readonly daemon?: readonly string[] | undefined
  /** Stop when standard input ends: the parent died. */
  readonly stopWithParent?: boolean | undefined
}

/** The configuration file that a start uses: named, of a node, or quorate.yaml where we are. */
function configFileOf({ node, config, data }: StartRequest): string | undefined {
  if (node !== undefined && config !== undefined) {
    throw new BrokerError('INVALID_ARGUMENT', 'give a node or --config, not both')
  }
  if (node !== undefined) return join(nodeFolder(resolve(data ?? DATA_FOLDER), node), CONFIG_FILE)
  if (config !== undefined) return resolve(config)
  return existsSync(CONFIG_FILE) ? resolve(CONFIG_FILE) : undefined
}

/** Runs one broker until it is told to stop; returns the exit code. */
export async function start(request: StartRequest, terminal: Terminal): Promise<number> {
  const file = configFileOf(request)
  const { settings: flags, ignoreUnsupported = false, defined = {} } = request
  const environment = process.env
  const loaded = loadBrokerOptions({ file, flags, environment, ignoreUnsupported, defined })
  const hostDoubted = hostDoubts(loaded.options)
  const doubts = [...loaded.doubts, ...(await portDoubts(loaded.options))]
  if (request.daemon !== undefined) {
    for (const doubt of [...doubts, ...(await hostDoubted)]) {
      terminal.err(`${terminal.colors.yellow('warning')} ${doubt}\n`)
    }
    const { dataDirectory: directory } = loaded.options
    return startInBackground({ args: request.daemon, directory, file }, terminal)
  }
  const { options, settings, openDoors } = loaded
  const log = logFor(settings, terminal).with({ node: options.nodeId })
  const ports = systemPorts(log)
  const claim = { name: brokerPidFile, file }
  const { pidFile, stalePid, lockDirectory } = await claimDirectory(
    options.dataDirectory,
    ports,
    claim,
  )
  const source = file === undefined ? 'defaults' : shownPath(file)
  log.info('broker starts', { broker: options.brokerName, config: source, pid: process.pid })
  if (stalePid !== undefined) log.warn('the last run did not stop cleanly', { pid: stalePid })
  for (const doubt of [...doubts, ...openDoors]) log.warn(doubt)
  void hostDoubted.then((found) => {
    for (const doubt of found) log.warn(doubt)
  })
  const accepted = loaded.activemq?.accepted.length ?? 0
  if (accepted > 0)
    log.info('words without meaning here', { accepted, see: 'quorate config check' })
  try {
    const locked = { ...ports, lockDirectory }
    return await runBroker(loaded, { ports: locked, pidFile, request, terminal })
  } finally {
    pidFile.release()
  }
}

function logFor(settings: LoadedSettings['settings'], terminal: Terminal): Log {
  const { logFormat } = settings
  const automatic = terminal.isInteractive ? 'text' : 'json'
  return createPinoLog({
    level: settings.logLevel as LogLevel,
    format: logFormat === 'auto' ? automatic : logFormat === 'text' ? 'text' : 'json',
    color: terminal.isInteractive,
  })
}

interface Run {
  readonly ports: BrokerPorts
  readonly pidFile: PidFile
  readonly request: StartRequest
  readonly terminal: Terminal
}

type Ending =
  | { readonly why: 'asked'; readonly by: string }
  | { readonly why: 'failed'; readonly error: BrokerError }

async function runBroker({ options }: LoadedSettings, run: Run): Promise<number> {
  const { ports, pidFile, request, terminal } = run
  const { log } = ports
  const signals = new StopSignals()
  const asked = Promise.race([signals.first, parentEnd(request.stopWithParent === true)])
  try {
    const starting = Broker.start(options, ports)
    const broker = await Promise.race([starting, asked])
    if (typeof broker === 'string') {
      // Nothing was served yet, and the log is safe against any end of the process.
      log.info('told to stop while starting', { by: broker })
      return EXIT_OK
    }
    pidFile.announce(broker.consoleUrl)
    const ending = await Promise.race([
      asked.then((by): Ending => ({ why: 'asked', by })),
      broker.failed.then((error): Ending => ({ why: 'failed', error })),
    ])
    return await finish(broker, ending, { log, signals, terminal })
  } catch (error) {
    const failure = toBrokerError(error)
    log.error('broker failed', { code: failure.code, error: failure })
    throw failure
  } finally {
    signals.release()
  }
}

interface Finish {
  readonly log: Log
  readonly signals: StopSignals
  readonly terminal: Terminal
}

async function finish(
  broker: Broker,
  ending: Ending,
  { log, signals, terminal }: Finish,
): Promise<number> {
  if (ending.why === 'failed') {
    log.error('broker stopped itself', { code: ending.error.code, error: ending.error })
    // What still works ends in order: the followers are told, the directory is given back.
    await Promise.race([
      broker.stop().catch(() => undefined),
      signals.again,
      afterMs(STOP_TIMEOUT_MS),
    ])
    // In words, at the end of the log: there people look, and `quorate status`.
    return reportError(ending.error, terminal)
  }
  log.info('broker stops', { by: ending.by })
  const outcome = await Promise.race([
    broker.stop().then(() => 'stopped' as const),
    signals.again.then(() => 'interrupted' as const),
    afterMs(STOP_TIMEOUT_MS).then(() => 'late' as const),
  ])
  if (outcome === 'interrupted') return EXIT_INTERRUPTED
  if (outcome === 'late') {
    throw new BrokerError('REQUEST_TIMEOUT', `the broker did not stop in ${STOP_TIMEOUT_MS} ms`)
  }
  log.info('broker stopped')
  return EXIT_OK
}

function afterMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
