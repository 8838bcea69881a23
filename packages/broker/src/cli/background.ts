import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BrokerError } from '@quorate/core/base/errors'
import { spawnQuorate } from './child-process.ts'
import { EXIT_OK, EXIT_UNAVAILABLE } from './exit-code.ts'
import { complaintsIn } from './log-file.ts'
import { LOG_FILE, shownPath } from './node-folder.ts'
import { brokerPidFile, readLivePid, readStalePid } from './pid-file.ts'
import type { Terminal } from './terminal.ts'

/** A broker that recovers a long log needs time; it goes on starting when we stop waiting. */
const START_TIMEOUT_MS = 60_000
const LOOK_EVERY_MS = 100
/** Lines of a failed start's log that are shown. */
const LINES_SHOWN_MAX = 10

export interface BackgroundStart {
  /** Of the command that runs in the background. */
  readonly args: readonly string[]
  /** The data directory. */
  readonly directory: string
  /** Its configuration, an absolute path. */
  readonly file: string | undefined
}

/**
 * Starts a broker that outlives this command, and waits until its start is complete. When it ends
 * before, what it complained of is shown and its exit code returned.
 */
export async function startInBackground(
  { args, directory, file }: BackgroundStart,
  terminal: Terminal,
): Promise<number> {
  const pidPath = join(directory, brokerPidFile)
  const logPath = join(directory, LOG_FILE)
  const holder = readLivePid(pidPath)
  if (holder !== undefined) {
    if (file !== undefined && holder.file === file) {
      terminal.out(`runs already (pid ${holder.pid})\n`)
      return EXIT_OK
    }
    const what = holder.file === undefined ? '' : `, which runs on ${shownPath(holder.file)}`
    const inUse = `${shownPath(directory)} is in use by pid ${holder.pid}${what}`
    throw new BrokerError('STORE_IN_USE', `${inUse}: stop that broker, or correct directory`)
  }
  const stalePid = readStalePid(pidPath)
  if (stalePid !== undefined) {
    const shown = shownPath(pidPath)
    terminal.err(`${shown} is of pid ${stalePid}, which is gone without a clean stop; replaced\n`)
  }
  const child = spawnQuorate(args, { logPath, tied: false })
  child.unref()
  const deadlineMs = performance.now() + START_TIMEOUT_MS
  while (child.exitCode === null && child.signalCode === null) {
    const record = readLivePid(pidPath)
    if (record?.consoleUrl !== undefined) {
      terminal.out(`started pid ${record.pid}, ${record.consoleUrl}, log ${shownPath(logPath)}\n`)
      return EXIT_OK
    }
    if (performance.now() > deadlineMs) {
      terminal.err(`pid ${child.pid ?? 0} is still starting, log ${shownPath(logPath)}\n`)
      return EXIT_OK
    }
    await delay(LOOK_EVERY_MS)
  }
  const complaints = complaintsIn(logPath, LINES_SHOWN_MAX)
  for (const line of complaints) terminal.err(`${terminal.colors.red('error')} ${line}\n`)
  const how = child.signalCode ?? `exit code ${child.exitCode}`
  terminal.err(`the broker ended while starting (${how}), log ${shownPath(logPath)}\n`)
  return child.exitCode ?? EXIT_UNAVAILABLE
}
