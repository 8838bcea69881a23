import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '@quorate/core/base/errors'
import { decodeCanonical } from '@quorate/core/openwire/canonical-message'
import { TypeId, create } from '@quorate/core/openwire/commands'
import type { CommandOf } from '@quorate/core/openwire/commands'
import { NO_RECEIPT } from '../../../src/engine/client.ts'
import { Fixture } from './fixture.ts'
import {
  connectionId,
  connectionInfo,
  consumerIdOf,
  consumerInfo,
  producerIdOf,
  producerInfo,
  queueNamed,
  sessionInfo,
  settle,
  textMessage,
  topicNamed,
  transactionIdOf,
} from './scripted-client.ts'

const ILLEGAL_STATE = 'javax.jms.IllegalStateException'

describe('openwire connection', () => {
  it('is registered with what the engine wants to know', async () => {
    const fixture = new Fixture()
    const client = await fixture.dial().greet()
    await client.succeed(create('ConnectionInfo', { ...connectionInfo(), failoverReconnect: true }))
    const { options } = fixture.engine.client
    assert.equal(options.connectionId, 'ID:test-1')
    assert.equal(options.clientId, 'client-1')
    assert.equal(options.userName, 'user')
    assert.equal(options.remoteAddress, 'pipe://right')
    assert.equal(options.reconnect, true)
  })

  it('takes no ids that its tables and the log could not hold', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    const long = 'x'.repeat(5000)
    const transactionId = create('LocalTransactionId', {
      value: 1,
      connectionId: create('ConnectionId', { value: long }),
    })
    const begin = create('TransactionInfo', { connectionId, transactionId, transactionType: 0 })
    assert.equal(await client.fail(begin), 'javax.jms.JMSException')
    const producerId = create('ProducerId', { connectionId: long, sessionId: 1, value: 1 })
    const sessionId = create('SessionId', { connectionId: long, value: 1 })
    assert.equal(await client.fail(create('SessionInfo', { sessionId })), 'javax.jms.JMSException')
    assert.equal(
      await client.fail(create('RemoveInfo', { objectId: producerId })),
      'javax.jms.JMSException',
    )
    assert.deepEqual(fixture.engine.client.named('begin'), [])
  })

  it('takes no names that its tables and the log could not hold', async () => {
    const fixture = new Fixture()
    const long = 'x'.repeat(5000)
    const stranger = await fixture.dial().greet()
    const info = create('ConnectionInfo', { ...connectionInfo(), clientId: long })
    assert.equal(await stranger.fail(info), 'javax.jms.JMSException')
    const client = await fixture.connect()
    const durable = { ...consumerInfo(1), destination: topicNamed('T'), subscriptionName: long }
    assert.equal(await client.fail(create('ConsumerInfo', durable)), 'javax.jms.JMSException')
  })

  it('is refused with the exception of the error table', async () => {
    const fixture = new Fixture()
    fixture.engine.refuse = new BrokerError('INVALID_CLIENT_ID', 'in use')
    const client = await fixture.dial().greet()
    assert.equal(await client.fail(connectionInfo()), 'javax.jms.InvalidClientIDException')
  })

  it('tells a failover client the addresses of the cluster, and again when they change', async () => {
    const fixture = new Fixture()
    const client = await fixture.dial().greet()
    await client.send(create('ConnectionControl', { faultTolerant: true }))
    await client.succeed(connectionInfo())
    fixture.adapter.setClusterUris(['tcp://node03:61616'])
    await settle()
    const controls = client.all('ConnectionControl')
    assert.deepEqual(
      controls.map((control) => control.connectedBrokers),
      ['tcp://node01:61616,tcp://node02:61616', 'tcp://node03:61616'],
    )
    assert.ok(controls.every((control) => control.faultTolerant && !control.rebalanceConnection))
  })

  it('tells a manageable client too, and nobody else', async () => {
    const fixture = new Fixture()
    const plain = await fixture.dial().greet()
    await plain.succeed(connectionInfo())
    assert.deepEqual(plain.all('ConnectionControl'), [])
    const manageable = await fixture.dial().greet()
    await manageable.succeed(create('ConnectionInfo', { ...connectionInfo(), manageable: true }))
    assert.equal(manageable.all('ConnectionControl').length, 1)
  })

  it('ends when the client removes it and shuts down', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    await client.succeed(create('RemoveInfo', { objectId: connectionId }))
    assert.ok(fixture.engine.client.closed)
    await client.send(create('ShutdownInfo'))
    assert.ok(client.closed)
    assert.equal(fixture.adapter.connections, 0)
    assert.deepEqual(fixture.logged, [])
  })

  it('closes its engine client when the socket goes', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    client.end()
    await settle()
    assert.ok(fixture.engine.client.closed)
    assert.equal(fixture.adapter.connections, 0)
  })

  it('closes without an answer when the broker stops leading', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    fixture.engine.client.confirming = false
    client.queue(create('ActiveMQTextMessage', { ...textMessage(1), responseRequired: true }))
    fixture.engine.client.failure = new BrokerError('LEADERSHIP_LOST', 'deposed')
    const answers = await client.request(textMessage(2))
    assert.deepEqual(answers, [])
    assert.ok(client.closed)
    assert.deepEqual(client.all('ExceptionResponse'), [])
  })

  it('closes all connections at once when the adapter stops', async () => {
    const fixture = new Fixture()
    const clients = [await fixture.connect(), await fixture.connect()]
    fixture.adapter.stop()
    await settle()
    assert.ok(clients.every((client) => client.closed))
  })
})

