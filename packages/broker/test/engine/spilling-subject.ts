import type { EngineOptions } from '../../src/engine/engine-options.ts'
import type { Fault, FileOperation } from '../../src/store/journal/memory-file-system.ts'
import { EngineHarness, held, textOf } from './engine-harness.ts'
import type { SendOptions, TestClient } from './engine-harness.ts'
import { TestTemporaryStore } from './test-temporary-store.ts'

export const inMemory: SendOptions = { persistent: false }
export const LIMIT = held(64, 1024)

export interface Setup {
  readonly options?: Partial<EngineOptions>
  readonly tempLimitBytes?: number
  readonly fault?: (operation: FileOperation) => Fault | null
}

/** A broker that has memory for 64 messages of 1 KB. */
export class SpillingSubject {
  readonly temporary: TestTemporaryStore
  readonly harness: EngineHarness
  readonly sender: TestClient

  constructor({ options = {}, tempLimitBytes = 4 << 20, fault }: Setup = {}) {
    this.temporary = new TestTemporaryStore(tempLimitBytes, fault === undefined ? {} : { fault })
    const all = { memoryLimitBytes: LIMIT, ...options }
    this.harness = new EngineHarness(all, Infinity, this.temporary.open)
    this.sender = this.harness.connect()
  }

  get view() {
    return this.harness.engine.view()
  }

  /** Messages of 1 KB that begin with their number. */
  async send(queue: string, from: number, to: number, how: SendOptions = {}): Promise<number[]> {
    const receipts: number[] = []
    for (let i = from; i <= to; i++) {
      receipts.push(this.sender.send(queue, `${i} `.padEnd(1024), { ...inMemory, ...how }))
      if (i % 10 === 0) await this.harness.settleReads()
    }
    await this.harness.settleReads()
    return receipts
  }

  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.harness.clock.advance(1000)
      await this.harness.settleReads()
    }
  }

  /** Consumes until nothing comes any more; the numbers in order. */
  async drain(queue: string, prefetch = 100): Promise<number[]> {
    const client = this.harness.connect()
    client.consume(queue, { prefetch })
    const numbers: number[] = []
    for (;;) {
      await this.harness.settleReads()
      const deliveries = client.takeDeliveries()
      if (deliveries.length === 0) break
      numbers.push(...deliveries.map((one) => Number.parseInt(textOf(one))))
      client.acknowledge(deliveries)
    }
    client.client.close()
    await this.harness.settleReads()
    return numbers
  }
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}
