import { systemClock } from '@quorate/core/base/clock'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import type { Network } from '@quorate/core/transport/network'
import { tcpNetwork } from '@quorate/core/transport/tcp-network'
import { MemoryBroker } from '../../support/memory-broker.ts'
import type { HistoryEvent } from '../../support/history/events.ts'
import { judgeHistory, violationLines } from '../../support/history/judge.ts'
import { waitUntil } from '../../support/wait-until.ts'
import type { ClientEnvironment } from '../../simulation/clients/client-environment.ts'
import { NOTICE_MS } from '../../simulation/clients/client-link.ts'
import type { Worker } from '../../simulation/clients/worker.ts'
import { Chance } from '../../simulation/world/chance.ts'

const SETTLE_WITHIN_MS = 10_000

/** A broker in this process, clients of it over real sockets, and what they did. */
export class Rig {
  readonly broker = new MemoryBroker()
  readonly events: HistoryEvent[] = []
  readonly surprises: string[] = []
  readonly chance: Chance
  readonly #streams = new Set<ByteStream>()
  readonly #workers: Worker[] = []

  constructor(seed: number) {
    this.chance = new Chance(seed)
  }

  async start(): Promise<void> {
    await this.broker.listen()
  }

  get environment(): ClientEnvironment {
    const { port } = new URL(this.broker.uri)
    const network: Network = {
      listen: (options) => tcpNetwork.listen(options),
      connect: async (address, signal) => {
        const stream = await tcpNetwork.connect(address, signal)
        this.#streams.add(stream)
        return stream
      },
    }
    return {
      network,
      clock: systemClock,
      chance: this.chance.fork(),
      // Nobody listens on the discard port: the first that a client may try.
      addresses: [
        { host: '127.0.0.1', port: Number(port) },
        { host: '127.0.0.1', port: 9 },
      ],
      record: (event) => void this.events.push(event),
      surprised: (what) => void this.surprises.push(what),
    }
  }

  add(...workers: Worker[]): void {
    this.#workers.push(...workers)
  }

  /** Breaks all connections; the broker learns of it, and goes on. */
  breakConnections(): void {
    for (const stream of this.#streams) stream.destroy()
    this.#streams.clear()
  }

  count(kind: HistoryEvent['kind'], type?: string): number {
    return this.events.filter((event) => {
      if (event.kind !== kind) return false
      return type === undefined || (event.kind === 'invoke' && event.call.type === type)
    }).length
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    await waitUntil(condition, { what, timeoutMs: SETTLE_WITHIN_MS, pollMs: 2 })
  }

  /** Everybody finishes; afterwards the history is whole. */
  async settle(): Promise<void> {
    for (const worker of this.#workers) worker.settle()
    let heard = -1
    let quietSinceMs = performance.now()
    await this.until('idle clients', () => {
      if (this.events.length !== heard || this.#workers.some((worker) => !worker.isIdle)) {
        heard = this.events.length
        quietSinceMs = performance.now()
      }
      return performance.now() - quietSinceMs > 100
    })
    this.events.push({ kind: 'drained', atMs: systemClock.monotonicMs() })
  }

  /** What the judges of histories object to. */
  violations(): string[] {
    const limits = { graceMs: 0, noticeMs: NOTICE_MS, leaseMs: 500, unavailableMs: 5000 }
    return violationLines(judgeHistory(this.events, limits))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()))
    await this.broker.stop()
  }
}

/** Runs a scenario with a rig of its own. */
export async function withRig(seed: number, scenario: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = new Rig(seed)
  await rig.start()
  try {
    await scenario(rig)
  } finally {
    await rig.stop()
  }
}
