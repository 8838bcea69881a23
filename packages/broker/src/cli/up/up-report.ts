import type { Clock } from '@quorate/core/base/clock'
import type { NodePicture } from '../cluster-picture.ts'
import { catchUpLines } from '../catch-up-lines.ts'
import { clusterTable, summarize, troubleLines } from '../cluster-table.ts'
import { jsonText } from '../json-text.ts'
import { LiveArea } from '../live-area.ts'
import type { Colors, Paint, Terminal } from '../terminal.ts'
import { printable } from '../text-table.ts'
import { describe } from './cluster-events.ts'
import type { UpEvent } from './cluster-events.ts'

/** Where a running cluster shows itself. */
export interface UpReport {
  event(event: UpEvent): void
  picture(nodes: readonly NodePicture[]): void
  close(): void
}

export interface ReportOptions {
  readonly terminal: Terminal
  readonly clock: Clock
  /** How a person starts a process again. */
  readonly startCommand: (name: string) => string
  /** What goes below the table. */
  readonly hints: readonly string[]
}

/** One JSON object a line: every event with its time. */
export class JsonReport implements UpReport {
  readonly #options: Pick<ReportOptions, 'terminal' | 'clock'>

  constructor(options: Pick<ReportOptions, 'terminal' | 'clock'>) {
    this.#options = options
  }

  event(event: UpEvent): void {
    const time = new Date(this.#options.clock.wallMs()).toISOString()
    this.#options.terminal.out(`${jsonText({ time, ...event })}\n`)
  }

  picture(): void {}

  close(): void {}
}

/** Events as lines that scroll; below them, on a terminal, the table of the cluster as it is. */
export class TextReport implements UpReport {
  readonly #options: ReportOptions
  readonly #area: LiveArea

  constructor(options: ReportOptions) {
    this.#options = options
    this.#area = new LiveArea(options.terminal)
  }

  event(event: UpEvent): void {
    const { terminal, clock, startCommand } = this.#options
    const [first, ...more] = describe(event, startCommand)
    if (first === undefined) return
    // A table of brokers that are all gone would only be in the way.
    if (event.type === 'stopped') this.#area.draw([])
    const time = terminal.colors.dim(clockTime(new Date(clock.wallMs())))
    this.#area.print(`${time} ${paintOf(event, terminal.colors)(printable(first))}`)
    for (const line of more) this.#area.print(`         ${terminal.colors.dim(printable(line))}`)
  }

  picture(nodes: readonly NodePicture[]): void {
    const { terminal, hints } = this.#options
    if (!terminal.isInteractive) return
    const { colors } = terminal
    const options = { colors, columnsMax: terminal.columns() }
    const cut = (line: string): string => line.slice(0, options.columnsMax)
    this.#area.draw([
      '',
      summarize(nodes, options),
      ...clusterTable(nodes, options),
      ...catchUpLines(nodes).map(cut),
      ...troubleLines(nodes).map((line) => colors.yellow(cut(line))),
      ...hints.map((line) => colors.dim(cut(line))),
    ])
  }

  close(): void {
    this.#area.close()
  }
}

function paintOf(event: UpEvent, colors: Colors): Paint {
  if (event.type === 'leader' || event.type === 'serving') return colors.green
  if (event.type === 'no-leader') return colors.yellow
  if (event.type === 'trouble') return event.trouble === null ? colors.green : colors.yellow
  return event.type === 'ended' && !event.inOrder ? colors.red : colors.reset
}

function clockTime(time: Date): string {
  const parts = [time.getHours(), time.getMinutes(), time.getSeconds()]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
