import { describe, it } from 'node:test'
import fc from 'fast-check'
import assert from 'node:assert/strict'
import type { WorldStep } from './engine-world.ts'
import { World } from './engine-world.ts'
import { EngineHarness, textOf } from './engine-harness.ts'
import { TestTemporaryStore } from './test-temporary-store.ts'
import { defaultPolicy } from '../../src/engine/policy/destination-policy.ts'
import type { FileOperation } from '../../src/store/journal/memory-file-system.ts'

/** How often each thing happens, relative to the others. */
const weights: readonly (readonly [WorldStep['kind'], number])[] = [
  ['send', 8],
  ['send-transient', 3],
  ['send-in-transaction', 4],
  ['acknowledge', 8],
  ['acknowledge-in-transaction', 3],
  ['delivered', 2],
  ['redelivered', 1],
  ['poison', 1],
  ['open', 5],
  ['close-consumer', 2],
  ['disconnect', 1],
  ['commit-transaction', 3],
  ['roll-back', 1],
  ['turn', 12],
  ['commit', 12],
  ['lease', 1],
  ['fail-over-lost', 1],
  ['fail-over-kept', 1],
]

const step: fc.Arbitrary<WorldStep> = fc.oneof(
  ...weights.map(([kind, weight]) => ({
    weight,
    arbitrary: fc.record({
      kind: fc.constant(kind),
      who: fc.nat(1),
      count: fc.integer({ min: 1, max: 6 }),
    }),
  })),
)

const steps = fc.array(step, { minLength: 10, maxLength: 120 })

/** A queue spills all that nobody consumes, and holds nobody up. */
const spilledEarly = { memoryLimitBytes: 12, producerFlowControl: false }

describe('the engine, whatever its clients do and whoever leads', () => {
  it('loses nothing confirmed, repeats nothing consumed, and says when it repeats', () => {
    return fc.assert(
      fc.asyncProperty(steps, async (all) => {
        await new World().run(all)
      }),
      { numRuns: 500 },
    )
  })

  it('does so as well when every body has to be read back from the journal', () => {
    return fc.assert(
      fc.asyncProperty(steps, fc.constantFrom('turn', 'commit', 'open'), async (all, pauseAt) => {
        await new World(0).run(all, pauseAt)
      }),
      { numRuns: 500 },
    )
  })

  it('does so as well when nearly everything that is not stored is spilled', async () => {
    let writes = 0
    const fault = ({ kind }: FileOperation): null => {
      if (kind === 'write') writes++
      return null
    }
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom('turn', 'commit', 'open'), async (all, pauseAt) => {
        const temporary = new TestTemporaryStore(1 << 20, { fault })
        const options = { otherwise: { ...defaultPolicy, ...spilledEarly } }
        const harness = new EngineHarness(options, Infinity, temporary.open)
        await new World(Infinity, harness).run(all, pauseAt)
        assert.equal(temporary.view?.lostMessages, 0)
      }),
      { numRuns: 500 },
    )
    assert.ok(writes > 100, `${writes}`)
  })

  it('keeps each producer’s order for a single consumer, failovers or not', () => {
    const actions = fc.array(fc.constantFrom('send', 'commit', 'turn', 'acknowledge', 'fail'), {
      minLength: 10,
      maxLength: 100,
    })
    fc.assert(
      fc.property(actions, fc.integer({ min: 1, max: 5 }), (all, prefetch) => {
        const harness = new EngineHarness()
        let client = harness.connect()
        client.consume('Q', { prefetch })
        const first: number[] = []
        const seen = new Set<string>()
        let next = 0
        const look = (): void => {
          for (const delivery of client.deliveries) {
            const text = textOf(delivery)
            if (!seen.has(text)) first.push(Number(text))
            seen.add(text)
          }
        }
        for (const action of all) {
          if (action === 'send') client.send('Q', `${++next}`)
          else if (action === 'commit') harness.log.commit(1)
          else if (action === 'turn') harness.runTurns()
          else if (action === 'acknowledge') {
            look()
            client.acknowledge(client.takeDeliveries().slice(0, 2))
          } else {
            look()
            harness.failOver('kept')
            client = harness.connect()
            client.consume('Q', { prefetch })
          }
        }
        harness.settle()
        look()
        assert.deepEqual(
          first,
          [...first].sort((one, other) => one - other),
        )
      }),
    )
  })
})
