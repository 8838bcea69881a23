import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeCanonical } from '@quorate/core/openwire/canonical-message'
import { create } from '@quorate/core/openwire/commands'
import type { ConsumerInfo, MessageAck, MessageCommand } from '@quorate/core/openwire/commands'
import type { Message } from '../../../src/engine/client.ts'
import type { FakeClient, FakeConsumer } from './fake-engine.ts'
import { Fixture } from './fixture.ts'
import type { ScriptedClient } from './scripted-client.ts'
import {
  connectionId,
  consumerIdOf,
  consumerInfo,
  queueNamed,
  settle,
  textMessage,
  transactionIdOf,
} from './scripted-client.ts'

interface Extra {
  readonly sequence?: number
  readonly redeliveries?: number
}

function stored(command: MessageCommand, extra: Extra = {}): Message & Extra {
  return {
    producer: '',
    producerSequence: 0,
    paced: true,
    destination: { kind: 'queue', name: 'Q' },
    persistent: true,
    priority: 4,
    expirationMs: 0,
    body: encodeCanonical(command),
    decoded: null,
    ...extra,
  }
}

interface Setting {
  readonly fixture: Fixture
  readonly client: ScriptedClient
  readonly engineClient: FakeClient
  readonly consumer: FakeConsumer
}

/** A client with one consumer to which messages 1 to `count` have been delivered. */
async function consuming(count: number, info: Partial<ConsumerInfo> = {}): Promise<Setting> {
  const fixture = new Fixture()
  const client = await fixture.connect()
  await client.succeed({ ...consumerInfo(1), ...info })
  const engineClient = fixture.engine.client
  const consumer = engineClient.consumers[0] as FakeConsumer
  const messages = Array.from({ length: count }, (_, at) =>
    stored(textMessage(at + 1), { sequence: 100 + at }),
  )
  if (count > 0) consumer.deliver(...messages)
  await settle()
  return { fixture, client, engineClient, consumer }
}

function idOf(sequence: number) {
  return textMessage(sequence).messageId
}

function ackOf(ackType: number, [first, last]: readonly [number | null, number]): MessageAck {
  return create('MessageAck', {
    consumerId: consumerIdOf(1),
    destination: queueNamed('Q'),
    ackType,
    firstMessageId: first === null ? null : idOf(first),
    lastMessageId: idOf(last),
    messageCount: first === null ? 1 : last - first + 1,
  })
}

