import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '@quorate/core/base/errors'
import { defaultPolicy } from '../../src/engine/policy/destination-policy.ts'
import { EngineHarness, testMessage } from './engine-harness.ts'

const code = (expected: string) => (error: unknown) =>
  error instanceof BrokerError && error.code === expected

describe('a topic', () => {
  it('hands a message to everybody who is there, and stores nothing for them', () => {
    const harness = new EngineHarness()
    const [one, two, sender] = [harness.connect(), harness.connect(), harness.connect()]
    one.consume('topic://T')
    two.consume('topic://T')
    harness.settle()
    const before = harness.log.committed.length
    const receipt = sender.send('topic://T', 'x')
    assert.equal(sender.isConfirmed(receipt), true)
    harness.settle()
    assert.deepEqual([one.texts, two.texts], [['x'], ['x']])
    assert.equal(harness.log.committed.length, before)
    const late = harness.connect()
    late.consume('topic://T')
    harness.settle()
    assert.deepEqual(late.texts, [])
  })

  it('keeps own messages from a subscriber that does not want them', () => {
    const harness = new EngineHarness()
    const [own, other] = [harness.connect(), harness.connect()]
    own.consume('topic://T', { noLocal: true })
    own.send('topic://T', 'own')
    other.send('topic://T', 'other')
    harness.settle()
    assert.deepEqual(own.texts, ['other'])
  })

  it('drops the oldest messages of a slow subscriber beyond the limit', () => {
    const harness = new EngineHarness({
      otherwise: { ...defaultPolicy, pendingMessageLimit: 3 },
    })
    const client = harness.connect()
    client.consume('topic://T', { prefetch: 2 })
    for (let i = 0; i < 10; i++) {
      client.send('topic://T', `${i}`)
      harness.settle()
    }
    assert.deepEqual(client.texts, ['0', '1'])
    client.acknowledge(client.deliveries)
    harness.settle()
    client.acknowledge(client.deliveries)
    harness.settle()
    assert.deepEqual(client.texts, ['0', '1', '7', '8', '9'])
  })

  it('does not hand out what has expired', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.consume('topic://T', { prefetch: 1 })
    client.send('topic://T', 'first')
    harness.settle()
    client.send('topic://T', 'old', { expirationMs: harness.clock.wallMs() + 10 })
    client.send('topic://T', 'live')
    harness.clock.advance(10)
    client.acknowledge(client.takeDeliveries())
    harness.settle()
    assert.deepEqual(client.texts, ['live'])
  })

  it('serves subscribers of patterns, and each subscriber once', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.consume('topic://A.>,topic://*.B')
    client.send('topic://A.B', 'x')
    client.send('topic://C.B', 'y')
    client.send('topic://C.D', 'z')
    harness.settle()
    assert.deepEqual(client.texts, ['x', 'y'])
  })

  it('takes the broker’s own messages without being stored or made', () => {
    const harness = new EngineHarness()
    const [exact, pattern] = [harness.connect(), harness.connect()]
    exact.consume('topic://ActiveMQ.Advisory.TempQueue,topic://ActiveMQ.Advisory.TempTopic')
    const watching = pattern.consume('topic://ActiveMQ.Advisory.>')
    for (const name of ['TempQueue', 'TempTopic', 'Queue']) {
      harness.engine.publish(testMessage(`topic://ActiveMQ.Advisory.${name}`, name))
    }
    harness.engine.publishTo(watching, [testMessage('topic://ActiveMQ.Advisory.Topic', 'first')])
    harness.settle()
    assert.deepEqual(exact.texts, ['TempQueue', 'TempTopic'])
    assert.deepEqual(pattern.texts, ['TempQueue', 'TempTopic', 'Queue', 'first'])
    assert.equal(pattern.deliveries[2]?.destination.name, 'ActiveMQ.Advisory.Queue')
    assert.equal(harness.log.committed.length, 0)
    exact.client.close()
    assert.equal(harness.engine.view().topics.length, 0)
  })
})