describe('openwire order of commands', () => {
  const beforeConnection = [sessionInfo(), producerInfo(), consumerInfo(1), textMessage(1)]
  for (const command of beforeConnection) {
    it(`answers IllegalStateException to type ${command.type} before ConnectionInfo`, async () => {
      const client = await new Fixture().dial().greet()
      assert.equal(await client.fail({ ...command }), ILLEGAL_STATE)
    })
  }

  it('wants a session before its producers and consumers', async () => {
    const client = await new Fixture().dial().greet()
    await client.succeed(connectionInfo())
    assert.equal(await client.fail(producerInfo()), ILLEGAL_STATE)
    assert.equal(await client.fail(consumerInfo(1)), ILLEGAL_STATE)
    assert.equal(await client.fail(textMessage(1)), ILLEGAL_STATE)
  })

  it('knows the session -1 of every connection', async () => {
    const client = await new Fixture().dial().greet()
    await client.succeed(connectionInfo())
    const consumerId = create('ConsumerId', { connectionId: 'ID:test-1', sessionId: -1, value: 1 })
    await client.succeed(create('ConsumerInfo', { ...consumerInfo(1), consumerId }))
  })

  it('answers ConnectionError when nobody waits for an answer', async () => {
    const client = await new Fixture().dial().greet()
    await client.send(sessionInfo())
    const [error] = client.all('ConnectionError')
    assert.equal(error?.exception?.className, ILLEGAL_STATE)
  })

  it('closes on commands that no client sends to a broker', async () => {
    const client = await new Fixture().connect()
    await client.send(create('ExceptionResponse', { correlationId: 1 }))
    assert.ok(client.closed)
  })

  it('refuses to become part of a network of brokers', async () => {
    const client = await new Fixture().dial().greet()
    const info = create('BrokerInfo', { brokerName: 'other', networkConnection: true })
    assert.equal(await client.fail(info), 'javax.jms.JMSException')
  })
})

