import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { create } from '@quorate/core/openwire/commands'
import type { Command, MessageCommand } from '@quorate/core/openwire/commands'
import { textOf } from '@quorate/core/openwire/message-body'
import type { ScriptedClient } from '../../../packages/broker/test/protocol/openwire/scripted-client.ts'
import {
  connectionId,
  connectionInfo,
  consumerIdOf,
  consumerInfo,
  producerInfo,
  queueNamed,
  sessionInfo,
  textMessage,
  topicNamed,
  transactionIdOf,
} from '../../../packages/broker/test/protocol/openwire/scripted-client.ts'
import type { MemoryBroker } from '../../support/memory-broker.ts'
import { connectWith, settled, start } from './memory-session.ts'

/** A client that has said who it is; `reconnect` as after a failover. */
function connect(broker: MemoryBroker, reconnect = false): Promise<ScriptedClient> {
  const info = { ...connectionInfo(), failoverReconnect: reconnect, faultTolerant: true }
  return connectWith(broker, info, sessionInfo(), producerInfo())
}

/** Sends a request and gives the type of each answer. */
async function request(client: ScriptedClient, command: Command): Promise<number[]> {
  assert.ok('responseRequired' in command)
  command.responseRequired = true
  client.queue(command)
  await settled()
  return client.answersTo(command.commandId).map((answer) => answer.type)
}

async function succeed(client: ScriptedClient, ...commands: readonly Command[]): Promise<void> {
  for (const command of commands) assert.deepEqual(await request(client, command), [30])
}

function texts(client: ScriptedClient): (string | null)[] {
  return client
    .all('MessageDispatch')
    .map(({ message }) => (message === null ? null : textOf(message)))
}

function sequences(client: ScriptedClient): number[] {
  return client
    .all('MessageDispatch')
    .map(({ message }) => Number(message?.messageId?.producerSequenceId))
}

function ack(message: MessageCommand | null | undefined, ackType = 2) {
  return create('MessageAck', {
    consumerId: consumerIdOf(1),
    destination: queueNamed('Q'),
    ackType,
    firstMessageId: message?.messageId ?? null,
    lastMessageId: message?.messageId ?? null,
    messageCount: 1,
  })
}

describe('openwire on the engine', () => {
  it('stores a message, delivers it and lets it go', async (t) => {
    const broker = start(t)
    const client = await connect(broker)
    await succeed(client, textMessage(1), consumerInfo(1))
    assert.deepEqual(texts(client), ['hi'])
    const [dispatch] = client.all('MessageDispatch')
    assert.equal(dispatch?.destination?.physicalName, 'Q')
    assert.ok(Number(dispatch?.message?.messageId?.brokerSequenceId) > 0)
    await succeed(client, ack(dispatch?.message))
    await succeed(client, create('RemoveInfo', { objectId: consumerIdOf(1) }), consumerInfo(2))
    assert.equal(client.all('MessageDispatch').length, 1)
  })

  it('answers a send only when it is committed', async (t) => {
    const client = await connect(start(t))
    const command = { ...textMessage(1), responseRequired: true }
    client.queue(command)
    // Two microtask rounds carry the bytes over and back; the commit takes a turn of its own.
    for (let i = 0; i < 10; i++) await Promise.resolve()
    assert.deepEqual(client.answersTo(command.commandId), [])
    await settled()
    assert.equal(client.answersTo(command.commandId).length, 1)
  })

  it('does not store twice what a failover client sends again', async (t) => {
    const broker = start(t)
    const client = await connect(broker)
    await succeed(client, textMessage(1), textMessage(2))
    await broker.failOver()
    await settled()
    assert.ok(client.closed)
    const again = await connect(broker, true)
    await succeed(again, textMessage(2), textMessage(3), consumerInfo(1))
    assert.deepEqual(sequences(again), [1, 2, 3])
  })

  it('answers nothing that was under way when it stops leading', async (t) => {
    const broker = start(t)
    const client = await connect(broker)
    client.queue({ ...textMessage(1), responseRequired: true })
    for (let i = 0; i < 10; i++) await Promise.resolve()
    await broker.failOver()
    await settled()
    assert.ok(client.closed)
    assert.deepEqual(client.all('ExceptionResponse'), [])
  })

  it('marks again what was delivered and not acknowledged before a failover', async (t) => {
    const broker = start(t)
    const client = await connect(broker)
    await succeed(client, textMessage(1), consumerInfo(1))
    await broker.failOver()
    await settled()
    const again = await connect(broker, true)
    await succeed(again, consumerInfo(1))
    const [dispatch] = again.all('MessageDispatch')
    assert.ok((dispatch?.redeliveryCounter ?? 0) > 0)
  })

  it('takes the place of an old connection of the same id', async (t) => {
    const broker = start(t)
    const old = await connect(broker)
    await succeed(old, consumerInfo(1))
    const client = await connect(broker, true)
    await settled()
    assert.ok(old.closed)
    await succeed(client, consumerInfo(1), textMessage(1))
    assert.deepEqual(texts(client), ['hi'])
  })

  it('rolls back, and commits once even if asked twice', async (t) => {
    const broker = start(t)
    const client = await connect(broker)
    const transaction = (value: number, transactionType: number) =>
      create('TransactionInfo', {
        connectionId,
        transactionId: transactionIdOf(value),
        transactionType,
      })
    await client.send(transaction(1, 0))
    await client.send({ ...textMessage(1), transactionId: transactionIdOf(1) })
    await succeed(client, transaction(1, 4))
    await client.send(transaction(2, 0))
    await client.send({ ...textMessage(2), transactionId: transactionIdOf(2) })
    await succeed(client, transaction(2, 2), transaction(2, 2), consumerInfo(1))
    assert.deepEqual(sequences(client), [2])
    assert.deepEqual(await request(client, transaction(3, 2)), [31])
  })

  it('tells the advisory consumer of every Java client about temporary destinations', async (t) => {
    const broker = start(t)
    const owner = await connect(broker)
    const destination = create('ActiveMQTempQueue', { physicalName: 'ID:test-1:1' })
    await succeed(owner, create('DestinationInfo', { connectionId, destination }))
    const watcher = await connectWith(broker)
    const other = create('ConnectionId', { value: 'ID:other' })
    const consumerId = create('ConsumerId', { connectionId: 'ID:other', sessionId: -1, value: 1 })
    const topics = topicNamed('ActiveMQ.Advisory.TempQueue,ActiveMQ.Advisory.TempTopic')
    const watch = { consumerId, destination: topics, prefetchSize: 1000, noLocal: true }
    await succeed(
      watcher,
      create('ConnectionInfo', { connectionId: other, clientId: 'other' }),
      create('ConsumerInfo', watch),
    )
    await succeed(owner, create('DestinationInfo', { connectionId, destination, operationType: 1 }))
    const told = watcher.all('MessageDispatch').map(({ message }) => message?.dataStructure)
    assert.deepEqual(
      told.map((info) => (info?.type === 8 ? [info.operationType, info.destination] : info)),
      [
        [0, destination],
        [1, destination],
      ],
    )
  })

  it('sends what a client poisons to the dead letter queue', async (t) => {
    const broker = start(t)
    const client = await connect(broker)
    await succeed(client, textMessage(1), consumerInfo(1))
    const poison = ack(client.all('MessageDispatch')[0]?.message, 1)
    await succeed(client, poison, consumerInfo(2, queueNamed('ActiveMQ.DLQ')))
    const letter = client.all('MessageDispatch')[1]?.message
    assert.equal(letter?.originalDestination?.physicalName, 'Q')
    assert.equal(letter?.messageId?.producerSequenceId, 1)
  })
})
