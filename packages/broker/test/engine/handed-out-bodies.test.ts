import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DispatchedMessage } from '../../src/engine/subscription/dispatched-message.ts'
import {
  EngineHarness,
  nameOf,
  reads as eventLoop,
  SWELLING,
  UNREADABLE,
} from './engine-harness.ts'
import type { TestClient } from './engine-harness.ts'

/** The store keeps no body in memory: each is read from the journal. */
async function withMessages(
  count: number,
): Promise<{ harness: EngineHarness; client: TestClient; reads: { count: number } }> {
  const harness = new EngineHarness({}, 0)
  const reads = { count: 0 }
  const fetch = harness.store.fetch.bind(harness.store)
  harness.store.fetch = (messages, done) => {
    reads.count++
    fetch(messages, done)
  }
  const client = harness.connect({ connectionId: 'C' })
  for (let i = 0; i < count; i++) client.send('Q', `${i}`)
  await harness.settleReads()
  return { harness, client, reads }
}

/** The bodies that a client's deliveries hold. */
function held(client: TestClient): (Buffer | null)[] {
  return client.deliveries.map((delivery) => (delivery as DispatchedMessage).entry.body)
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

  it('leaves memory if it came from a topic, for it never comes again', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.consume('topic://T')
    for (const persistent of [true, false]) client.send('topic://T', 'x', { persistent })
    harness.settle()
    assert.deepEqual(client.texts, ['x', 'x'])
    assert.deepEqual(held(client), [null, null])
  })

  it('leaves memory if it was shown to a browser, and a consumer has taken it since', () => {
    const harness = new EngineHarness()
    const [browser, consumer] = [harness.connect(), harness.connect()]
    consumer.send('Q', 'x', { persistent: false })
    browser.consume('Q', { browser: true })
    harness.settle()
    consumer.consume('Q')
    harness.settle()
    consumer.acknowledge(consumer.takeDeliveries())
    assert.deepEqual([browser.texts, held(browser)], [['x'], [null]])
  })

  it('is there for the other subscribers of its topic, whoever was sent it before', () => {
    const harness = new EngineHarness()
    const [fast, slow] = [harness.connect(), harness.connect()]
    fast.consume('topic://T')
    slow.consume('topic://T', { prefetch: 1 })
    for (const text of ['first', 'second']) fast.send('topic://T', text)
    harness.settle()
    slow.acknowledge(slow.deliveries)
    harness.settle()
    assert.deepEqual(
      [fast.texts, slow.texts],
      [
        ['first', 'second'],
        ['first', 'second'],
      ],
    )
  })

  it('is not needed to acknowledge it in a transaction, and to roll that back', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.consume('topic://T', { prefetch: 1 })
    for (const text of ['first', 'second']) client.send('topic://T', text)
    harness.settle()
    client.client.begin('T1')
    client.acknowledge(client.deliveries, { transaction: 'T1' })
    client.rollback('T1')
    harness.settle()
    // Its client delivers it again by itself.
    client.acknowledge(client.deliveries, { mode: 'redelivered' })
    client.client.begin('T2')
    client.acknowledge(client.deliveries, { transaction: 'T2' })
    client.commit('T2')
    harness.settle()
    assert.deepEqual(client.texts, ['first', 'second'])
    assert.equal(client.deliveries[0]?.redeliveries, 1)
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
  for (const destination of ['Q', 'topic://T']) {
    it(`holds no more than 4 MiB of ${destination}, and gets the rest when it reads`, () => {
      const harness = new EngineHarness()
      const [sender, slow] = [harness.connect(), harness.connect()]
      slow.onDispatch = () => slow.client.setWritable(false)
      slow.consume(destination)
      for (let i = 0; i < 10; i++) sender.send(destination, `${i}`.padEnd(1 << 20))
      harness.settle()
      assert.equal(slow.deliveries.length, 4)
      slow.onDispatch = () => {}
      slow.client.setWritable(true)
      harness.settle()
      assert.equal(slow.deliveries.length, 10)
    })
  }
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

  it('counts as handed out until it has moved', async () => {
    const { harness, client } = await withMessages(1)
    client.consume('Q')
    await harness.settleReads()
    client.acknowledge(client.deliveries, { mode: 'poisoned', cause: 'bad' })
    const inFlight = (): number | undefined => harness.engine.view().queues[0]?.inFlight
    assert.equal(inFlight(), 1)
    await harness.settleReads()
    assert.equal(inFlight(), 0)
  })

  it('is buried as it is where its dead letter cannot be made', async () => {
    for (const cause of [UNREADABLE, SWELLING]) {
      const { harness, client } = await withMessages(2)
      client.consume('Q')
      await harness.settleReads()
      const receipt = client.acknowledge(client.deliveries, { mode: 'poisoned', cause })
      await harness.settleReads()
      assert.equal(client.isConfirmed(receipt), true)
      const other = harness.connect()
      other.consume('ActiveMQ.DLQ')
      await harness.settleReads()
      assert.deepEqual(other.texts, ['0', '1'])
    }
  })

  it('is read with the others that wait, and joins them in their order', async () => {
    const { harness, client, reads } = await withMessages(1000)
    client.consume('Q')
    await harness.settleReads()
    const before = reads.count
    const texts = client.texts.map((text) => `${text} [bad]`)
    for (const delivery of client.takeDeliveries()) {
      client.acknowledge([delivery], { mode: 'poisoned', cause: 'bad' })
    }
    await harness.settleReads()
    assert.equal(reads.count - before, 3, 'one message, 500, 499')
    const other = harness.connect()
    other.consume('ActiveMQ.DLQ')
    await harness.settleReads()
    assert.deepEqual(other.texts, texts)
  })

  it('waits for the record of those before it (R30)', async () => {
    const { harness, client, reads } = await withMessages(1000)
    client.consume('Q')
    await harness.settleReads()
    const before = reads.count
    client.acknowledge(client.takeDeliveries(), { mode: 'poisoned', cause: 'bad' })
    for (let i = 0; i < 20; i++) {
      harness.runTurns()
      await eventLoop()
    }
    assert.deepEqual([harness.log.pending.length, reads.count - before], [2, 1])
    await harness.settleReads()
    assert.equal(harness.depth('ActiveMQ.DLQ'), 1000)
  })

  it('is read by no leader that is none any more', async () => {
    const { harness, client, reads } = await withMessages(1000)
    client.consume('Q')
    await harness.settleReads()
    const before = reads.count
    client.acknowledge(client.takeDeliveries(), { mode: 'poisoned', cause: 'bad' })
    harness.failOver('lost')
    await harness.settleReads()
    assert.equal(reads.count - before, 1)
  })

  it('makes nobody wait who acknowledges something else', async () => {
    const { harness, client } = await withMessages(2000)
    const other = harness.connect()
    other.send('OTHER', 'x')
    other.send('OTHER', 'y')
    client.consume('Q', { prefetch: 2000 })
    other.consume('OTHER')
    await harness.settleReads()
    const receipts = [
      client.acknowledge(client.deliveries.slice(0, 1500), { mode: 'poisoned', cause: 'bad' }),
      client.acknowledge(client.deliveries.slice(1500, 1501)),
      other.acknowledge(other.deliveries.slice(0, 1)),
      other.acknowledge(other.deliveries.slice(1, 2), { mode: 'poisoned', cause: 'bad' }),
    ]
    const answered = (): boolean[] => [
      client.isConfirmed(receipts[0] ?? 0),
      client.isConfirmed(receipts[1] ?? 0),
      other.isConfirmed(receipts[2] ?? 0),
      other.isConfirmed(receipts[3] ?? 0),
    ]
    harness.settle()
    assert.deepEqual(answered(), [false, true, true, false])
    // One record of the first queue, and then it is the other's turn.
    for (let i = 0; i < 3; i++) {
      await eventLoop()
      harness.settle()
    }
    assert.deepEqual(answered(), [false, true, true, true])
    await harness.settleReads()
    assert.deepEqual(answered(), [true, true, true, true])
  })
})

describe('an expired message', () => {
  it('is read when it is buried, and not for the consumer that does not get it', async () => {
    const harness = new EngineHarness({ deadLetterExpired: false }, 0)
    const client = harness.connect()
    const expirationMs = harness.clock.wallMs() + 1000
    for (let i = 0; i < 300; i++) client.send('Q', `${i}`, { expirationMs })
    client.send('Q', 'live')
    await harness.settleReads()
    harness.clock.advance(1000)
    let read = 0
    const fetch = harness.store.fetch.bind(harness.store)
    harness.store.fetch = (messages, done) => {
      read += messages.length
      fetch(messages, done)
    }
    client.consume('Q')
    await harness.settleReads()
    assert.deepEqual([client.texts, read], [['live'], 1])
  })
})
