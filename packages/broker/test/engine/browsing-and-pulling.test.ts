import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '@quorate/core/base/errors'
import { EngineHarness, textOf } from './engine-harness.ts'

describe('a browser', () => {
  it('sees the queue in order, handed-out messages included, takes nothing and ends', () => {
    const harness = new EngineHarness()
    const [client, viewer] = [harness.connect(), harness.connect()]
    client.send('Q', 'a')
    harness.settle()
    client.send('Q', 'b', { persistent: false })
    client.send('Q', 'c')
    harness.settle()
    client.consume('Q', { prefetch: 2 })
    harness.settle()
    const browser = viewer.consume('Q', { browser: true })
    client.send('Q', 'too late')
    harness.settle()
    assert.deepEqual(viewer.texts, ['a', 'b', 'c'])
    assert.deepEqual(viewer.ended, [browser])
    viewer.acknowledge(viewer.deliveries)
    viewer.acknowledge(viewer.deliveries, { mode: 'poisoned' })
    harness.settle()
    assert.equal(harness.depth('Q'), 4)
  })

  it('keeps to its prefetch, a page at a time, however long the queue is', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    const texts = Array.from({ length: 1000 }, (_, i) => `${i}`)
    for (const text of texts) client.send('Q', text)
    harness.settle()
    const browser = client.consume('Q', { browser: true, prefetch: 300 })
    const seen: string[] = []
    for (let i = 0; i < 10 && client.ended.length === 0; i++) {
      harness.settle()
      const deliveries = client.takeDeliveries()
      assert.ok(deliveries.length <= 300)
      seen.push(...deliveries.map(textOf))
      client.acknowledge(deliveries)
    }
    assert.deepEqual(seen, texts)
    assert.deepEqual(client.ended, [browser])
  })

  it('of an empty queue ends at once', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.consume('Q', { browser: true })
    harness.settle()
    assert.equal(client.ended.length, 1)
  })

  it('is for queues', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    const isInvalid = (error: unknown): boolean =>
      error instanceof BrokerError && error.code === 'INVALID_DESTINATION'
    assert.throws(() => client.consume('topic://T', { browser: true }), isInvalid)
  })
})

describe('a consumer without prefetch', () => {
  it('gets a message for each pull', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    for (const text of ['a', 'b', 'c']) client.send('Q', text)
    const consumer = client.consume('Q', { prefetch: 0 })
    harness.settle()
    assert.deepEqual(client.texts, [])
    consumer.pull(0)
    harness.settle()
    assert.deepEqual(client.texts, ['a'])
    consumer.pull(0)
    consumer.pull(0)
    harness.settle()
    assert.deepEqual(client.texts, ['a', 'b', 'c'])
  })

  it('waits for a message as long as it wants to', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    const consumer = client.consume('Q', { prefetch: 0 })
    harness.settle()
    consumer.pull(100)
    harness.clock.advance(99)
    harness.settle()
    assert.deepEqual(client.ended, [])
    harness.clock.advance(1)
    assert.deepEqual(client.ended, [consumer])
    client.send('Q', 'late')
    harness.settle()
    assert.deepEqual(client.texts, [])
    consumer.pull(100)
    harness.settle()
    harness.clock.advance(1000)
    assert.deepEqual(client.texts, ['late'])
    assert.equal(client.ended.length, 1)
  })

  it('that does not want to wait is told at once that nothing is there', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    const consumer = client.consume('Q', { prefetch: 0 })
    harness.settle()
    consumer.pull(-1)
    harness.settle()
    assert.deepEqual(client.ended, [consumer])
    client.send('Q', 'a')
    consumer.pull(0)
    harness.settle()
    assert.deepEqual(client.texts, ['a'])
  })

  it('pulls from topics as well', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    const consumer = client.consume('topic://T', { prefetch: 0 })
    client.send('topic://T', 'a')
    harness.settle()
    assert.deepEqual(client.texts, [])
    consumer.pull(-1)
    harness.settle()
    assert.deepEqual([client.texts, client.ended], [['a'], []])
  })

  it('becomes a pushed one when its prefetch is set, as after a failover', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.send('Q', 'a')
    const consumer = client.consume('Q', { prefetch: 0 })
    harness.settle()
    consumer.setPrefetch(10)
    harness.settle()
    assert.deepEqual(client.texts, ['a'])
  })
})
