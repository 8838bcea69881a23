import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '@quorate/core/base/errors'
import { formatDestination } from '@quorate/core/model/destination'
import type { Client, Consumer, EngineObserver } from '../../src/engine/client.ts'
import { EngineHarness, nameOf } from './engine-harness.ts'

const code = (expected: string) => (error: unknown) =>
  error instanceof BrokerError && error.code === expected

describe('destinations', () => {
  it('are made on first use, in the log, before what is sent to them', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.send('Q', 'a')
    client.send('Q', 'b')
    assert.deepEqual(
      harness.log.pending.map(({ kind }) => kind),
      ['destination-added', 'producer', 'message', 'message'],
    )
    harness.settle()
    harness.failOver('lost')
    assert.deepEqual([...harness.engine.destinations()].map(formatDestination), ['queue://Q'])
  })

  it('that are to be there from the start are made by each leader, where they are missing', () => {
    const destinations = [nameOf('ORDERS'), nameOf('topic://PRICES')]
    const harness = new EngineHarness({ destinations })
    harness.settle()
    assert.deepEqual(
      harness.log.committed.map(({ kind }) => kind),
      ['destination-added', 'destination-added'],
    )
    harness.failOver('lost')
    harness.settle()
    assert.equal(harness.log.committed.length, 2)
    assert.deepEqual([...harness.engine.destinations()], destinations)
  })

  it('can be made on demand, and again', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.client.addDestination(nameOf('Q'), 1001)
    assert.equal(client.isConfirmed(1001), false)
    harness.settle()
    client.client.addDestination(nameOf('Q'), 1002)
    assert.equal(client.isConfirmed(1001) && client.isConfirmed(1002), true)
  })

  it('of a composite name each get the message, or none when one is bad', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.consume('topic://T')
    client.send('A,B,topic://T', 'x')
    harness.settle()
    assert.deepEqual([harness.stored('A'), harness.stored('B')], [['x'], ['x']])
    assert.deepEqual(client.texts, ['x'])
    const bad = client.send('C,temp-queue://none', 'y')
    harness.settle()
    assert.equal(client.rejectionOf(bad), 'INVALID_DESTINATION')
  })

  it('cannot be sent to by a pattern, but queues can be consumed by one', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    assert.equal(client.rejectionOf(client.send('A.*', 'x')), 'INVALID_DESTINATION')
    client.send('A.B', 'one')
    client.consume('A.*')
    client.send('A.C', 'two')
    client.send('B.C', 'three')
    harness.settle()
    assert.deepEqual(client.texts.sort(), ['one', 'two'])
    client.acknowledge(client.deliveries)
    harness.settle()
    assert.deepEqual([harness.depth('A.B'), harness.depth('A.C'), harness.depth('B.C')], [0, 0, 1])
  })

  it('refuse selectors until they are supported', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    assert.throws(() => client.consume('Q', { selector: 'a = 1' }), code('INVALID_SELECTOR'))
    assert.equal(harness.log.pending.length, 0)
  })
})

describe('removing a destination', () => {
  it('is refused while it has consumers', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.consume('Q')
    client.consume('topic://T')
    client.client.removeDestination(nameOf('Q'), 1001)
    client.client.removeDestination(nameOf('topic://T'), 1002)
    assert.equal(client.rejectionOf(1001), 'DESTINATION_IN_USE')
    assert.equal(client.rejectionOf(1002), 'DESTINATION_IN_USE')
  })

  it('takes its messages along, in bounded records, and lets it be made again', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    for (let i = 0; i < 12_000; i++) client.send('Q', `${i}`)
    client.send('Q', 'x', { persistent: false })
    harness.settle()
    client.client.removeDestination(nameOf('Q'), 100_001)
    const refused = client.send('Q', 'late')
    harness.settle()
    assert.equal(client.rejectionOf(refused), 'INVALID_DESTINATION')
    assert.equal(client.isConfirmed(100_001), true)
    assert.deepEqual([...harness.engine.destinations()], [])
    assert.equal(harness.engine.view().memoryUsedBytes, 0)
    const acks = harness.log.committed.filter(({ kind }) => kind === 'acknowledge')
    assert.equal(acks.length, 2)
    client.send('Q', 'new')
    harness.settle()
    assert.deepEqual(harness.stored('Q'), ['new'])
  })

  it('that does not exist succeeds', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.client.removeDestination(nameOf('Q'), 1001)
    assert.equal(client.isConfirmed(1001), true)
  })
})