describe('openwire sends', () => {
  it('hands a message to the engine as it is', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    const command = textMessage(7, queueNamed('ORDERS'))
    command.priority = 12
    command.expiration = 1_800_000_000_000
    await client.succeed(command)
    const [message] = fixture.engine.client.sent
    assert.equal(message?.producer, 'ID:test-1:1:1')
    assert.equal(message?.producerSequence, 7)
    assert.deepEqual(message?.destination, { kind: 'queue', name: 'ORDERS' })
    assert.equal(message?.persistent, true)
    assert.equal(message?.priority, 9)
    assert.equal(message?.expirationMs, 1_800_000_000_000)
    const stored = decodeCanonical(message?.body ?? Buffer.alloc(0))
    assert.equal(stored.messageId?.producerSequenceId, 7)
    assert.equal(stored.content?.toString('hex'), '000000026869')
    assert.equal(stored.brokerInTime, fixture.clock.wallMs())
    assert.equal(stored.responseRequired, false)
  })

  it('answers only when the engine has confirmed, once', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    const engineClient = fixture.engine.client
    engineClient.confirming = false
    const command = textMessage(1)
    assert.deepEqual(await client.request(command), [])
    const receipt = engineClient.named('send')[0]?.receipt ?? NO_RECEIPT
    engineClient.options.sink.confirm(receipt, null)
    engineClient.options.sink.confirm(receipt, null)
    engineClient.options.sink.flush()
    await settle()
    assert.equal(client.answersTo(command.commandId).length, 1)
  })

  it('answers a refusal with its exception', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    const engineClient = fixture.engine.client
    engineClient.confirming = false
    const command = textMessage(1)
    await client.request(command)
    const receipt = engineClient.named('send')[0]?.receipt ?? NO_RECEIPT
    engineClient.options.sink.reject(receipt, new BrokerError('RESOURCE_LIMIT', 'full'))
    engineClient.options.sink.flush()
    await settle()
    const [answer] = client.answersTo(command.commandId) as CommandOf<'ExceptionResponse'>[]
    assert.equal(answer?.exception?.className, 'javax.jms.ResourceAllocationException')
    assert.equal(answer?.exception?.message, 'full')
  })

  it('tells a sender that does not wait of a refusal by ConnectionError', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    const engineClient = fixture.engine.client
    engineClient.confirming = false
    await client.send(textMessage(1))
    const receipt = engineClient.named('send')[0]?.receipt ?? NO_RECEIPT
    engineClient.options.sink.reject(receipt, new BrokerError('RESOURCE_LIMIT', 'full'))
    engineClient.options.sink.flush()
    await settle()
    const [error] = client.all('ConnectionError')
    assert.equal(error?.exception?.message, 'full')
    assert.equal(error?.connectionId?.value, 'ID:test-1')
  })

  it('gives a producer with a window its room back', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    await client.succeed(create('ProducerInfo', { ...producerInfo(2), windowSize: 1_000_000 }))
    const message = textMessage(1)
    message.producerId = producerIdOf(2)
    await client.send(message)
    const [ack] = client.all('ProducerAck')
    assert.deepEqual([ack?.producerId?.value, ack?.size], [2, 1024 + 6])
    await client.succeed({ ...message, commandId: 0 })
    assert.equal(client.all('ProducerAck').length, 1)
  })

  it('gives a producer with a window the room of a refused message back', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    await client.succeed(create('ProducerInfo', { ...producerInfo(2), windowSize: 1_000_000 }))
    const engineClient = fixture.engine.client
    engineClient.confirming = false
    await client.send({ ...textMessage(1), producerId: producerIdOf(2) })
    assert.equal(client.all('ProducerAck').length, 0)
    const receipt = engineClient.named('send')[0]?.receipt ?? NO_RECEIPT
    engineClient.options.sink.reject(receipt, new BrokerError('RESOURCE_LIMIT', 'full'))
    engineClient.options.sink.flush()
    await settle()
    assert.equal(client.all('ProducerAck')[0]?.size, 1024 + 6)
    assert.equal(client.all('ConnectionError').length, 1)
  })

  it('refuses a destination without a name and a message without an id', async () => {
    const client = await new Fixture().connect()
    const invalid = 'javax.jms.InvalidDestinationException'
    assert.equal(await client.fail(textMessage(1, queueNamed(''))), invalid)
    assert.equal(await client.fail({ ...textMessage(1), destination: null }), invalid)
    await client.send({ ...textMessage(1), messageId: null })
    assert.ok(client.closed)
  })
})

describe('openwire transactions', () => {
  const transactionInfo = (transactionType: number) =>
    create('TransactionInfo', {
      connectionId,
      transactionId: transactionIdOf(3),
      transactionType,
    })

  it('carries what belongs to a transaction, and its end', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    await client.send(transactionInfo(0))
    await client.send({ ...textMessage(1), transactionId: transactionIdOf(3) })
    await client.succeed(transactionInfo(2))
    await client.succeed(transactionInfo(4))
    const calls = fixture.engine.client.calls
    assert.deepEqual(
      calls.map((call) => call.name),
      ['begin', 'send', 'commit', 'rollback'],
    )
    assert.equal(calls[0]?.argument, 'TX:ID:test-1:3')
    assert.equal((calls[1]?.argument as { transaction: string }).transaction, 'TX:ID:test-1:3')
    assert.equal(calls[1]?.receipt, NO_RECEIPT)
  })

  it('says clearly that two-phase transactions are not supported', async () => {
    const client = await new Fixture().connect()
    for (const type of [1, 3, 6, 7]) {
      assert.equal(await client.fail(transactionInfo(type)), 'javax.jms.JMSException')
    }
    const xid = create('XATransactionId', {
      formatId: 1,
      globalTransactionId: Buffer.from('g'),
      branchQualifier: Buffer.from('b'),
    })
    const info = create('TransactionInfo', { connectionId, transactionId: xid })
    assert.equal(await client.fail(info), 'javax.jms.JMSException')
  })

  it('has no prepared transactions to recover', async () => {
    const client = await new Fixture().connect()
    const info = create('TransactionInfo', { connectionId, transactionType: 5 })
    const [answer] = await client.request(info)
    assert.equal(answer?.type, TypeId.DataArrayResponse)
    assert.deepEqual(answer.data, [])
  })
})

