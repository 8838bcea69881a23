import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Delivery } from '../../src/engine/client.ts'
import { EngineHarness } from './engine-harness.ts'
import type { TestClient } from './engine-harness.ts'

function withMessages(
  count: number,
  options: ConstructorParameters<typeof EngineHarness>[0] = {},
): { harness: EngineHarness; client: TestClient } {
  const harness = new EngineHarness(options)
  const client = harness.connect()
  for (let i = 0; i < count; i++) client.send('Q', `${i}`)
  harness.settle()
  return { harness, client }
}

function pick(deliveries: readonly Delivery[], ...positions: number[]): Delivery[] {
  return positions.map((position) => deliveries[position] as Delivery)
}

describe('acknowledging', () => {
  it('moves the prefetch window on', () => {
    const { harness, client } = withMessages(6)
    client.consume('Q', { prefetch: 2 })
    harness.settle()
    assert.deepEqual(client.texts, ['0', '1'])
    client.acknowledge(client.deliveries)
    harness.settle()
    assert.deepEqual(client.texts, ['0', '1', '2', '3'])
  })

  it('as delivered moves the window on and keeps the messages', () => {
    const { harness, client } = withMessages(6)
    const consumer = client.consume('Q', { prefetch: 2 })
    harness.settle()
    const receipt = client.acknowledge(client.deliveries, { mode: 'delivered' })
    client.acknowledge(client.deliveries, { mode: 'delivered' })
    harness.settle()
    assert.equal(client.isConfirmed(receipt), true)
    assert.deepEqual(client.texts, ['0', '1', '2', '3'])
    assert.equal(consumer.inFlight.length, 4)
    assert.equal(harness.depth('Q'), 6)
  })

  it('out of order leaves the others in flight, in order', () => {
    const { harness, client } = withMessages(4)
    const consumer = client.consume('Q')
    harness.settle()
    client.acknowledge(pick(client.deliveries, 2))
    client.acknowledge(pick(client.deliveries, 0))
    harness.settle()
    assert.deepEqual(
      [...consumer.inFlight].map(({ id }) => id),
      [2, 4],
    )
    assert.deepEqual(harness.stored('Q'), ['1', '3'])
  })

  it('twice does it once', () => {
    const { harness, client } = withMessages(2)
    client.consume('Q')
    harness.settle()
    client.acknowledge(client.deliveries)
    const again = client.acknowledge(client.deliveries)
    harness.settle()
    assert.equal(client.isConfirmed(again), true)
    assert.equal(harness.depth('Q'), 0)
    const acks = harness.log.committed.filter(({ kind }) => kind === 'acknowledge')
    assert.equal(acks.length, 1)
  })

  it('is confirmed when repeated only once the first one is committed', () => {
    const harness = new EngineHarness()
    const client = harness.connect({ connectionId: 'C' })
    client.consume('Q')
    client.send('Q', 'a')
    harness.settle()
    client.acknowledge(client.deliveries)
    harness.runTurns()
    const again = harness.connect({ connectionId: 'C', reconnect: true })
    again.consume('Q')
    const receipt = again.acknowledge([])
    harness.runTurns()
    assert.equal(again.isConfirmed(receipt), false)
    harness.settle()
    assert.equal(again.isConfirmed(receipt), true)
  })

  it('as released puts messages back without counting a failure', () => {
    const { harness, client } = withMessages(2)
    client.consume('Q', { prefetch: 2 })
    harness.settle()
    client.acknowledge(pick(client.takeDeliveries(), 0), { mode: 'released' })
    harness.settle()
    assert.deepEqual(client.texts, ['0'])
    assert.equal(client.deliveries[0]?.redeliveries, 0)
  })

  it('as redelivered counts a failure in the log', () => {
    const { harness, client } = withMessages(1)
    const consumer = client.consume('Q')
    harness.settle()
    client.acknowledge(client.deliveries, { mode: 'redelivered' })
    harness.settle()
    assert.equal(client.deliveries[0]?.redeliveries, 1)
    assert.equal(consumer.inFlight.length, 1)
    harness.failOver('lost')
    const next = harness.connect()
    next.consume('Q')
    harness.settle()
    assert.equal(next.deliveries[0]?.redeliveries, 1)
  })
})

describe('a consumer that ends', () => {
  it('gives back what it did not acknowledge, before everything else, and counts what it saw', () => {
    const { harness, client } = withMessages(6)
    const consumer = client.consume('Q', { prefetch: 4 })
    harness.settle()
    const deliveries = client.takeDeliveries()
    client.acknowledge(pick(deliveries, 1))
    consumer.close(deliveries[2]?.id ?? 0)
    harness.settle()
    client.consume('Q')
    harness.settle()
    assert.deepEqual(client.texts, ['0', '2', '3', '4', '5'])
    assert.deepEqual(
      client.deliveries.map(({ redeliveries }) => redeliveries),
      [1, 1, 0, 0, 0],
    )
  })

  it('with its connection counts everything as seen, across a failover too', () => {
    const { harness, client } = withMessages(2)
    client.consume('Q')
    harness.settle()
    client.client.close()
    harness.settle()
    harness.failOver('lost')
    const next = harness.connect()
    next.consume('Q')
    harness.settle()
    assert.deepEqual(
      next.deliveries.map(({ redeliveries }) => redeliveries),
      [1, 1],
    )
    assert.deepEqual(next.texts, ['0', '1'])
  })

  it('interleaves what several consumers give back by its place in the queue', () => {
    const { harness, client } = withMessages(6)
    const other = harness.connect()
    const one = client.consume('Q', { prefetch: 3 })
    const two = other.consume('Q', { prefetch: 3 })
    harness.settle()
    two.close(0)
    one.close(0)
    const last = harness.connect()
    last.consume('Q')
    harness.settle()
    assert.deepEqual(last.texts, ['0', '1', '2', '3', '4', '5'])
  })
})

