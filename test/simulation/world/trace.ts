import type { LogFields } from '@quorate/core/base/log'
import type { Timeline } from './timeline.ts'

/** Lines kept of a history; the oldest go first. */
const TRACE_LINES_MAX = 20_000

/** What happened, for people: one line each, with the time and who it happened to. */
export class Trace {
  readonly lines: string[] = []
  /** Log lines of the brokers as well; set when a history is played again to be read. */
  isVerbose = false
  readonly #timeline: Timeline

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  add(who: string, line: string): void {
    if (this.lines.length >= TRACE_LINES_MAX) this.lines.splice(0, TRACE_LINES_MAX / 2)
    const seconds = (this.#timeline.nowMs / 1_000).toFixed(3).padStart(8)
    this.lines.push(`${seconds} s  ${who.padEnd(3)} ${line}`)
  }

  log(who: string, message: string, fields?: LogFields): void {
    if (!this.isVerbose) return
    const rest = fields === undefined ? '' : ` ${JSON.stringify(fields)}`
    this.add(who, `log: ${message}${rest}`)
  }
}