describe('openwire destinations and subscriptions', () => {
  const temporary = create('ActiveMQTempQueue', { physicalName: 'ID:test-1:1' })

  it('adds and removes temporary destinations', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    const info = { connectionId, destination: temporary }
    await client.succeed(create('DestinationInfo', { ...info, operationType: 0 }))
    await client.succeed(create('DestinationInfo', { ...info, operationType: 1 }))
    const name = { kind: 'temp-queue', name: 'ID:test-1:1' }
    assert.deepEqual(
      fixture.engine.client.calls.map((call) => [call.name, call.argument]),
      [
        ['addDestination', name],
        ['removeDestination', name],
      ],
    )
    const wrong = create('DestinationInfo', { ...info, operationType: 2 })
    assert.equal(await client.fail(wrong), 'javax.jms.JMSException')
  })

  it('removes durable subscriptions by name', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    const info = create('RemoveSubscriptionInfo', { connectionId, subcriptionName: 'audit' })
    await client.succeed(info)
    assert.equal(fixture.engine.client.named('unsubscribe')[0]?.argument, 'audit')
  })

  it('opens consumers with their options', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    const info = consumerInfo(4, topicNamed('NEWS') as never)
    Object.assign(info, { subscriptionName: 'audit', noLocal: true, priority: 5, prefetchSize: -1 })
    await client.succeed(info)
    const options = fixture.engine.client.consumers[0]?.options
    assert.equal(options?.consumerId, 'ID:test-1:1:4')
    assert.deepEqual(options?.destination, { kind: 'topic', name: 'NEWS' })
    assert.equal(options?.durableName, 'audit')
    assert.equal(options?.noLocal, true)
    assert.equal(options?.priority, 5)
    assert.equal(options?.prefetch, 0)
    assert.equal(options?.selector, '')
  })

  it('bounds prefetch', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    await client.succeed({ ...consumerInfo(1), prefetchSize: 2_000_000_000 })
    assert.equal(fixture.engine.client.consumers[0]?.prefetch, 32_767)
  })

  it('forgets a consumer that the engine refused', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    fixture.engine.client.failure = new BrokerError('INVALID_SELECTOR', 'not supported')
    const refused = await client.fail(consumerInfo(1))
    assert.equal(refused, 'javax.jms.InvalidSelectorException')
    await client.succeed(consumerInfo(1))
    assert.equal(fixture.engine.client.named('openConsumer').length, 1)
  })

  it('tells the client when its consumer is ended', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    await client.succeed(consumerInfo(1))
    const engineClient = fixture.engine.client
    const [consumer] = engineClient.consumers
    assert.ok(consumer !== undefined)
    const reason = new BrokerError('INVALID_DESTINATION', 'it was removed')
    engineClient.options.sink.consumerEnded(consumer, reason)
    engineClient.options.sink.flush()
    await settle()
    const [control] = client.all('ConsumerControl')
    assert.deepEqual([control?.close, control?.consumerId?.value], [true, 1])
    assert.equal(client.all('ConnectionError')[0]?.exception?.message, 'it was removed')
  })

  it('takes a new prefetch and passes pulls on', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    await client.succeed({ ...consumerInfo(1), prefetchSize: 0 })
    const consumerId = consumerIdOf(1)
    await client.send(create('ConsumerControl', { consumerId, prefetch: 250 }))
    await client.send(create('MessagePull', { consumerId, timeout: -1 }))
    await client.send(create('MessagePull', { consumerId, timeout: 1500 }))
    const [consumer] = fixture.engine.client.consumers
    assert.equal(consumer?.prefetch, 250)
    assert.deepEqual(consumer?.pulls, [-1, 1500])
  })
})
