import type { Call, HistoryEvent } from '../../support/history/events.ts'
import type { ThroughputBin } from '../cell-result.ts'
import { throughputBinMs } from '../cell-result.ts'

/** Answers to these prove that the service works; opening and closing do not. */
const working: ReadonlySet<Call['type']> = new Set(['send', 'commit', 'ack'])

interface MutableBin {
  readonly atMs: number
  confirmed: number
  received: number
  failed: number
}

/** Follows a history as it grows: what was confirmed when. Times are those of the events. */
export class HistoryProgress {
  readonly #open = new Map<string, Call['type']>()
  readonly #confirmedMs: number[] = []
  readonly #bins = new Map<number, MutableBin>()

  see(event: HistoryEvent): void {
    switch (event.kind) {
      case 'invoke':
        this.#open.set(`${event.client} ${event.op}`, event.call.type)
        break
      case 'ok':
      case 'fail':
      case 'unknown':
        this.#seeOutcome(event.kind, `${event.client} ${event.op}`, event.atMs)
        break
      case 'receive':
        this.#binAt(event.atMs).received++
        break
      default:
    }
  }

  get confirmed(): number {
    return this.#confirmedMs.length
  }

  confirmedSince(atMs: number): boolean {
    return (this.#confirmedMs.at(-1) ?? -Infinity) >= atMs
  }

  /**
   * The longest stretch in [fromMs, toMs] without a confirmed call; null when none was confirmed.
   */
  longestGapMs(fromMs: number, toMs: number): number | null {
    const within = this.#confirmedMs.filter((atMs) => atMs >= fromMs && atMs <= toMs)
    if (within.length === 0) return null
    const moments = [fromMs, ...within.sort((a, b) => a - b), toMs]
    return moments.reduce((gap, atMs, at) => Math.max(gap, atMs - (moments[at - 1] ?? atMs)), 0)
  }

  /** Hundred by hundred milliseconds, counted from `originMs`; empty ones are left out. */
  throughput(originMs: number): ThroughputBin[] {
    const bins = [...this.#bins.values()].sort((a, b) => a.atMs - b.atMs)
    return bins.map((bin) => ({ ...bin, atMs: bin.atMs - originMs }))
  }

  #seeOutcome(kind: 'ok' | 'fail' | 'unknown', name: string, atMs: number): void {
    const type = this.#open.get(name)
    this.#open.delete(name)
    if (type === undefined || !working.has(type)) return
    if (kind !== 'ok') {
      this.#binAt(atMs).failed++
      return
    }
    this.#binAt(atMs).confirmed++
    this.#confirmedMs.push(atMs)
  }

  #binAt(atMs: number): MutableBin {
    const start = Math.floor(atMs / throughputBinMs) * throughputBinMs
    let bin = this.#bins.get(start)
    if (bin === undefined) {
      bin = { atMs: start, confirmed: 0, received: 0, failed: 0 }
      this.#bins.set(start, bin)
    }
    return bin
  }
}