describe('openwire delivery', () => {
  it('stamps what a consumer is to see of each message', async () => {
    const { client, consumer, fixture } = await consuming(0)
    fixture.clock.advance(5000)
    consumer.deliver(stored(textMessage(9), { sequence: 77, redeliveries: 2 }))
    await settle()
    const [dispatch] = client.all('MessageDispatch')
    assert.equal(dispatch?.consumerId?.value, 1)
    assert.equal(dispatch?.destination?.physicalName, 'Q')
    assert.equal(dispatch?.redeliveryCounter, 2)
    const message = dispatch?.message
    assert.equal(message?.redeliveryCounter, 2)
    assert.equal(message?.messageId?.producerSequenceId, 9)
    assert.equal(message?.messageId?.brokerSequenceId, 77)
    assert.equal(message?.brokerOutTime, fixture.clock.wallMs())
    assert.equal(message?.content?.toString('hex'), '000000026869')
  })

  it('stamps a message that two connections share for each of them', async () => {
    const fixture = new Fixture()
    const command = textMessage(1)
    const clients: ScriptedClient[] = []
    for (const redeliveries of [0, 3]) {
      const client = await fixture.connect()
      await client.succeed(consumerInfo(1))
      const consumer = fixture.engine.client.consumers[0] as FakeConsumer
      const message = stored(command, { sequence: 5 + redeliveries, redeliveries })
      message.decoded = command
      consumer.deliver(message)
      clients.push(client)
    }
    await settle()
    const seen = clients.map((client) => client.all('MessageDispatch')[0]?.message)
    assert.deepEqual(
      seen.map((message) => [message?.redeliveryCounter, message?.messageId?.brokerSequenceId]),
      [
        [0, 5],
        [3, 8],
      ],
    )
  })

  it('addresses a message to several destinations to the one it comes from', async () => {
    const { client, consumer } = await consuming(0)
    const composite = queueNamed('P,Q')
    consumer.deliver(stored(textMessage(1, composite)))
    await settle()
    const message = client.all('MessageDispatch')[0]?.message
    assert.equal(message?.destination?.physicalName, 'Q')
    assert.equal(message?.originalDestination?.physicalName, 'P,Q')
  })

  it('ends a browse, or a pull without result, by a dispatch without message', async () => {
    const { client, consumer, engineClient } = await consuming(1)
    engineClient.options.sink.endOfMessages(consumer)
    engineClient.options.sink.flush()
    await settle()
    const [, end] = client.all('MessageDispatch')
    assert.equal(end?.consumerId?.value, 1)
    assert.equal(end?.message, null)
  })

  it('holds deliveries back while the peer does not read, and goes on when it does', async () => {
    const { client, consumer, engineClient } = await consuming(0)
    client.pause()
    const large = textMessage(1)
    large.content = Buffer.alloc(400_000)
    const body = encodeCanonical(large)
    const messages = Array.from({ length: 20 }, () => ({ ...stored(textMessage(1)), body }))
    consumer.deliver(...messages)
    engineClient.options.sink.endOfMessages(consumer)
    engineClient.options.sink.flush()
    await settle()
    assert.equal(engineClient.writable, false)
    assert.equal(client.all('MessageDispatch').length, 0)
    assert.equal(consumer.sent, 3, 'the bodies of the others are still needed')
    client.resume()
    while (client.all('MessageDispatch').length < 21) await settle()
    assert.equal(engineClient.writable, true)
    assert.equal(consumer.sent, 20)
    assert.equal(client.all('MessageDispatch').at(-1)?.message, null)
  })

  it('writes nothing that it held back until the broker may dispatch again', async () => {
    const { fixture, client, consumer } = await consuming(0)
    client.pause()
    const large = textMessage(1)
    large.content = Buffer.alloc(400_000)
    const body = encodeCanonical(large)
    consumer.deliver(...Array.from({ length: 20 }, () => ({ ...stored(textMessage(1)), body })))
    fixture.engine.mayDispatch = false
    client.resume()
    for (let i = 0; i < 20; i++) await settle()
    const before = client.all('MessageDispatch').length
    assert.ok(before < 20)
    fixture.engine.mayDispatch = true
    fixture.clock.advance(100)
    for (let i = 0; i < 20; i++) await settle()
    assert.equal(client.all('MessageDispatch').length, 20)
  })

  it('drops what it held back for a consumer that is closed meanwhile', async () => {
    const { client, consumer } = await consuming(0)
    client.pause()
    const large = textMessage(1)
    large.content = Buffer.alloc(400_000)
    const body = encodeCanonical(large)
    consumer.deliver(...Array.from({ length: 20 }, () => ({ ...stored(textMessage(1)), body })))
    await client.send(create('RemoveInfo', { objectId: consumerIdOf(1) }))
    client.resume()
    await settle()
    await settle()
    assert.ok(client.all('MessageDispatch').length < 20)
  })

  it('sends a message that the peer cannot take to the dead letter queue', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect({ version: 2 })
    await client.succeed(consumerInfo(1))
    const consumer = fixture.engine.client.consumers[0] as FakeConsumer
    const blob = create('ActiveMQBlobMessage', {
      messageId: idOf(1),
      producerId: textMessage(1).producerId,
      destination: queueNamed('Q'),
    })
    consumer.deliver(stored(blob), stored(textMessage(2)))
    await settle()
    const [ack] = fixture.engine.client.acknowledged
    assert.equal(ack?.mode, 'poisoned')
    assert.deepEqual(
      ack?.deliveries.map((delivery) => delivery.id),
      [1],
    )
    assert.equal(client.all('MessageDispatch')[0]?.message?.messageId?.producerSequenceId, 2)
  })
})