describe('a poisoned message', () => {
  it('moves to the dead letter queue in one record', () => {
    const { harness, client } = withMessages(2)
    client.consume('Q')
    harness.settle()
    const receipt = client.acknowledge(pick(client.deliveries, 0), {
      mode: 'poisoned',
      cause: 'too often',
    })
    harness.runTurns()
    assert.equal(client.isConfirmed(receipt), false)
    harness.settle()
    assert.equal(client.isConfirmed(receipt), true)
    assert.deepEqual(harness.stored('Q'), ['1'])
    assert.deepEqual(harness.stored('ActiveMQ.DLQ'), ['0 [too often]'])
    const moves = harness.log.committed.filter(({ kind }) => kind === 'transaction')
    assert.equal(moves.length, 1)
    assert.equal(harness.depth('Q'), 1)
  })

  it('can be consumed from the dead letter queue, where a second failure ends it', () => {
    const { harness, client } = withMessages(1)
    client.consume('Q')
    harness.settle()
    client.acknowledge(client.takeDeliveries(), { mode: 'poisoned', cause: 'bad' })
    client.consume('ActiveMQ.DLQ')
    harness.settle()
    assert.deepEqual(client.texts, ['0 [bad]'])
    assert.equal(client.deliveries[0]?.redeliveries, 0)
    client.acknowledge(client.deliveries, { mode: 'poisoned', cause: 'bad' })
    harness.settle()
    assert.deepEqual(harness.stored('ActiveMQ.DLQ'), [])
  })

  it('that is not persistent just goes, unless it is to be kept', () => {
    for (const deadLetterNonPersistent of [false, true]) {
      const { harness, client } = withMessages(0, { deadLetterNonPersistent })
      client.consume('Q')
      client.send('Q', 'x', { persistent: false })
      harness.settle()
      client.acknowledge(client.deliveries, { mode: 'poisoned', cause: 'bad' })
      harness.settle()
      const expected = deadLetterNonPersistent ? ['x [bad]'] : []
      assert.deepEqual(harness.stored('ActiveMQ.DLQ'), expected)
      assert.equal(harness.depth('Q'), 0)
      assert.equal(harness.engine.view().memoryUsedBytes, 0)
    }
  })

  it('of a topic just goes, as in ActiveMQ: nothing but its subscriber had it', () => {
    const { harness, client } = withMessages(0, { deadLetterNonPersistent: true })
    client.consume('topic://T')
    for (const persistent of [true, false]) client.send('topic://T', 'x', { persistent })
    harness.settle()
    const receipt = client.acknowledge(client.deliveries, { mode: 'poisoned', cause: 'bad' })
    harness.settle()
    assert.equal(client.isConfirmed(receipt), true)
    assert.deepEqual(harness.stored('ActiveMQ.DLQ'), [])
  })

  it('of a topic is copied to the dead letter queue if it could not be written', () => {
    const { harness, client } = withMessages(0)
    client.onDispatch = (deliveries) => {
      client.acknowledge(deliveries, { mode: 'poisoned', cause: 'bad' })
    }
    client.consume('topic://T')
    client.send('topic://T', 'x')
    harness.settle()
    assert.deepEqual(harness.stored('ActiveMQ.DLQ'), ['x [bad]'])
  })
})

describe('an expired message', () => {
  it('goes to the dead letter queue instead of to a consumer', () => {
    const { harness, client } = withMessages(0)
    const expirationMs = harness.clock.wallMs() + 1000
    client.send('Q', 'old', { expirationMs })
    client.send('Q', 'new')
    harness.settle()
    harness.clock.advance(1000)
    client.consume('Q')
    harness.settle()
    assert.deepEqual(client.texts, ['new'])
    assert.deepEqual(harness.stored('ActiveMQ.DLQ'), ['old [Message has expired.]'])
    assert.deepEqual(harness.stored('Q'), ['new'])
  })

  it('just goes when expired messages are not kept or it was not persistent', () => {
    const { harness, client } = withMessages(0, { deadLetterExpired: false })
    const expirationMs = harness.clock.wallMs() + 1000
    client.send('Q', 'old', { expirationMs })
    client.send('Q', 'older', { expirationMs, persistent: false })
    harness.settle()
    harness.clock.advance(1000)
    client.consume('Q')
    harness.settle()
    assert.deepEqual(client.texts, [])
    assert.equal(harness.depth('Q'), 0)
    assert.deepEqual(harness.stored('ActiveMQ.DLQ'), [])
  })

  it('found by its client leaves as well', () => {
    const { harness, client } = withMessages(1)
    client.consume('Q')
    harness.settle()
    client.acknowledge(client.deliveries, { mode: 'expired' })
    harness.settle()
    assert.equal(harness.depth('Q'), 0)
    assert.deepEqual(harness.stored('ActiveMQ.DLQ'), ['0 [Message has expired.]'])
  })

  it('never holds up the live ones behind it, however many there are', () => {
    const { harness, client } = withMessages(0)
    const expirationMs = harness.clock.wallMs() + 1000
    for (let i = 0; i < 2500; i++) client.send('Q', `${i}`, { expirationMs })
    client.send('Q', 'live')
    harness.settle()
    harness.clock.advance(5000)
    client.consume('Q', { prefetch: 1 })
    return harness.settleReads().then(() => {
      assert.deepEqual(client.texts, ['live'])
      assert.equal(harness.depth('ActiveMQ.DLQ'), 2500)
    })
  })
})
