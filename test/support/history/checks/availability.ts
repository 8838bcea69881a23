import type { HistoryEvent, Outcome } from '../events.ts'
import type { HistoryIndex, Operation } from '../history-index.ts'
import type { Limits, Violation } from '../violation.ts'

/** A stretch of time in which somebody tried to send, nothing was broken, nothing was confirmed. */
export interface Unavailability {
  readonly ms: number
  readonly from: HistoryEvent
  readonly to: HistoryEvent
}

/** Follows who tries, what is broken, and since when nothing was confirmed. */
class Watch {
  readonly found: Unavailability[] = []
  readonly #faults = new Map<string, number>()
  #broken = 0
  readonly #pending = new Set<Operation>()
  /** Where the present wait began: a call, a heal. */
  #since: HistoryEvent | null = null

  begin(operation: Operation): void {
    this.#pending.add(operation)
    if (this.#broken === 0) this.#since ??= operation.invoke
  }

  end(operation: Operation, event: Outcome): void {
    this.#pending.delete(operation)
    this.look(event)
    if (event.kind === 'ok') this.#since = this.#isOwed() ? event : null
  }

  mark(event: HistoryEvent & { kind: 'faultBegins' | 'faultEnds' }): void {
    const fault = JSON.stringify([event.fault, event.targets])
    const before = this.#faults.get(fault) ?? 0
    const after = event.kind === 'faultBegins' ? before + 1 : Math.max(0, before - 1)
    this.#faults.set(fault, after)
    if (this.#broken === 0) this.look(event)
    this.#broken += after - before
    this.#since = this.#isOwed() ? event : null
  }

  drained(event: HistoryEvent): void {
    if (this.#pending.size > 0) this.look(event)
    this.#since = null
  }

  #isOwed(): boolean {
    return this.#broken === 0 && this.#pending.size > 0
  }

  look(to: HistoryEvent): void {
    if (this.#since === null) return
    this.found.push({ ms: to.atMs - this.#since.atMs, from: this.#since, to })
  }
}

function isConfirming({ call }: Operation): boolean {
  return call.type === 'commit' || (call.type === 'send' && call.tx === undefined)
}

/**
 * Each wait for a confirmed send or commit outside of faults. A wait that ends in an error goes on:
 * its client tries again. `drained` ends it, for then nobody sends.
 */
export function unavailabilities({ events, operations }: HistoryIndex): Unavailability[] {
  const watch = new Watch()
  const begun = new Map<HistoryEvent, Operation>()
  const ended = new Map<HistoryEvent, Operation>()
  for (const operation of operations) {
    if (!isConfirming(operation)) continue
    begun.set(operation.invoke, operation)
    if (operation.end !== null) ended.set(operation.end, operation)
  }
  for (const event of events) {
    const begins = begun.get(event)
    const ends = ended.get(event)
    if (begins !== undefined) watch.begin(begins)
    else if (ends !== undefined) watch.end(ends, event as Outcome)
    else if (event.kind === 'faultBegins' || event.kind === 'faultEnds') watch.mark(event)
    else if (event.kind === 'drained') watch.drained(event)
  }
  const last = events.at(-1)
  if (last !== undefined) watch.drained(last)
  return watch.found
}

/** C10: after everything healed, sends are confirmed again within the limit, and stay so. */
export function checkAvailability(index: HistoryIndex, limits: Limits): Violation[] {
  const worst = new Map<HistoryEvent, Unavailability>()
  for (const one of unavailabilities(index)) {
    if (one.ms > limits.unavailableMs) worst.set(one.from, one)
  }
  return [...worst.values()].map(({ ms, from, to }) => ({
    check: 'C10',
    about: [],
    line: `no send was confirmed for ${Math.round(ms)} ms from ${from.atMs} ms on, with no fault`,
    events: [from, to],
  }))
}