describe('a durable subscription', () => {
  const durable = { durableName: 'S' }

  it('is confirmed when it is committed, also to a client that asks again before', () => {
    const harness = new EngineHarness()
    const client = harness.connect({ connectionId: 'C', clientId: 'me' })
    client.consume('topic://T', durable)
    const again = harness.connect({ connectionId: 'C', clientId: 'me', reconnect: true })
    const receipt = again.receipt()
    again.client.openConsumer(client.optionsOf('topic://T', durable), receipt)
    harness.runTurns()
    assert.equal(again.isConfirmed(receipt), false)
    harness.settle()
    assert.equal(again.isConfirmed(receipt), true)
  })

  it('collects messages while its client is away', () => {
    const harness = new EngineHarness()
    const client = harness.connect({ clientId: 'C' })
    client.consume('topic://T', durable).close(0)
    const sender = harness.connect()
    const receipt = sender.send('topic://T', 'x')
    harness.runTurns()
    assert.equal(sender.isConfirmed(receipt), false)
    harness.settle()
    assert.equal(sender.isConfirmed(receipt), true)
    client.consume('topic://T', durable)
    harness.settle()
    assert.deepEqual(client.texts, ['x'])
    client.acknowledge(client.deliveries)
    harness.settle()
    assert.equal(harness.engine.view().durables[0]?.depth, 0)
  })

  it('survives a failover with what waits in it', () => {
    const harness = new EngineHarness({ takeoverDoubtMax: 0 })
    const client = harness.connect({ clientId: 'C' })
    client.consume('topic://T', durable)
    client.send('topic://T', 'x')
    harness.settle()
    harness.failOver('lost')
    const next = harness.connect({ clientId: 'C' })
    next.consume('topic://T', durable)
    next.send('topic://T', 'y')
    harness.settle()
    assert.deepEqual(next.texts, ['x', 'y'])
  })

  it('gets a message stored once for all lists, and others get it after the commit', () => {
    const harness = new EngineHarness()
    const [one, two, plain] = [
      harness.connect({ clientId: 'C1' }),
      harness.connect({ clientId: 'C2' }),
      harness.connect(),
    ]
    one.consume('topic://T', durable)
    two.consume('topic://T', durable)
    plain.consume('topic://T')
    harness.settle()
    plain.send('topic://T', 'x')
    harness.runTurns()
    assert.deepEqual(plain.texts, [])
    harness.settle()
    assert.deepEqual([one.texts, two.texts, plain.texts], [['x'], ['x'], ['x']])
    const messages = harness.log.committed.filter(({ kind }) => kind === 'message')
    assert.equal(messages.length, 1)
  })

  it('is refused while it is in use, without a client id, or on a queue', () => {
    const harness = new EngineHarness()
    const client = harness.connect({ clientId: 'C' })
    client.consume('topic://T', durable)
    assert.throws(() => client.consume('topic://T', durable), code('DESTINATION_IN_USE'))
    assert.throws(() => client.consume('Q', durable), code('INVALID_DESTINATION'))
    const nameless = harness.connect()
    assert.throws(() => nameless.consume('topic://T', durable), code('INVALID_CLIENT_ID'))
  })

  it('begins anew when its topic changes', () => {
    const harness = new EngineHarness()
    const client = harness.connect({ clientId: 'C' })
    client.consume('topic://T', durable).close(0)
    client.send('topic://T', 'x')
    harness.settle()
    client.consume('topic://U', durable)
    client.send('topic://T', 'y')
    client.send('topic://U', 'z')
    harness.settle()
    assert.deepEqual(client.texts, ['z'])
    assert.equal(harness.engine.view().durables.length, 1)
  })

  it('ends when it is unsubscribed, which is refused while it is in use', () => {
    const harness = new EngineHarness()
    const client = harness.connect({ clientId: 'C' })
    const consumer = client.consume('topic://T', durable)
    client.client.unsubscribe('S', 1001)
    assert.equal(client.rejectionOf(1001), 'DESTINATION_IN_USE')
    consumer.close(0)
    client.client.unsubscribe('S', 1002)
    assert.equal(client.isConfirmed(1002), false)
    harness.settle()
    assert.equal(client.isConfirmed(1002), true)
    assert.equal(harness.engine.view().durables.length, 0)
    client.client.unsubscribe('S', 1003)
    assert.equal(client.rejectionOf(1003), 'INVALID_DESTINATION')
  })

  it('is said to be gone, to whoever asks again, only when its removal is committed', () => {
    const harness = new EngineHarness()
    const cutOff = harness.connect({ clientId: 'C' })
    cutOff.consume('topic://T', durable).close(0)
    harness.settle()
    cutOff.client.unsubscribe('S', 1001)
    harness.runTurns()
    cutOff.client.unsubscribe('S', 1002)
    harness.runTurns()
    assert.equal(cutOff.rejectionOf(1002), undefined)
    harness.failOver('lost')
    assert.equal(cutOff.rejectionOf(1002), undefined)
    const client = harness.connect({ clientId: 'C' })
    client.client.unsubscribe('S', 1003)
    client.client.unsubscribe('S', 1004)
    harness.settle()
    assert.equal(client.isConfirmed(1003), true)
    assert.equal(client.rejectionOf(1004), 'INVALID_DESTINATION')
  })

  it('to a pattern collects from every topic that it covers', () => {
    const harness = new EngineHarness()
    const client = harness.connect({ clientId: 'C' })
    client.consume('topic://A.>', durable).close(0)
    client.send('topic://A.B', 'x')
    client.send('topic://B', 'y')
    harness.settle()
    harness.failOver('lost')
    const next = harness.connect({ clientId: 'C' })
    next.send('topic://A.C', 'z')
    next.consume('topic://A.>', durable)
    harness.settle()
    assert.deepEqual(next.texts, ['x', 'z'])
  })

  it('does not collect its own client’s messages when it does not want them', () => {
    const harness = new EngineHarness()
    const client = harness.connect({ clientId: 'C' })
    client.consume('topic://T', { ...durable, noLocal: true }).close(0)
    client.send('topic://T', 'own')
    harness.connect().send('topic://T', 'other')
    harness.settle()
    client.consume('topic://T', { ...durable, noLocal: true })
    harness.settle()
    assert.deepEqual(client.texts, ['other'])
  })

  it('keeps the newest non-persistent messages of an absent client, within bounds', () => {
    const harness = new EngineHarness()
    const client = harness.connect({ clientId: 'C' })
    client.consume('topic://T', durable).close(0)
    for (let i = 0; i < 1100; i++) client.send('topic://T', `${i}`, { persistent: false })
    client.consume('topic://T', { ...durable, prefetch: 2000 })
    harness.settle()
    assert.equal(client.texts.length, 1000)
    assert.equal(client.texts[0], '100')
  })
})
