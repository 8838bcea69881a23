import type { ClientName, HistoryEvent } from './events.ts'

/** A place in the history: the index of an event, and its time. */
export interface Moment {
  readonly at: number
  readonly atMs: number
}

/** One connection of a client, from `resumed` (or the beginning) to `interrupted`. */
export interface Connection {
  readonly began: number
  /** Null while it lasts. */
  ended: Moment | null
}

export interface Slack {
  /** How much later than a connection's loss a client may tell what that connection brought. */
  readonly graceMs: number
  /** How much later than the broker a client may notice that its connection is lost. */
  readonly noticeMs: number
  /**
   * How much later than another broker's election a client of the one before may notice that its
   * connection is worth nothing any more.
   */
  readonly takeoverNoticeMs: number
}

/** Which connection a client had at each moment, and when it lost it. */
export class Connections {
  readonly #ofClient = new Map<ClientName, Connection[]>()
  readonly #slack: Slack
  /** Where somebody took over from another; the first leader did not. */
  readonly #takeovers: readonly number[]

  constructor(events: readonly HistoryEvent[], slack: Slack) {
    this.#slack = slack
    this.#takeovers = [...events.keys()].filter((at) => events[at]?.kind === 'elected').slice(1)
    for (const [at, event] of events.entries()) {
      if (event.kind === 'interrupted') {
        const last = this.#connectionsOf(event.client).at(-1)
        if (last?.ended === null) last.ended = { at, atMs: event.atMs }
      } else if (event.kind === 'resumed') {
        this.#connectionsOf(event.client).push({ began: at, ended: null })
      }
    }
  }

  /** Those that may have brought what the client tells now: one, or two shortly after a loss. */
  candidates(client: ClientName, now: Moment): Connection[] {
    const all = this.#connectionsOf(client)
    let low = 0
    for (let high = all.length; high - low > 1;) {
      const middle = (low + high) >> 1
      if ((all[middle]?.began ?? Infinity) <= now.at) low = middle
      else high = middle
    }
    const before = all[low - 1]
    const isLate = before?.ended && now.atMs - before.ended.atMs < this.#slack.graceMs
    return all.slice(isLate === true ? low - 1 : low, low + 1)
  }

  /** Whether a broker may have given up this connection before `now`. */
  isLostBy(connection: Connection, now: Moment): boolean {
    const { began, ended } = connection
    if (ended === null) return false
    if (ended.at < now.at) return true
    const takeover = this.#takeovers.findLast((at) => at < now.at) ?? -1
    const { noticeMs, takeoverNoticeMs } = this.#slack
    const allowedMs = takeover > began ? Math.max(noticeMs, takeoverNoticeMs) : noticeMs
    return ended.atMs < now.atMs + allowedMs
  }

  wasLostBetween(client: ClientName, fromAt: number, toAt: number): boolean {
    const ended = this.candidates(client, { at: fromAt, atMs: Infinity }).at(-1)?.ended
    return ended != null && ended.at < toAt
  }

  #connectionsOf(client: ClientName): Connection[] {
    let all = this.#ofClient.get(client)
    if (all === undefined) this.#ofClient.set(client, (all = [{ began: -1, ended: null }]))
    return all
  }
}
