import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MESSAGE_BYTES_MAX } from '../../src/engine/policy/limits.ts'
import { EngineHarness, testMessage, textOf } from './engine-harness.ts'

describe('a message', () => {
  it('larger than any record is refused, and the log goes on without it', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    const receipt = client.receipt()
    const body = Buffer.alloc(MESSAGE_BYTES_MAX + 1)
    client.client.send({ ...testMessage('Q', ''), body }, '', receipt)
    assert.equal(client.rejectionOf(receipt), 'RESOURCE_LIMIT')
    client.send('Q', 'a')
    harness.settle()
    assert.deepEqual(harness.stored('Q'), ['a'])
  })

  it('of the largest size can become a dead letter', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    const body = Buffer.alloc(MESSAGE_BYTES_MAX)
    client.client.send({ ...testMessage('Q', ''), body }, '', client.receipt())
    client.consume('Q')
    harness.settle()
    client.acknowledge(client.deliveries, { mode: 'poisoned', cause: 'x'.repeat(30_000) })
    harness.settle()
    assert.equal(harness.depth('ActiveMQ.DLQ'), 1)
    assert.equal(harness.depth('Q'), 0)
  })
})

describe('a persistent send to a queue', () => {
  it('is confirmed and dispatched when it is committed, not before', () => {
    const harness = new EngineHarness()
    const [sender, receiver] = [harness.connect(), harness.connect()]
    receiver.consume('Q')
    harness.settle()
    const receipt = sender.send('Q', 'one')
    harness.runTurns()
    assert.equal(sender.isConfirmed(receipt), false)
    assert.deepEqual(receiver.texts, [])
    harness.settle()
    const confirmation = sender.confirmations.find((one) => one.receipt === receipt)
    assert.notEqual(confirmation?.stored ?? null, null)
    assert.deepEqual(receiver.texts, ['one'])
    assert.ok(receiver.flushes > 0)
  })

  it('waits in the queue until somebody consumes it', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    for (const text of ['a', 'b', 'c']) client.send('Q', text)
    harness.settle()
    assert.equal(harness.depth('Q'), 3)
    client.consume('Q')
    harness.settle()
    assert.deepEqual(client.texts, ['a', 'b', 'c'])
    assert.equal(harness.depth('Q'), 3)
  })

  it('leaves the queue when its acknowledgement is committed', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    for (const text of ['a', 'b', 'c']) client.send('Q', text)
    client.consume('Q')
    harness.settle()
    const receipt = client.acknowledge(client.deliveries.slice(0, 2))
    harness.runTurns()
    assert.equal(client.isConfirmed(receipt), false)
    harness.settle()
    assert.equal(client.isConfirmed(receipt), true)
    assert.deepEqual(harness.stored('Q'), ['c'])
    assert.equal(harness.depth('Q'), 1)
  })

  it('is confirmed before the commit where the sync words allow it, and dispatched after it', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.consume('Q')
    harness.settle()
    const receipt = client.send('Q', 'one')
    harness.engine.confirmable(harness.store.appliedIndex + harness.log.pending.length)
    assert.equal(client.isConfirmed(receipt), true)
    harness.runTurns()
    assert.deepEqual(client.texts, [])
    harness.settle()
    assert.deepEqual(client.texts, ['one'])
    assert.equal(client.confirmations.filter((one) => one.receipt === receipt).length, 1)
  })
})

describe('queue dispatch', () => {
  it('acknowledges everything of one turn and one list with one record', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    for (let i = 0; i < 10; i++) client.send('Q', `m${i}`)
    client.consume('Q')
    harness.settle()
    for (const delivery of client.deliveries) client.acknowledge([delivery])
    harness.runTurns()
    assert.deepEqual(
      harness.log.pending.map(({ kind }) => kind),
      ['acknowledge'],
    )
  })

  it('goes round among consumers and keeps to their prefetch', () => {
    const harness = new EngineHarness()
    const clients = [harness.connect(), harness.connect(), harness.connect()]
    clients.forEach((client, i) => client.consume('Q', { prefetch: i === 2 ? 1 : 3 }))
    const sender = harness.connect()
    for (let i = 0; i < 9; i++) sender.send('Q', `${i}`)
    harness.settle()
    assert.deepEqual(
      clients.map(({ texts }) => texts),
      [['0', '3', '5'], ['1', '4', '6'], ['2']],
    )
  })

  it('serves higher priorities first', () => {
    const harness = new EngineHarness()
    const [low, high] = [harness.connect(), harness.connect()]
    low.consume('Q', { prefetch: 10, priority: 0 })
    high.consume('Q', { prefetch: 2, priority: 5 })
    for (let i = 0; i < 4; i++) low.send('Q', `${i}`)
    harness.settle()
    assert.deepEqual(
      [high.texts, low.texts],
      [
        ['0', '1'],
        ['2', '3'],
      ],
    )
  })

  it('serves one exclusive consumer only, and the next when it ends', () => {
    const harness = new EngineHarness()
    const [one, two, three] = [harness.connect(), harness.connect(), harness.connect()]
    one.consume('Q')
    const exclusive = two.consume('Q', { exclusive: true })
    three.consume('Q', { exclusive: true })
    for (let i = 0; i < 3; i++) one.send('Q', `${i}`)
    harness.settle()
    assert.deepEqual([one.texts, two.texts, three.texts], [[], ['0', '1', '2'], []])
    two.acknowledge(two.deliveries)
    exclusive.close(0)
    one.send('Q', 'next')
    harness.settle()
    assert.deepEqual([one.texts, three.texts], [[], ['next']])
  })

  it('stops without the lease and goes on with it', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.consume('Q')
    harness.leaseValid = false
    const receipt = client.send('Q', 'one')
    harness.settle()
    assert.equal(client.isConfirmed(receipt), true)
    assert.deepEqual(client.texts, [])
    harness.leaseValid = true
    harness.engine.leaseRestored()
    harness.settle()
    assert.deepEqual(client.texts, ['one'])
  })

  it('holds back while a transport is full', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.consume('Q')
    client.client.setWritable(false)
    client.send('Q', 'one')
    harness.settle()
    assert.deepEqual(client.texts, [])
    client.client.setWritable(true)
    harness.settle()
    assert.deepEqual(client.texts, ['one'])
  })

  it('keeps non-persistent messages in memory, in their order of arrival', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.send('Q', 'a')
    harness.settle()
    const receipt = client.send('Q', 'b', { persistent: false })
    assert.equal(client.isConfirmed(receipt), true)
    client.send('Q', 'c')
    harness.settle()
    client.send('Q', 'd', { persistent: false })
    harness.settle()
    client.consume('Q')
    harness.settle()
    assert.deepEqual(client.texts, ['a', 'b', 'c', 'd'])
    client.acknowledge(client.deliveries)
    harness.settle()
    assert.equal(harness.depth('Q'), 0)
    assert.equal(harness.engine.view().memoryUsedBytes, 0)
  })

  it('reads a long backlog in pages and in order', async () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    const texts = Array.from({ length: 3000 }, (_, i) => `m${i}`)
    for (const text of texts) client.send('Q', text)
    harness.settle()
    client.consume('Q', { prefetch: 100 })
    await harness.settleReads()
    const seen: string[] = []
    while (client.deliveries.length > 0) {
      const deliveries = client.takeDeliveries()
      seen.push(...deliveries.map(textOf))
      client.acknowledge(deliveries)
      await harness.settleReads()
    }
    assert.deepEqual(seen, texts)
    assert.equal(harness.depth('Q'), 0)
  })
})
