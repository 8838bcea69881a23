import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeCanonical } from '@quorate/core/openwire/canonical-message'
import { create } from '@quorate/core/openwire/commands'
import { decodePrimitiveMap } from '@quorate/core/openwire/primitive-map'
import type { Message } from '../../../src/engine/client.ts'
import { Fixture } from './fixture.ts'
import {
  connectionId,
  connectionInfo,
  consumerIdOf,
  consumerInfo,
  producerIdOf,
  queueNamed,
  topicNamed,
} from './scripted-client.ts'

const temporary = create('ActiveMQTempQueue', { physicalName: 'ID:test-1:1' })

function watch(value: number, topics: string) {
  return consumerInfo(value, topicNamed(topics) as never)
}

/** A readable line for an advisory: topic, what it carries, its properties. */
function told(message: Message): string {
  const command = decodeCanonical(message.body)
  assert.equal(command.jmsType, 'Advisory')
  assert.equal(message.persistent, false)
  assert.deepEqual(message.destination, {
    kind: 'topic',
    name: command.destination?.physicalName,
  })
  const properties = decodePrimitiveMap(command.marshalledProperties ?? Buffer.alloc(0))
  assert.equal(properties?.get('originBrokerName')?.value, 'cluster')
  assert.equal(properties?.get('originBrokerId')?.value, 'ID:node01')
  const counts = ['consumerCount', 'producerCount']
    .filter((name) => properties?.has(name))
    .map((name) => `${name}=${properties?.get(name)?.value as number}`)
  const topic = message.destination.name.replace('ActiveMQ.Advisory.', '')
  return [topic, `type ${command.dataStructure?.type}`, ...counts].join(' ')
}

describe('openwire advisories', () => {
  it('tell of temporary destinations as they come and go', async () => {
    const fixture = new Fixture()
    const watcher = await fixture.connect()
    await watcher.succeed(watch(1, 'ActiveMQ.Advisory.TempQueue,ActiveMQ.Advisory.TempTopic'))
    const owner = await fixture.connect()
    const info = { connectionId, destination: temporary }
    await owner.succeed(create('DestinationInfo', { ...info, operationType: 0 }))
    await owner.succeed(create('DestinationInfo', { ...info, operationType: 1 }))
    assert.deepEqual(fixture.engine.published.map(told), ['TempQueue type 8', 'TempQueue type 8'])
    const commands = fixture.engine.published.map((message) => decodeCanonical(message.body))
    const infos = commands.map(
      (command) => command.dataStructure as typeof info & { operationType: number },
    )
    assert.deepEqual(
      infos.map((each) => [each.operationType, each.destination, each.connectionId?.value]),
      [
        [0, temporary, 'ID:test-1'],
        [1, temporary, 'ID:test-1'],
      ],
    )
    const ids = commands.map((command) => command.messageId?.producerSequenceId)
    assert.equal(new Set(ids).size, 2)
  })

  it('first tell a new subscriber what exists', async () => {
    const fixture = new Fixture()
    const owner = await fixture.connect()
    await owner.succeed(create('DestinationInfo', { connectionId, destination: temporary }))
    const watcher = await fixture.connect()
    await watcher.succeed(watch(1, 'ActiveMQ.Advisory.TempQueue,ActiveMQ.Advisory.TempTopic'))
    assert.deepEqual(
      fixture.engine.publishedTo.map(({ messages }) => messages.map(told)),
      [['TempQueue type 8']],
    )
  })

  it('know destinations that were there before', async () => {
    const fixture = new Fixture()
    fixture.engine.existing = [{ kind: 'queue', name: 'OLD' }]
    // A fixture reads them when its adapter starts, so one more adapter is needed.
    const { Advisories } = await import('../../../src/protocol/openwire/advisory.ts')
    fixture.engine.observers.length = 0
    new Advisories(fixture.engine, {
      brokerId: create('BrokerId', { value: 'ID:node01' }),
      brokerName: 'cluster',
      clock: fixture.clock,
    })
    const watcher = await fixture.connect()
    await watcher.succeed(watch(1, 'ActiveMQ.Advisory.Queue'))
    assert.deepEqual(fixture.engine.publishedTo[0]?.messages.map(told), ['Queue type 8'])
  })

  it('tell of consumers and producers, and how many there are', async () => {
    const fixture = new Fixture()
    const watcher = await fixture.connect()
    await watcher.succeed(watch(1, 'ActiveMQ.Advisory.Consumer.Queue.Q'))
    await watcher.succeed(watch(2, 'ActiveMQ.Advisory.Producer.Queue.Q'))
    const client = await fixture.connect()
    await client.succeed(consumerInfo(1))
    await client.succeed(consumerInfo(2))
    const producerId = producerIdOf(5)
    await client.succeed(create('ProducerInfo', { producerId, destination: queueNamed('Q') }))
    await client.succeed(create('RemoveInfo', { objectId: consumerIdOf(1) }))
    await client.succeed(create('RemoveInfo', { objectId: producerId }))
    assert.deepEqual(fixture.engine.published.map(told), [
      'Consumer.Queue.Q type 5 consumerCount=1',
      'Consumer.Queue.Q type 5 consumerCount=2',
      'Producer.Queue.Q type 6 producerCount=1',
      'Consumer.Queue.Q type 12 consumerCount=1',
      'Producer.Queue.Q type 12 producerCount=0',
    ])
  })

  it('tell of connections without their passwords', async () => {
    const fixture = new Fixture()
    const watcher = await fixture.connect()
    await watcher.succeed(watch(1, 'ActiveMQ.Advisory.Connection'))
    const client = await fixture.dial().greet()
    await client.succeed(create('ConnectionInfo', { ...connectionInfo(), password: 'secret' }))
    await client.succeed(create('RemoveInfo', { objectId: connectionId }))
    assert.deepEqual(fixture.engine.published.map(told), [
      'Connection type 3',
      'Connection type 12',
    ])
    for (const { body } of fixture.engine.published) {
      assert.equal(body.includes('secret'), false)
    }
  })

  it('are not made while nobody watches, and none tells of advisories', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    await client.succeed(consumerInfo(1))
    await client.succeed(watch(2, 'ActiveMQ.Advisory.Topic'))
    await client.succeed(watch(3, 'ActiveMQ.Advisory.Consumer.>'))
    await client.succeed(create('RemoveInfo', { objectId: consumerIdOf(3) }))
    await client.succeed(create('RemoveInfo', { objectId: consumerIdOf(1) }))
    assert.deepEqual(fixture.engine.published, [])
    const [pattern] = fixture.engine.publishedTo
    assert.deepEqual(pattern?.messages.map(told), ['Consumer.Queue.Q type 5 consumerCount=1'])
  })
})
