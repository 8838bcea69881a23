import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Consumer } from '../../src/engine/client.ts'
import { defaultPolicy } from '../../src/engine/policy/destination-policy.ts'
import type { EngineOptions } from '../../src/engine/engine-options.ts'
import { EngineHarness, held, textOf } from './engine-harness.ts'
import type { TestClient } from './engine-harness.ts'
import { TestTemporaryStore } from './test-temporary-store.ts'

interface Step {
  readonly kind:
    'send' | 'store' | 'open' | 'close' | 'acknowledge' | 'release' | 'later' | 'remove'
  readonly queue: 0 | 1
  readonly count: number
  readonly bytes: number
}

const step = (kind: Step['kind'], weight: number) => ({
  weight,
  arbitrary: fc.record({
    kind: fc.constant(kind),
    queue: fc.constantFrom(0 as const, 1 as const),
    count: fc.integer({ min: 1, max: 12 }),
    bytes: fc.constantFrom(0, 5, 40, 600),
  }),
})

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    step('send', 10),
    step('store', 2),
    step('open', 4),
    step('close', 2),
    step('acknowledge', 6),
    step('release', 1),
    step('later', 1),
    step('remove', 1),
  ),
  { minLength: 5, maxLength: 80 },
)

/** One engine, and a client that does what the steps say. */
class Subject {
  readonly harness: EngineHarness
  readonly #owner: TestClient
  readonly #consumers: (Consumer | null)[] = [null, null]
  /** Temporary, so that its persistent messages are in memory too. */
  readonly #names: string[]
  #sent = 0
  #generation = 0

  constructor(options: Partial<EngineOptions>, temporary?: TestTemporaryStore) {
    this.harness = new EngineHarness(options, Infinity, temporary?.open)
    this.#owner = this.harness.connect({ connectionId: 'ID:owner' })
    this.#names = ['Q', this.#temporaryQueue()]
  }

  get seen(): readonly string[] {
    return this.#owner.deliveries.map(
      (delivery) => `${textOf(delivery).trimEnd()}/${delivery.redeliveries}`,
    )
  }

  /** What waits and is out, of each queue. */
  get counts(): readonly unknown[] {
    return this.harness.engine.view().queues.map(({ destination, depth, inFlight, bytes }) => {
      return [destination.name, depth, inFlight, bytes]
    })
  }

  async perform(all: Step): Promise<void> {
    this.#perform(all)
    await this.harness.settleReads()
  }

  #perform({ kind, queue, count, bytes }: Step): void {
    const name = this.#names[queue] as string
    const consumer = this.#consumers[queue] ?? null
    if (kind === 'send' || kind === 'store') this.#send(name, kind, { count, bytes })
    else if (kind === 'open' && consumer === null) {
      this.#consumers[queue] = this.#owner.consume(name, { prefetch: count })
    } else if (kind === 'close') {
      consumer?.close(count % 2 === 0 ? Infinity : -1)
      this.#consumers[queue] = null
    } else if (kind === 'acknowledge' || kind === 'release') {
      const deliveries = [...(consumer?.inFlight ?? [])].slice(0, count)
      const mode = kind === 'release' ? 'released' : 'consumed'
      if (deliveries.length > 0) this.#owner.acknowledge(deliveries, { mode })
    } else if (kind === 'later') this.harness.clock.advance(count * 100)
    else if (kind === 'remove' && consumer === null && queue === 1) {
      const { client } = this.#owner
      client.removeDestination({ kind: 'temp-queue', name: name.slice(13) }, 1)
      this.#names[1] = this.#temporaryQueue()
    }
  }

  #temporaryQueue(): string {
    const name = `ID:owner:${++this.#generation}`
    this.#owner.client.addDestination({ kind: 'temp-queue', name }, 1)
    return `temp-queue://${name}`
  }

  #send(name: string, kind: 'send' | 'store', { count, bytes }: Pick<Step, 'count' | 'bytes'>) {
    for (let i = 0; i < count; i++) {
      const text = `m${++this.#sent}`.padEnd(bytes)
      const expires = this.#sent % 3 === 0
      this.#owner.send(name, text, {
        persistent: kind === 'store',
        expirationMs: expires ? this.harness.clock.wallMs() + 500 : 0,
      })
    }
  }
}

describe('a queue that spills', () => {
  /** A small limit of each queue, or one of the broker that is a fourth of all that is sent. */
  const limits = fc.option(fc.integer({ min: 8, max: 16_000 }))

  function optionsOf(limit: number | null, all: readonly Step[]): Partial<EngineOptions> {
    if (limit !== null) {
      const memoryLimitBytes = limit
      return { otherwise: { ...defaultPolicy, memoryLimitBytes, producerFlowControl: false } }
    }
    // What consumers have stays, and runs cost memory too: much less cannot be kept out of it.
    const sent = all.reduce((sum, { count, bytes }) => sum + held(count, Math.max(bytes, 5)), 0)
    return { memoryLimitBytes: Math.max(held(30, 600), sent / 4) }
  }

  it('gives the same messages in the same order as one with memory for everything', async () => {
    const done = { write: 0, read: 0 }
    await fc.assert(
      fc.asyncProperty(steps, limits, async (all, limit) => {
        const options = optionsOf(limit, all)
        const temporary = new TestTemporaryStore(1 << 20, {
          fault: ({ kind }) => {
            if (kind === 'write' || kind === 'read') done[kind]++
            return null
          },
        })
        const [spilling, ample] = [new Subject(options, temporary), new Subject({})]
        for (const one of all) {
          await spilling.perform(one)
          await ample.perform(one)
          assert.deepEqual(spilling.seen, ample.seen)
        }
        assert.deepEqual(spilling.counts, ample.counts)
        assert.equal(temporary.view?.lostMessages, 0)
      }),
      { numRuns: 300 },
    )
    // The paths that this is about are taken.
    assert.ok(done.write > 100 && done.read > 100, JSON.stringify(done))
  })

  it('leaves neither memory in use nor files behind when everything is consumed', () => {
    return fc.assert(
      fc.asyncProperty(steps, limits, async (all, limit) => {
        const temporary = new TestTemporaryStore()
        const subject = new Subject(optionsOf(limit, all), temporary)
        for (const one of all) await subject.perform(one)
        for (const queue of [0, 1] as const) {
          const how = { queue, count: 1000, bytes: 0 }
          await subject.perform({ kind: 'close', ...how })
          await subject.perform({ kind: 'open', ...how })
          for (let i = 0; i < 5; i++) await subject.perform({ kind: 'acknowledge', ...how })
        }
        const view = subject.harness.engine.view()
        assert.equal(view.memoryUsedBytes, 0)
        assert.equal(view.temporary?.usedBytes, 0)
        assert.deepEqual(await temporary.files(), [])
      }),
      { numRuns: 200 },
    )
  })
})