describe('openwire delivery to a client with small frames', () => {
  it('ends the connection and keeps a message that does not fit', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect({ maxFrameBytes: 2000 })
    await client.succeed(consumerInfo(1))
    const large = textMessage(1)
    large.content = Buffer.alloc(3000)
    const engineClient = fixture.engine.client
    engineClient.consumers[0]?.deliver(stored(large))
    await settle()
    assert.ok(client.closed)
    assert.deepEqual(engineClient.acknowledged, [])
    assert.match(fixture.logged.join(), /FRAME_TOO_LARGE/)
  })

  it('survives a client whose frames hold nothing', async () => {
    const fixture = new Fixture()
    const client = await fixture.dial({ maxFrameBytes: 1 }).greet()
    assert.ok(client.closed)
    assert.equal(fixture.adapter.connections, 0)
  })
})

describe('openwire acknowledgement', () => {
  const cases: readonly (readonly [string, MessageAck, string, readonly number[]])[] = [
    ['a standard range', ackOf(2, [1, 3]), 'consumed', [1, 2, 3]],
    ['a range in the middle', ackOf(2, [2, 4]), 'consumed', [2, 3, 4]],
    ['a range without a first', ackOf(2, [null, 3]), 'consumed', [1, 2, 3]],
    ['one of its own', ackOf(4, [null, 3]), 'consumed', [3]],
    ['seen and not acknowledged', ackOf(0, [1, 4]), 'delivered', [1, 2, 3, 4]],
    ['poison', ackOf(1, [5, 5]), 'poisoned', [5]],
    ['redelivered', ackOf(3, [1, 2]), 'redelivered', [1, 2]],
    ['unmatched', ackOf(5, [1, 1]), 'consumed', [1]],
    ['expired', ackOf(6, [4, 5]), 'expired', [4, 5]],
    ['a count that is wrong', { ...ackOf(2, [1, 3]), messageCount: 99 }, 'consumed', [1, 2, 3]],
  ]
  for (const [name, ack, mode, ids] of cases) {
    it(`finds the deliveries of ${name}`, async () => {
      const { client, engineClient } = await consuming(5)
      await client.succeed({ ...ack, commandId: 0 })
      const [acknowledged] = engineClient.acknowledged
      assert.equal(acknowledged?.mode, mode)
      assert.deepEqual(
        acknowledged?.deliveries.map((delivery) => delivery.id),
        ids,
      )
      assert.equal(acknowledged?.transaction, '')
    })
  }

  it('carries the transaction and the cause of a poisoned message', async () => {
    const { client, engineClient } = await consuming(1)
    const ack = ackOf(1, [1, 1])
    ack.transactionId = transactionIdOf(4)
    ack.poisonCause = {
      className: 'java.lang.Throwable',
      message: 'too often',
      stackTrace: [],
      cause: null,
    }
    await client.send(ack)
    const [acknowledged] = engineClient.acknowledged
    assert.equal(acknowledged?.transaction, 'TX:ID:test-1:4')
    assert.equal(acknowledged?.cause, 'java.lang.Throwable: too often')
  })

  it('has the engine confirm what is not in flight, for it may be a repetition', async () => {
    const { client, engineClient } = await consuming(2)
    const strangers = { ...ackOf(2, [1, 1]), consumerId: consumerIdOf(9), commandId: 0 }
    for (const ack of [ackOf(2, [7, 8]), ackOf(2, [2, 1]), strangers]) await client.succeed(ack)
    assert.deepEqual(
      engineClient.acknowledged.map(({ mode, deliveries }) => [mode, deliveries.length]),
      [1, 2, 3].map(() => ['consumed', 0]),
    )
  })

  const inTransaction = (ack: MessageAck): MessageAck => {
    return { ...ack, transactionId: transactionIdOf(4) }
  }
  const wholeness: readonly (readonly [string, MessageAck, boolean, readonly number[]])[] = [
    ['a range that is with its consumer', ackOf(2, [1, 3]), true, [1, 2, 3]],
    ['everything up to one', ackOf(2, [null, 3]), true, [1, 2, 3]],
    ['one of its own', ackOf(4, [null, 3]), true, [3]],
    ['what is not with its consumer', ackOf(2, [7, 8]), false, []],
    ['one that is not with its consumer', ackOf(4, [null, 9]), false, []],
    ['a range in another order', ackOf(2, [2, 1]), false, []],
    ['more than lies between', { ...ackOf(2, [1, 3]), messageCount: 4 }, false, [1, 2, 3]],
    ['less than lies between', { ...ackOf(2, [1, 3]), messageCount: 2 }, false, [1, 2, 3]],
    ['more than there are up to one', { ...ackOf(2, [null, 2]), messageCount: 3 }, false, [1, 2]],
    [
      'for a consumer that is gone',
      { ...ackOf(2, [1, 1]), consumerId: consumerIdOf(9) },
      false,
      [],
    ],
  ]
  for (const [name, ack, isWhole, ids] of wholeness) {
    it(`tells whether a transaction acknowledges just what it says: ${name}`, async () => {
      const { client, engineClient } = await consuming(5)
      await client.succeed(inTransaction(ack))
      const [acknowledged] = engineClient.acknowledged
      assert.equal(acknowledged?.isWhole, isWhole)
      assert.deepEqual(
        acknowledged.deliveries.map((delivery) => delivery.id),
        ids,
      )
    })
  }

  it('lets a transaction acknowledge what cannot come again', async () => {
    const topic = create('ActiveMQTopic', { physicalName: 'T' })
    for (const options of [{ browser: true }, { destination: topic }]) {
      const { client, engineClient } = await consuming(2, options)
      await client.succeed(inTransaction(ackOf(2, [7, 8])))
      assert.deepEqual(engineClient.acknowledged, [])
    }
    const durable = { destination: topic, subscriptionName: 'S' }
    const { client, engineClient } = await consuming(2, durable)
    await client.succeed(inTransaction(ackOf(2, [7, 8])))
    assert.equal(engineClient.acknowledged[0]?.isWhole, false)
  })

  it('passes over in a transaction what was only seen and is gone', async () => {
    const { client, engineClient } = await consuming(2)
    await client.succeed(inTransaction(ackOf(0, [7, 8])))
    assert.equal(engineClient.acknowledged[0]?.isWhole, true)
  })

  it('refuses types that do not exist', async () => {
    const { client } = await consuming(1)
    assert.equal(await client.fail(ackOf(7, [1, 1])), 'javax.jms.JMSException')
    assert.equal(await client.fail(ackOf(-1, [1, 1])), 'javax.jms.JMSException')
  })
})

