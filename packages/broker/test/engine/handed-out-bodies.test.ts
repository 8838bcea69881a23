import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EngineHarness, nameOf } from './engine-harness.ts'
import type { TestClient } from './engine-harness.ts'

/** The store keeps no body in memory: each is read from the journal. */
async function withMessages(
  count: number,
): Promise<{ harness: EngineHarness; client: TestClient; reading: () => number }> {
  const harness = new EngineHarness({}, 0)
  let [running, most] = [0, 0]
  const fetch = harness.store.fetch.bind(harness.store)
  harness.store.fetch = (messages, done) => {
    most = Math.max(most, ++running)
    fetch(messages, (bodies) => {
      running--
      done(bodies)
    })
  }
  const client = harness.connect({ connectionId: 'C' })
  for (let i = 0; i < count; i++) client.send('Q', `${i}`)
  await harness.settleReads()
  return { harness, client, reading: () => most }
}

describe('the body of a message that was sent to its consumer', () => {
  it('leaves memory if the store has it, and stays if only memory does', async () => {
    const { harness, client } = await withMessages(1)
    client.consume('Q')
    client.send('Q', 'transient', { persistent: false })
    await harness.settleReads()
    assert.deepEqual(client.texts, ['0', 'transient'])
    assert.deepEqual(
      client.deliveries.map(({ body }) => body.toString()),
      ['', 'transient'],
    )
  })

  it('is read again when the message comes again', async () => {
    const { harness, client } = await withMessages(3)
    const consumer = client.consume('Q')
    await harness.settleReads()
    client.takeDeliveries()
    consumer.close(0)
    client.consume('Q')
    await harness.settleReads()
    assert.deepEqual(client.texts, ['0', '1', '2'])
  })

  it('is read again after a rollback whose consumer has gone', async () => {
    const { harness, client } = await withMessages(1)
    const consumer = client.consume('Q')
    await harness.settleReads()
    client.client.begin('T')
    client.acknowledge(client.takeDeliveries(), { transaction: 'T' })
    consumer.close(0)
    client.consume('Q')
    await harness.settleReads()
    assert.deepEqual(client.texts, [])
    client.rollback('T')
    await harness.settleReads()
    assert.deepEqual(client.texts, ['0'])
  })
})

describe('a consumer whose connection takes no more', () => {
  it('holds no more than 4 MiB of what is large, and gets the rest when it reads', () => {
    const harness = new EngineHarness()
    const [sender, slow] = [harness.connect(), harness.connect()]
    slow.onDispatch = () => slow.client.setWritable(false)
    slow.consume('Q')
    for (let i = 0; i < 10; i++) sender.send('Q', `${i}`.padEnd(1 << 20))
    harness.settle()
    assert.equal(slow.deliveries.length, 4)
    slow.onDispatch = () => {}
    slow.client.setWritable(true)
    harness.settle()
    assert.equal(slow.deliveries.length, 10)
  })
})

describe('a poisoned message whose body only the journal has', () => {
  it('stays in its queue, and its client without an answer, until it is read', async () => {
    const { harness, client } = await withMessages(1)
    client.consume('Q')
    await harness.settleReads()
    const receipt = client.acknowledge(client.deliveries, { mode: 'poisoned', cause: 'bad' })
    harness.settle()
    assert.equal(client.isConfirmed(receipt), false)
    assert.equal(harness.depth('Q'), 1)
    await harness.settleReads()
    assert.equal(client.isConfirmed(receipt), true)
    assert.equal(harness.depth('Q'), 0)
    const other = harness.connect()
    other.consume('ActiveMQ.DLQ')
    await harness.settleReads()
    assert.deepEqual(other.texts, ['0 [bad]'])
  })

  it('is confirmed to nobody who repeats himself before it has moved', async () => {
    const { harness, client } = await withMessages(1)
    client.consume('Q')
    await harness.settleReads()
    client.acknowledge(client.deliveries, { mode: 'poisoned', cause: 'bad' })
    const again = harness.connect({ connectionId: 'C', reconnect: true })
    const receipt = again.acknowledge([], { mode: 'poisoned', cause: 'bad' })
    harness.settle()
    assert.equal(again.isConfirmed(receipt), false)
    await harness.settleReads()
    assert.equal(again.isConfirmed(receipt), true)
    assert.equal(harness.depth('ActiveMQ.DLQ'), 1)
  })

  it('comes again from the next leader when this one ends while it is read', async () => {
    const { harness, client } = await withMessages(1)
    client.consume('Q')
    await harness.settleReads()
    const receipt = client.acknowledge(client.deliveries, { mode: 'poisoned', cause: 'bad' })
    harness.failOver('lost')
    await harness.settleReads()
    assert.equal(client.isConfirmed(receipt), false)
    const next = harness.connect()
    next.consume('Q')
    await harness.settleReads()
    assert.deepEqual(next.texts, ['0'])
    assert.equal(harness.depth('ActiveMQ.DLQ'), 0)
  })

  it('goes with its queue when that is removed meanwhile', async () => {
    const { harness, client } = await withMessages(1)
    const consumer = client.consume('Q')
    await harness.settleReads()
    const receipt = client.acknowledge(client.deliveries, { mode: 'poisoned', cause: 'bad' })
    consumer.close(0)
    client.client.removeDestination(nameOf('Q'), client.receipt())
    harness.settle()
    await harness.settleReads()
    assert.equal(client.isConfirmed(receipt), true)
    assert.equal(harness.depth('ActiveMQ.DLQ'), 0)
  })

  it('is read alone, however many wait to be buried', async () => {
    const { harness, client, reading } = await withMessages(20)
    client.consume('Q')
    await harness.settleReads()
    for (const delivery of client.takeDeliveries()) {
      client.acknowledge([delivery], { mode: 'poisoned', cause: 'bad' })
    }
    await harness.settleReads()
    assert.equal(harness.depth('ActiveMQ.DLQ'), 20)
    assert.equal(reading(), 1)
  })
})
