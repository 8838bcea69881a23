import type { LogFields } from '@quorate/core/base/log'
import type { Frame } from '@quorate/broker/replication/frames'
import type { ReplicaEvent } from '@quorate/broker/replication/replica/events'
import type { HistoryEvent } from '../../support/history/events.ts'
import type { Timeline } from './timeline.ts'

/** Lines kept of a history; the oldest go first. */
const TRACE_LINES_MAX = 20_000

const regular: ReadonlySet<Frame['type']> = new Set(['heartbeat', 'ack', 'append'])

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

  /** Heartbeats, and what answers them, would drown the rest. */
  frame(from: string, to: string, frame: Frame): void {
    if (!this.isVerbose || regular.has(frame.type)) return
    const { type, ...fields } = frame
    const shown = Object.entries(fields)
      .filter(([name]) => name !== 'nonce' && name !== 'records')
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    this.add(from, `-> ${to} ${type} ${shown.join(' ')}`)
  }

  /** What links did: the rest of the events follows from frames and effects. */
  event(who: string, event: ReplicaEvent): void {
    if (!this.isVerbose) return
    if (event.type === 'linkUp') this.add(who, `reaches ${event.peer}`)
    else if (event.type === 'linkDown') {
      this.add(who, `lost ${event.peer}${event.refused ? ', which refuses connections' : ''}`)
    }
  }

  client(event: HistoryEvent): void {
    if (!this.isVerbose) return
    const { kind, atMs: _, ...fields } = event
    this.add('c1', `${kind} ${JSON.stringify(fields)}`)
  }

  log(who: string, message: string, fields?: LogFields): void {
    if (!this.isVerbose) return
    const rest = fields === undefined ? '' : ` ${JSON.stringify(fields)}`
    this.add(who, `log: ${message}${rest}`)
  }
}
