import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { BrokerError } from '@quorate/core/base/errors'
import { directoryHolder } from '@quorate/core/base/directory-lock'
import type { BackupReport, RunningNode } from '../../backup/backup-log.ts'
import { backupLog } from '../../backup/backup-log.ts'
import type { BackupManifest } from '../../backup/backup-manifest.ts'
import type { BrokerStatus } from '../../management/broker-status.ts'
import { fetchStatus } from '../../management/status-client.ts'
import { CopyBar } from '../copy-progress.ts'
import { EXIT_INTERRUPTED, EXIT_OK } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import { shownPath } from '../node-folder.ts'
import { brokerPidFile, readLivePid } from '../pid-file.ts'
import { asStoreError, openForReading, untilInterrupted } from '../reading.ts'
import { counted, shownBytes, shownCount } from '../shown-bytes.ts'
import type { Terminal } from '../terminal.ts'
import { printable } from '../text-table.ts'

export interface BackupCommand {
  /** Data directory; what the broker at `url` says by default. */
  readonly directory?: string | undefined
  readonly url?: string | undefined
  readonly to: string
  readonly link: boolean
  readonly json: boolean
  readonly timeoutMs: number
  /** Version of this program. */
  readonly version: string
}

interface Source {
  readonly directory: string
  /** Null when no broker runs on it. */
  readonly running: RunningNode | null
  readonly powerLost: boolean
}

/** What is committed is on the node's own disk a moment later: asked this often. */
const SYNCED_POLL_MS = 50

/** `backup`: a verified copy of what is committed, of a broker that runs or is stopped. */
export async function backup(command: BackupCommand, terminal: Terminal): Promise<number> {
  const source = await findSource(command)
  return untilInterrupted(async (signal) => {
    const progress = new CopyBar(terminal, { isWanted: !command.json })
    try {
      const report = await backupLog({
        ...source,
        target: command.to,
        keepLinks: command.link,
        quorate: command.version,
        createdAt: new Date(),
        signal,
        progress,
        beforePublishing: () => demandSame(source),
      }).finally(() => progress.close())
      if (command.json) terminal.out(`${jsonText(reportJson(report), 2)}\n`)
      else terminal.out(`${reportLines(report, source).join('\n')}\n`)
      return EXIT_OK
    } catch (error) {
      if (!signal.aborted) throw asStoreError(error)
      terminal.err('interrupted: nothing was left behind\n')
      return EXIT_INTERRUPTED
    }
  })
}

async function findSource(command: BackupCommand): Promise<Source> {
  const { url, timeoutMs } = command
  if (command.directory === undefined && url === undefined) {
    throw new BrokerError('INVALID_ARGUMENT', 'give a data directory, or --url of a broker')
  }
  const told = url === undefined ? null : await fetchStatus(withScheme(url), timeoutMs)
  const { data, shown, isRunning, powerLost } = await openForReading(
    command.directory ?? told?.dataDirectory ?? '',
  )
  if (!isRunning) {
    if (told !== null) throw notHere(shown, told)
    return { directory: data.path, running: null, powerLost }
  }
  const address = url ?? readLivePid(join(data.path, brokerPidFile))?.consoleUrl
  if (address === undefined) {
    const text = `a broker runs on ${shown} and has not said yet where it answers: try again, or give --url`
    throw new BrokerError('STORE_IN_USE', text)
  }
  const running = await askRunning(withScheme(address), { path: data.path, shown, timeoutMs })
  return { directory: data.path, running, powerLost }
}

function withScheme(url: string): string {
  return url.includes('://') ? url : `http://${url}`
}

/** What is committed now, as soon as this node has it on its disk. */
async function askRunning(
  url: string,
  { path, shown, timeoutMs }: { path: string; shown: string; timeoutMs: number },
): Promise<RunningNode> {
  const deadlineMs = performance.now() + timeoutMs
  let committedIndex: number | null = null
  for (;;) {
    const status = await fetchStatus(url, timeoutMs)
    if ((await directoryHolder(path))?.pid !== status.pid) throw notHere(shown, status)
    committedIndex ??= status.log.committedIndex
    if (committedIndex === 0) {
      throw new BrokerError('INVALID_ARGUMENT', `${status.nodeId} holds no committed records yet`)
    }
    if (status.log.syncedIndex >= committedIndex) return { role: status.role, committedIndex }
    if (performance.now() > deadlineMs) {
      const text = `${status.nodeId} has record ${committedIndex} not on its disk after ${timeoutMs} ms`
      throw new BrokerError('REQUEST_TIMEOUT', text)
    }
    await wait(SYNCED_POLL_MS)
  }
}

function notHere(shown: string, { nodeId, dataDirectory, pid }: BrokerStatus): BrokerError {
  const text =
    `${nodeId} (pid ${pid}) answers there and works in ${dataDirectory}, but holds no lock on ` +
    `${shown} here: run this on its machine, with its directory`
  return new BrokerError('INVALID_ARGUMENT', text)
}

/** A broker that starts on a stopped directory may cut the end that was just copied. */
async function demandSame({ directory, running }: Source): Promise<void> {
  if (running !== null || (await directoryHolder(directory)) === null) return
  const text = `a broker has started on ${shownPath(directory)} meanwhile: run this again`
  throw new BrokerError('STORE_IN_USE', text)
}

function reportJson({ path, manifest, linked, attempts }: BackupReport) {
  return { path, linked, attempts, ...manifest }
}

function reportLines({ path, manifest, linked }: BackupReport, source: Source): string[] {
  const { nodeId, role, committed, end } = manifest
  const from = `${shownPath(resolve(source.directory))} (${nodeId}, ${role})`
  const lines = [printable(`backed up ${from} to ${shownPath(path)}`), contentLine(manifest)]
  if (linked > 0) lines.push(`  ${counted(linked, 'segment')} shared with the broker by hard links`)
  if (!committed) {
    lines.push(
      `  the node was stopped: its last records, up to ${shownCount(end.index)}, may never have been committed`,
    )
  }
  return lines
}

/** What a backup holds, as one line. */
export function contentLine({ origin, end, files, committed }: BackupManifest): string {
  const records = counted(end.index - origin.index, 'record')
  const size = shownBytes(end.position - origin.position)
  const state = committed ? ', all committed' : ''
  const segments = counted(files.length, 'segment')
  return `  ${records} up to ${shownCount(end.index)}, epoch ${end.epoch}, ${segments}, ${size}${state}`
}
