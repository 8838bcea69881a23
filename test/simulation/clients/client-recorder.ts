import type { Clock } from '@quorate/core/base/clock'
import type { Call, ClientName, HistoryEvent, Receive } from '../../support/history/events.ts'
import type { Answer } from './failover-connection.ts'

/** Writes down what one client did and saw. */
export class ClientRecorder {
  readonly client: ClientName
  readonly #clock: Clock
  readonly #record: (event: HistoryEvent) => void
  #operations = 0

  constructor(
    client: ClientName,
    around: { readonly clock: Clock; readonly record: (event: HistoryEvent) => void },
  ) {
    this.client = client
    this.#clock = around.clock
    this.#record = around.record
  }

  /** The number by which the call is ended. */
  invoke(call: Call): number {
    const op = this.#operations++
    this.#record({ kind: 'invoke', atMs: this.#nowMs, client: this.client, op, call })
    return op
  }

  end(op: number, kind: 'ok' | 'fail' | 'unknown', note?: string): void {
    const event = { kind, atMs: this.#nowMs, client: this.client, op } as const
    this.#record(note === undefined ? event : { ...event, note })
  }

  /** A call whose answer says all about its outcome. */
  answered(op: number, answer: Answer): void {
    if (answer.kind === 'ok') this.end(op, 'ok')
    else if (answer.kind === 'lost') this.end(op, 'unknown', 'the connection went')
    else this.end(op, answer.isCertain ? 'fail' : 'unknown', answer.text)
  }

  received(what: Omit<Receive, 'kind' | 'atMs' | 'client'>): void {
    this.#record({ kind: 'receive', atMs: this.#nowMs, client: this.client, ...what })
  }

  interrupted(): void {
    this.#record({ kind: 'interrupted', atMs: this.#nowMs, client: this.client })
  }

  resumed(): void {
    this.#record({ kind: 'resumed', atMs: this.#nowMs, client: this.client })
  }

  get #nowMs(): number {
    return this.#clock.monotonicMs()
  }
}
