import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Consumer } from '../../src/engine/client.ts'
import { defaultPolicy } from '../../src/engine/policy/destination-policy.ts'
import type { Fault } from '../../src/store/journal/memory-file-system.ts'
import { EngineHarness, reads, textOf } from './engine-harness.ts'
import type { TestClient } from './engine-harness.ts'
import { TestTemporaryStore } from './test-temporary-store.ts'

/** Idle looks after which nothing more is coming. */
const QUIET_LOOKS = 8

const kinds = {
  send: 3,
  store: 1,
  open: 1,
  close: 1,
  acknowledge: 2,
  release: 1,
  browse: 1,
  unbrowse: 1,
  turns: 1,
  io: 2,
  later: 1,
  settle: 1,
  lease: 1,
} as const
type Kind = keyof typeof kinds

interface Step {
  readonly kind: Kind
  readonly queue: 0 | 1
  readonly count: number
  readonly bytes: number
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    ...Object.entries(kinds).map(([kind, weight]) => {
      return { weight, arbitrary: fc.constant(kind as Kind) }
    }),
  ),
  queue: fc.constantFrom(0 as const, 1 as const),
  count: fc.integer({ min: 1, max: 15 }),
  bytes: fc.constantFrom(5, 40, 100, 300),
})

/** One queue, who consumes it and who browses it, and what is known of its messages. */
class WatchedQueue {
  readonly name: string
  readonly #clients: readonly [consuming: TestClient, browsing: TestClient]
  #consumer: Consumer | null = null
  #browser: Consumer | null = null
  readonly #sent: number[] = []
  readonly #stored = new Set<number>()
  readonly #seen = new Set<number>()
  readonly #acknowledged = new Set<number>()
  /** The last one that came for the first time: of those in memory, of those that are stored. */
  readonly #last = [0, 0]

  constructor(name: string, harness: EngineHarness) {
    this.name = name
    this.#clients = [harness.connect(), harness.connect()]
  }

  get seenCount(): number {
    return this.#seen.size
  }

  sent(number: number, isStored: boolean): void {
    this.#sent.push(number)
    if (isStored) this.#stored.add(number)
  }

  open(prefetch: number): void {
    this.#consumer ??= this.#clients[0].consume(this.name, { prefetch })
  }

  close(): void {
    this.#consumer?.close(-1)
    this.#consumer = null
  }