describe('a temporary destination', () => {
  it('takes messages from everybody and gives them to its owner, storing nothing', () => {
    const harness = new EngineHarness()
    const [owner, other] = [harness.connect(), harness.connect()]
    owner.client.addDestination(nameOf('temp-queue://X'), 1001)
    assert.equal(owner.isConfirmed(1001), true)
    owner.consume('temp-queue://X')
    const receipt = other.send('temp-queue://X', 'reply')
    assert.equal(other.isConfirmed(receipt), true)
    harness.settle()
    assert.deepEqual(owner.texts, ['reply'])
    assert.throws(() => other.consume('temp-queue://X'), code('INVALID_DESTINATION'))
    owner.acknowledge(owner.deliveries)
    harness.settle()
    assert.equal(harness.log.committed.length, 0)
    assert.equal(harness.engine.view().memoryUsedBytes, 0)
  })

  it('goes with its connection, and with what waits in it', () => {
    const harness = new EngineHarness()
    const [owner, other] = [harness.connect(), harness.connect()]
    owner.client.addDestination(nameOf('temp-queue://X'), 1001)
    other.send('temp-queue://X', 'one')
    assert.notEqual(harness.engine.view().memoryUsedBytes, 0)
    owner.client.close()
    assert.equal(harness.engine.view().memoryUsedBytes, 0)
    const refused = other.send('temp-queue://X', 'two')
    assert.equal(other.rejectionOf(refused), 'INVALID_DESTINATION')
  })

  it('can only be removed by its owner, and not while it is consumed', () => {
    const harness = new EngineHarness()
    const [owner, other] = [harness.connect(), harness.connect()]
    const name = nameOf('temp-topic://X')
    owner.client.addDestination(name, 1)
    const consumer = owner.consume('temp-topic://X')
    other.client.removeDestination(name, 1001)
    assert.equal(other.rejectionOf(1001), 'INVALID_DESTINATION')
    owner.client.removeDestination(name, 1002)
    assert.equal(owner.rejectionOf(1002), 'DESTINATION_IN_USE')
    consumer.close(0)
    owner.client.removeDestination(name, 1003)
    assert.equal(owner.isConfirmed(1003), true)
  })

  it('may be announced again by its owner and by nobody else', () => {
    const harness = new EngineHarness()
    const [owner, other] = [harness.connect(), harness.connect()]
    const name = nameOf('temp-queue://X')
    owner.client.addDestination(name, 1)
    owner.client.addDestination({ ...name }, 2)
    other.client.addDestination(name, 3)
    assert.equal(owner.isConfirmed(2), true)
    assert.equal(other.rejectionOf(3), 'INVALID_DESTINATION')
  })
})

describe('observers', () => {
  it('are told of clients, consumers and destinations', () => {
    const harness = new EngineHarness()
    const events: string[] = []
    const id = (client: Client | null): string => client?.options.connectionId ?? '-'
    const consumerId = (consumer: Consumer): string => consumer.options.consumerId
    const observer: EngineObserver = {
      clientConnected: (client) => events.push(`+client ${id(client)}`),
      clientClosed: (client) => events.push(`-client ${id(client)}`),
      consumerAdded: (_, consumer) => events.push(`+consumer ${consumerId(consumer)}`),
      consumerRemoved: (_, consumer) => events.push(`-consumer ${consumerId(consumer)}`),
      destinationAdded: (name, owner) => events.push(`+${formatDestination(name)} of ${id(owner)}`),
      destinationRemoved: (name, owner) =>
        events.push(`-${formatDestination(name)} of ${id(owner)}`),
    }
    harness.engine.observe(observer)
    const client = harness.connect({ connectionId: 'C' })
    client.consume('Q')
    client.client.addDestination(nameOf('temp-queue://X'), 1)
    harness.settle()
    client.client.close()
    assert.deepEqual(events, [
      '+client C',
      '+consumer c1',
      '+temp-queue://X of C',
      '+queue://Q of -',
      '-consumer c1',
      '-temp-queue://X of C',
      '-client C',
    ])
  })
})
