import { setMaxListeners } from 'node:events'
import { resolve } from 'node:path'
import { directoryHolder } from '@quorate/core/base/directory-lock'
import { BrokerError, errnoOf } from '@quorate/core/base/errors'
import { thisMachine } from '@quorate/core/base/process-identity'
import type { DataDirectory } from '../inspection/data-directory.ts'
import { hasLostPower, openDataDirectory } from '../inspection/data-directory.ts'
import type { Finding } from '../inspection/findings.ts'
import { isSystemError } from '../inspection/findings.ts'
import { EXIT_INTERRUPTED } from './exit-code.ts'
import { LiveArea } from './live-area.ts'
import { shownPath } from './node-folder.ts'
import { progressBar } from './progress-bar.ts'
import { shownBytes } from './shown-bytes.ts'
import { StopSignals } from './signals.ts'
import type { Terminal } from './terminal.ts'
import { printable } from './text-table.ts'

/** Exit code of a command that found damage: that of JOURNAL_CORRUPT. */
export const EXIT_DAMAGED = 7

/** A data directory to be read, and whether somebody has it open. */
export interface ReadableDirectory {
  readonly data: DataDirectory
  /** As a person would type it. */
  readonly shown: string
  readonly isRunning: boolean
  readonly powerLost: boolean
}

/** Looks into a data directory; rejects with INVALID_ARGUMENT and a hint when it is none. */
export async function openForReading(directory: string): Promise<ReadableDirectory> {
  const path = shownPath(resolve(directory))
  // Before the files are looked at: what a broker that starts meanwhile does is no damage.
  const isRunning = (await directoryHolder(path)) !== null
  const data = await openDataDirectory(path)
  const powerLost = hasLostPower(data, thisMachine.bootId())
  return { data, shown: path, isRunning, powerLost }
}

/**
 * Runs work that reads, until it is done or somebody interrupts it: at the first Ctrl-C it ends
 * where it is and tells what it has, at the second it is left alone.
 */
export async function untilInterrupted(
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const signals = new StopSignals()
  const controller = new AbortController()
  // Each of many connections may listen.
  setMaxListeners(0, controller.signal)
  void signals.first.then(() => controller.abort())
  try {
    return await Promise.race([work(controller.signal), signals.again.then(() => EXIT_INTERRUPTED)])
  } finally {
    signals.release()
  }
}

/** What the system refused (no space, no permission) as an error for people. */
export function asStoreError(error: unknown): unknown {
  if (!isSystemError(error)) return error
  const code = errnoOf(error) === 'ENOSPC' ? 'STORE_FULL' : 'STORE_UNAVAILABLE'
  const message = error instanceof Error ? error.message : String(error)
  return new BrokerError(code, message, { cause: error })
}

const DRAW_EVERY_MS = 100

/** How far the reading of each directory is, drawn where there is a terminal. */
export class ReadingProgress {
  readonly #area: LiveArea | null
  readonly #terminal: Terminal
  readonly #rows: { readonly name: string; readonly total: number; done: number }[] = []
  #drawnMs = -Infinity
  readonly #beganMs = performance.now()

  constructor(terminal: Terminal, isWanted: boolean) {
    this.#terminal = terminal
    this.#area = isWanted && terminal.isInteractive ? new LiveArea(terminal) : null
  }

  /** Begins with the next directory; returns what is to be told of each piece. */
  begin({ data, shown }: ReadableDirectory): (bytes: number) => void {
    const total = data.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const row = { name: shown, total, done: 0 }
    this.#rows.push(row)
    return (bytes) => {
      row.done += bytes
      const nowMs = performance.now()
      if (nowMs - this.#drawnMs < DRAW_EVERY_MS) return
      this.#drawnMs = nowMs
      this.#draw()
    }
  }

  /** Leaves the last state on the screen. */
  close(): void {
    this.#draw()
    this.#area?.close()
  }

  #draw(): void {
    const seconds = Math.max(0.001, (performance.now() - this.#beganMs) / 1000)
    const all = this.#rows.reduce((sum, { done }) => sum + done, 0)
    const lines = this.#rows.map(({ name, total, done }) => {
      const bar = progressBar(total === 0 ? 1 : done / total)
      return `${bar} ${shownBytes(done)} of ${shownBytes(total)}  ${printable(name)}`
    })
    const rate = `${shownBytes(Math.round(all / seconds))}/s`
    const columns = this.#terminal.columns()
    this.#area?.draw([...lines, `read at ${rate}`].map((line) => line.slice(0, columns)))
  }
}

/** A finding as one line: where, and what. */
export function findingLine(finding: Finding, terminal: Terminal): string {
  const { severity, file, offset, index, message } = finding
  const { colors } = terminal
  const label = severity === 'damage' ? colors.red('damage') : colors.yellow('note  ')
  const place = [
    file,
    offset === null ? null : `byte ${offset}`,
    index === null ? null : `record ${index}`,
  ].filter((part) => part !== null)
  return `${label} ${printable(`${place.join(', ')}: ${message}`)}`
}