  acknowledge(count: number, mode: 'consumed' | 'released'): void {
    const deliveries = [...(this.#consumer?.inFlight ?? [])].slice(0, count)
    if (deliveries.length === 0) return
    if (mode === 'consumed') for (const one of deliveries) this.#acknowledged.add(numberOf(one))
    this.#clients[0].acknowledge(deliveries, { mode })
  }

  browse(prefetch: number): void {
    this.#browser ??= this.#clients[1].consume(this.name, { browser: true, prefetch })
  }

  /** What a browser was shown is in order, and nothing of it twice. */
  unbrowse(): void {
    this.#browser?.close(-1)
    this.#browser = null
    const shown = this.#clients[1].takeDeliveries().map(numberOf)
    assert.equal(new Set(shown).size, shown.length, 'a browser sees nothing twice')
    for (const isStored of [true, false]) {
      const line = shown.filter((number) => this.#stored.has(number) === isStored)
      assert.deepEqual(line, inOrder(line), 'a browser sees them in order')
    }
  }

  /** Messages come in order for the first time, and not again after their acknowledgement. */
  look(): void {
    for (const number of this.#clients[0].takeDeliveries().map(numberOf)) {
      assert.ok(!this.#acknowledged.has(number), `${number} came again`)
      if (this.#seen.has(number)) continue
      this.#seen.add(number)
      const line = this.#stored.has(number) ? 1 : 0
      const last = this.#last[line] ?? 0
      assert.ok(number > last, `${number} came after ${last}`)
      this.#last[line] = number
    }
  }

  mustBeDone(): void {
    assert.deepEqual(inOrder([...this.#acknowledged]), this.#sent)
  }
}

class History {
  readonly harness: EngineHarness
  readonly queues: readonly WatchedQueue[]
  readonly #sender: TestClient
  #sent = 0

  constructor(harness: EngineHarness) {
    this.harness = harness
    this.#sender = harness.connect()
    this.queues = ['Q0', 'Q1'].map((name) => new WatchedQueue(name, harness))
  }

  async perform(one: Step): Promise<void> {
    await this.#actions[one.kind](this.queues[one.queue] as WatchedQueue, one)
    for (const queue of this.queues) queue.look()
  }

  /** Everybody consumes until nothing comes any more. */
  async drain(): Promise<void> {
    this.harness.leaseValid = true
    for (const queue of this.queues) {
      queue.unbrowse()
      queue.close()
      queue.open(7)
    }
    for (let quiet = 0; quiet < QUIET_LOOKS;) {
      this.harness.clock.advance(500)
      await this.harness.settleReads()
      const before = this.#seenCount
      for (const queue of this.queues) {
        queue.look()
        queue.acknowledge(1000, 'consumed')
      }
      quiet = this.#seenCount === before ? quiet + 1 : 0
    }
  }

  readonly #actions: Readonly<
    Record<Kind, (queue: WatchedQueue, step: Step) => void | Promise<void>>
  > = {
    send: (queue, one) => this.#send(queue, one, false),
    store: (queue, one) => this.#send(queue, one, true),
    open: (queue, { count }) => queue.open(count),
    close: (queue) => queue.close(),
    acknowledge: (queue, { count }) => queue.acknowledge(count, 'consumed'),
    release: (queue, { count }) => queue.acknowledge(count, 'released'),
    browse: (queue, { count }) => queue.browse(count),
    unbrowse: (queue) => queue.unbrowse(),
    turns: () => this.harness.runTurns(),
    io: () => reads(),
    later: (_, { count }) => this.harness.clock.advance(count * 100),
    settle: () => this.harness.settleReads(),
    lease: (_, { count }) => {
      this.harness.leaseValid = count > 5
    },
  }

  get #seenCount(): number {
    return this.queues.reduce((sum, { seenCount }) => sum + seenCount, 0)
  }

  #send(queue: WatchedQueue, { count, bytes }: Step, isStored: boolean): void {
    for (let i = 0; i < count; i++) {
      const number = ++this.#sent
      queue.sent(number, isStored)
      const how = { persistent: isStored, producer: `producer of ${queue.name}` }
      this.#sender.send(queue.name, `${number} `.padEnd(bytes), how)
    }
  }
}

function numberOf(delivery: Parameters<typeof textOf>[0]): number {
  return Number.parseInt(textOf(delivery))
}

function inOrder(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b)
}

describe('histories of spilled messages', () => {
  it('lose, repeat and reorder nothing while writes fail and reads are half done', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 150 }),
        fc.record({ ownBytes: fc.integer({ min: 8, max: 3000 }), isShared: fc.boolean() }),
        fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
        async (steps, { ownBytes, isShared }, dice) => {
          let isBreaking = true
          const breaks = (): boolean => isBreaking && (dice.next().value as number) < 3
          const fault = ({ kind }: { kind: string }): Fault | null =>
            kind === 'write' && breaks() ? { errno: 'EIO' } : null
          const temporary = new TestTemporaryStore(1 << 20, { fault })
          const own = { ...defaultPolicy, memoryLimitBytes: ownBytes, producerFlowControl: false }
          const options = isShared
            ? { memoryLimitBytes: Math.max(ownBytes * 16, 8192) }
            : { otherwise: own }
          const history = new History(new EngineHarness(options, 400, temporary.open))
          for (const one of steps) await history.perform(one)
          isBreaking = false
          await history.drain()
          for (const queue of history.queues) queue.mustBeDone()
          const view = history.harness.engine.view()
          assert.equal(view.memoryUsedBytes, 0)
          assert.equal(view.temporary?.usedBytes, 0)
          assert.deepEqual(await temporary.files(), [])
        },
      ),
      { numRuns: 300 },
    )
  })
})
