import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NO_PENDING_LIMIT, defaultPolicy } from '../src/engine/policy/destination-policy.ts'
import { flowStatus } from '../src/flow-status-view.ts'
import { EngineHarness, held } from './engine/engine-harness.ts'

describe('the status of flow control', () => {
  it('says who waits for what, and which destinations are the fullest', () => {
    const destination = { kind: 'queue', name: 'ORDERS' } as const
    const policies = [{ ...defaultPolicy, memoryLimitBytes: 10, destination }]
    const harness = new EngineHarness({ memoryLimitBytes: 2000, policies })
    const sender = harness.connect()
    const unpaced = { persistent: false, paced: false }
    sender.send('ORDERS', 'x'.repeat(10), unpaced)
    sender.send('OTHER', 'x'.repeat(20), unpaced)
    sender.send('ORDERS', 'waits', unpaced)
    assert.deepEqual(flowStatus(harness.engine.view()), {
      memoryUsedBytes: held(1, 10) + held(1, 20),
      memoryLimitBytes: 2000,
      temporary: null,
      shortages: [],
      waitingSends: { destination: 1 },
      pausedConnections: 1,
      discardedMessages: 0,
      fullest: [
        {
          destination: 'queue://OTHER',
          memoryUsedBytes: held(1, 20),
          memoryLimitBytes: 0,
          spilledBytes: 0,
        },
        {
          destination: 'queue://ORDERS',
          memoryUsedBytes: held(1, 10),
          memoryLimitBytes: 10,
          spilledBytes: 0,
        },
      ],
    })
  })

  it('names a topic by what waits for the slowest of its subscribers', () => {
    const otherwise = { ...defaultPolicy, pendingMessageLimit: NO_PENDING_LIMIT }
    const harness = new EngineHarness({ otherwise })
    const client = harness.connect()
    client.consume('topic://T')
    client.consume('topic://T', { prefetch: 0 })
    for (let i = 0; i < 3; i++) client.send('topic://T', 'x'.repeat(10))
    harness.settle()
    const [fullest] = flowStatus(harness.engine.view()).fullest ?? []
    assert.deepEqual([fullest?.destination, fullest?.memoryUsedBytes], ['topic://T', held(3, 10)])
  })

  it('calls a temporary store full that may take nothing before the size of its disk is known', () => {
    const view = new EngineHarness({ memoryLimitBytes: 1000 }).engine.view()
    const temporary = { usedBytes: 0, limitBytes: 0, isFull: true, lostMessages: 0 }
    assert.equal(flowStatus({ ...view, temporary }).temporary?.percentUsed, 100)
  })
})
