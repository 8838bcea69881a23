import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  MESSAGE_BYTES_MAX,
  TRANSACTION_BYTES_MAX,
  TRANSACTION_OPERATIONS_MAX,
} from '../../src/engine/policy/limits.ts'
import { MAX_PAYLOAD_BYTES } from '../../src/store/journal/record.ts'
import { TransactionSize } from '../../src/store/transaction-size.ts'
import { EngineHarness, held, testMessage } from './engine-harness.ts'

/** A client to which a message of IN has been delivered, in its new transaction T1. */
function begun(harness: EngineHarness, client = harness.connect()) {
  client.send('IN', 'in')
  const consumer = client.consume('IN')
  harness.settle()
  client.client.begin('T1')
  return { client, consumer }
}

/** The same with the durable subscription S of the topic T, which is offline. */
function begunWithSubscription(harness: EngineHarness) {
  const client = harness.connect({ clientId: 'me' })
  client.consume('topic://T', { durableName: 'S' }).close(0)
  return begun(harness, client)
}

describe('a local transaction', () => {
  it('shows its sends and takes its acknowledgements when its one record is committed', () => {
    const harness = new EngineHarness()
    const { client } = begun(harness)
    client.acknowledge(client.takeDeliveries(), { transaction: 'T1' })
    client.send('OUT', 'a', { transaction: 'T1' })
    client.send('OUT', 'b', { transaction: 'T1' })
    client.consume('OUT')
    harness.settle()
    assert.deepEqual(client.texts, [])
    assert.deepEqual(harness.stored('IN'), ['in'])
    const before = harness.log.committed.length
    const receipt = client.commit('T1')
    harness.runTurns()
    assert.equal(client.isConfirmed(receipt), false)
    harness.settle()
    assert.equal(client.isConfirmed(receipt), true)
    assert.deepEqual(client.texts, ['a', 'b'])
    assert.deepEqual(harness.stored('IN'), [])
    assert.deepEqual(
      harness.log.committed.slice(before).map(({ kind }) => kind),
      ['transaction'],
    )
  })

  it('that is rolled back leaves its deliveries with the consumer and sends nothing', () => {
    const harness = new EngineHarness()
    const { client, consumer } = begun(harness)
    client.acknowledge(client.deliveries, { transaction: 'T1' })
    client.send('OUT', 'a', { transaction: 'T1' })
    const receipt = client.rollback('T1')
    assert.equal(client.isConfirmed(receipt), true)
    harness.settle()
    assert.equal(consumer.inFlight.length, 1)
    assert.deepEqual(client.texts, ['in'])
    assert.equal(harness.depth('OUT'), 0)
    client.acknowledge(client.deliveries)
    harness.settle()
    assert.equal(harness.depth('IN'), 0)
  })

  it('gives its acknowledged messages back when consumer and transaction both end', () => {
    const harness = new EngineHarness()
    const { client, consumer } = begun(harness)
    client.acknowledge(client.takeDeliveries(), { transaction: 'T1' })
    consumer.close(0)
    client.consume('IN')
    harness.settle()
    assert.deepEqual(client.texts, [])
    client.rollback('T1')
    harness.settle()
    assert.deepEqual(client.texts, ['in'])
    assert.equal(client.deliveries[0]?.redeliveries, 1)
  })

  it('can be committed after its consumer has ended', () => {
    const harness = new EngineHarness()
    const { client, consumer } = begun(harness)
    client.acknowledge(client.deliveries, { transaction: 'T1' })
    consumer.close(0)
    client.commit('T1')
    harness.settle()
    assert.deepEqual(harness.stored('IN'), [])
    assert.equal(harness.depth('IN'), 0)
  })

  it('is not committed when it acknowledges more than is with its consumer', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    for (const text of ['a', 'b']) client.send('IN', text)
    client.consume('IN')
    harness.settle()
    client.client.begin('T1')
    const [first] = client.deliveries
    assert.ok(first)
    client.acknowledge([first], { transaction: 'T1', isWhole: false })
    client.send('OUT', 'out', { transaction: 'T1' })
    const receipt = client.commit('T1')
    harness.settle()
    assert.equal(client.rejectionOf(receipt), 'TRANSACTION_ROLLED_BACK')
    assert.deepEqual(harness.stored('IN'), ['a', 'b'])
    assert.deepEqual(harness.stored('OUT'), [])
    client.client.begin('T2')
    client.acknowledge(client.deliveries, { transaction: 'T2' })
    const again = client.commit('T2')
    harness.settle()
    assert.equal(client.isConfirmed(again), true)
    assert.deepEqual(harness.stored('IN'), [])
  })

  it('is not committed when it acknowledges nothing that is with a consumer', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.client.begin('T1')
    const acknowledged = client.acknowledge([], { transaction: 'T1', isWhole: false })
    const receipt = client.commit('T1')
    harness.settle()
    assert.equal(client.isConfirmed(acknowledged), true)
    assert.equal(client.rejectionOf(receipt), 'TRANSACTION_ROLLED_BACK')
  })

  it('is rolled back with its connection', () => {
    const harness = new EngineHarness()
    const { client } = begun(harness)
    const other = harness.connect()
    client.acknowledge(client.deliveries, { transaction: 'T1' })
    client.send('OUT', 'a', { transaction: 'T1' })
    client.client.close()
    other.consume('IN')
    harness.settle()
    assert.deepEqual(other.texts, ['in'])
    assert.equal(harness.depth('OUT'), 0)
  })

  it('may begin twice, as a failover client replays it', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.client.begin('T1')
    client.send('Q', 'a', { transaction: 'T1' })
    client.client.begin('T1')
    client.commit('T1')
    harness.settle()
    assert.deepEqual(harness.stored('Q'), ['a'])
  })

  it('that nobody knows is answered as rolled back, and rolls back without complaint', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    assert.equal(client.rejectionOf(client.commit('T9')), 'TRANSACTION_ROLLED_BACK')
    const send = client.send('Q', 'a', { transaction: 'T9' })
    assert.equal(client.rejectionOf(send), 'TRANSACTION_ROLLED_BACK')
    assert.equal(client.isConfirmed(client.rollback('T9')), true)
  })

  it('is committed once however often the client asks, on this leader and on the next', () => {
    const harness = new EngineHarness()
    const client = harness.connect({ connectionId: 'C' })
    client.client.begin('T1')
    client.send('Q', 'a', { transaction: 'T1' })
    client.commit('T1')
    harness.runTurns()
    const again = harness.connect({ connectionId: 'C', reconnect: true })
    const receipt = again.commit('T1')
    assert.equal(again.isConfirmed(receipt), false)
    harness.settle()
    assert.equal(again.isConfirmed(receipt), true)
    harness.failOver('lost')
    const third = harness.connect({ connectionId: 'C', reconnect: true })
    assert.equal(third.isConfirmed(third.commit('T1')), true)
    assert.deepEqual(harness.stored('Q'), ['a'])
  })

  it('that was not committed before a failover is unknown to the next leader', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.client.begin('T1')
    client.send('Q', 'a', { transaction: 'T1' })
    client.commit('T1')
    harness.failOver('lost')
    const next = harness.connect()
    assert.equal(next.rejectionOf(next.commit('T1')), 'TRANSACTION_ROLLED_BACK')
    assert.deepEqual(harness.stored('Q'), [])
  })

  it('carries non-persistent messages in memory', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.consume('Q')
    client.consume('topic://T')
    harness.settle()
    client.client.begin('T1')
    client.send('Q', 'a', { transaction: 'T1', persistent: false })
    client.send('topic://T', 'b', { transaction: 'T1', persistent: false })
    harness.settle()
    assert.deepEqual(client.texts, [])
    assert.equal(client.isConfirmed(client.commit('T1')), true)
    harness.settle()
    assert.deepEqual(client.texts.sort(), ['a', 'b'])
  })

  it('that grows too large cannot be committed', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.client.begin('T1')
    let last = 0
    for (let i = 0; i <= TRANSACTION_OPERATIONS_MAX; i++) {
      last = client.send('Q', 'x', { transaction: 'T1', persistent: false })
    }
    assert.equal(client.rejectionOf(last), 'RESOURCE_LIMIT')
    assert.equal(client.rejectionOf(client.commit('T1')), 'TRANSACTION_ROLLED_BACK')
    assert.equal(harness.depth('Q'), 0)
  })

  it('is held in bounded memory, however many are open, and gives it back at its end', () => {
    const harness = new EngineHarness({ memoryLimitBytes: held(1, 10) })
    const client = harness.connect()
    for (const id of ['T1', 'T2', 'T3']) client.client.begin(id)
    client.send('Q', 'sixsix', { transaction: 'T1' })
    const refused = client.send('Q', 'sixsix', { transaction: 'T2' })
    assert.equal(client.rejectionOf(refused), 'RESOURCE_LIMIT')
    assert.equal(client.rejectionOf(client.commit('T2')), 'TRANSACTION_ROLLED_BACK')
    client.rollback('T1')
    client.send('Q', 'sixsix', { transaction: 'T3' })
    client.commit('T3')
    client.client.begin('T4')
    client.send('Q', 'seven 7', { transaction: 'T4' })
    client.commit('T4')
    harness.settle()
    assert.deepEqual(harness.stored('Q'), ['sixsix', 'seven 7'])
    assert.equal(client.paused, false)
  })

  it('takes one message of the largest size, as without it, however small the memory limit', () => {
    assert.equal(TRANSACTION_BYTES_MAX, MAX_PAYLOAD_BYTES)
    const harness = new EngineHarness({ memoryLimitBytes: 1000 })
    const { client } = begunWithSubscription(harness)
    client.acknowledge(client.takeDeliveries(), { transaction: 'T1' })
    const body = Buffer.alloc(MESSAGE_BYTES_MAX)
    client.client.send({ ...testMessage('topic://T', ''), body }, 'T1', client.receipt())
    const receipt = client.commit('T1')
    harness.settle()
    assert.deepEqual(client.rejections, [])
    assert.equal(client.isConfirmed(receipt), true)
    assert.deepEqual(harness.stored('IN'), [])
    client.consume('topic://T', { durableName: 'S' })
    harness.settle()
    assert.equal(client.texts[0]?.length, MESSAGE_BYTES_MAX)
  })

  it('with messages that no record holds together is refused at the one that is too much', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.client.begin('T1')
    const message = { ...testMessage('Q', ''), body: Buffer.alloc(MESSAGE_BYTES_MAX / 2) }
    const receipts = [1, 2, 3].map(() => client.receipt())
    for (const receipt of receipts) client.client.send(message, 'T1', receipt)
    assert.deepEqual(
      receipts.map((receipt) => client.rejectionOf(receipt)),
      [undefined, undefined, 'RESOURCE_LIMIT'],
    )
    assert.equal(client.rejectionOf(client.commit('T1')), 'TRANSACTION_ROLLED_BACK')
    client.send('Q', 'next')
    harness.settle()
    assert.deepEqual(harness.stored('Q'), ['next'])
  })

  it('that no record can hold is rolled back whole', () => {
    const harness = new EngineHarness()
    const { client } = begunWithSubscription(harness)
    client.acknowledge(client.deliveries, { transaction: 'T1' })
    const size = new TransactionSize('T1')
    size.add(1, MESSAGE_BYTES_MAX, 1)
    // Without the numbers of the lists that they go to there is just room.
    for (const bytes of [MESSAGE_BYTES_MAX, TRANSACTION_BYTES_MAX - size.bytesWith(1, 0, 0)]) {
      const receipt = client.receipt()
      const body = Buffer.alloc(bytes)
      client.client.send({ ...testMessage('topic://T', ''), body }, 'T1', receipt)
      assert.equal(client.isConfirmed(receipt), true)
    }
    assert.equal(client.rejectionOf(client.commit('T1')), 'TRANSACTION_ROLLED_BACK')
    assert.equal(client.rejectionOf(client.commit('T1')), 'TRANSACTION_ROLLED_BACK')
    client.client.close()
    const other = harness.connect()
    other.consume('IN')
    harness.settle()
    assert.deepEqual(other.texts, ['in'])
  })
})