describe('openwire removal', () => {
  const remove = (lastDeliveredSequenceId: number, objectId: object = consumerIdOf(1)) =>
    create('RemoveInfo', { objectId: objectId as never, lastDeliveredSequenceId })

  it('tells the engine how far the application got', async () => {
    const { client, consumer } = await consuming(5)
    await client.succeed(remove(102))
    assert.equal(consumer.closedAt, 3)
  })

  it('takes all as seen when the client cannot say, and none when it says none', async () => {
    const first = await consuming(5)
    await first.client.succeed(remove(-2))
    assert.equal(first.consumer.closedAt, 5)
    const second = await consuming(5)
    await second.client.succeed(remove(-1))
    assert.equal(second.consumer.closedAt, -1)
    const third = await consuming(5)
    await third.client.succeed(remove(4711))
    assert.equal(third.consumer.closedAt, -1)
  })

  it('finds messages that are not stored by the number that they were sent with', async () => {
    const { client, consumer } = await consuming(0)
    consumer.deliver(stored(textMessage(1)), stored(textMessage(2)), stored(textMessage(3)))
    await settle()
    const seen = client.all('MessageDispatch')[1]?.message?.messageId?.brokerSequenceId
    await client.succeed(remove(Number(seen)))
    assert.equal(consumer.closedAt, 2)
  })

  it('closes the consumers of a session and of a connection', async () => {
    const first = await consuming(5)
    const sessionId = create('SessionId', { connectionId: 'ID:test-1', value: 1 })
    await first.client.succeed(remove(101, sessionId))
    assert.equal(first.consumer.closedAt, 2)
    assert.equal(
      await first.client.fail(consumerInfo(2)),
      'javax.jms.IllegalStateException',
      'the session is gone',
    )
    const second = await consuming(5)
    await second.client.succeed(remove(103, connectionId))
    assert.equal(second.consumer.closedAt, 4)
    assert.ok(second.engineClient.closed)
  })

  it('does not mind what is not there', async () => {
    const { client } = await consuming(0)
    await client.succeed(remove(-1, consumerIdOf(5)))
    await client.succeed(remove(-1, create('ProducerId', { connectionId: 'x', value: 8 })))
  })
})
