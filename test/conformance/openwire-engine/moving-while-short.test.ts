import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { create } from '@quorate/core/openwire/commands'
import type { MessageCommand } from '@quorate/core/openwire/commands'
import { WAITING_BYTES_MAX, WAITING_SENDS_MAX } from '@quorate/broker/engine/policy/limits'
import { RECEIPTS_MAX, UNCOMMITTED_BYTES_MAX } from '@quorate/broker/protocol/openwire/limits'
import type { ScriptedClient } from '../../../packages/broker/test/protocol/openwire/scripted-client.ts'
import {
  connectionInfo,
  consumerIdOf,
  consumerInfo,
  producerInfo,
  queueNamed,
  sessionInfo,
  textMessage,
} from '../../../packages/broker/test/protocol/openwire/scripted-client.ts'
import type { MemoryBroker } from '../../support/memory-broker.ts'
import { connectWith, settled, start } from './memory-session.ts'

const MOVED = 20

/** A client that consumes A and sends to B, `windowSize` bytes at a time; the store is full. */
async function mover(
  t: TestContext,
  windowSize = 0,
): Promise<{ broker: MemoryBroker; client: ScriptedClient }> {
  const broker = start(t)
  const producer = { ...producerInfo(), windowSize }
  const client = await connectWith(broker, connectionInfo(), sessionInfo(), producer)
  for (let i = 1; i <= MOVED; i++) client.queue(messageTo('A', i))
  client.queue({ ...consumerInfo(1), destination: queueNamed('A'), prefetchSize: MOVED })
  await settled()
  assert.equal(client.all('MessageDispatch').length, MOVED)
  broker.engine.setShort('store', true)
  return { broker, client }
}

function messageTo(queue: string, sequence: number, content?: Buffer): MessageCommand {
  const message = { ...textMessage(sequence), destination: queueNamed(queue) }
  return content === undefined ? message : { ...message, content }
}

function sendToB(client: ScriptedClient, count: number, content?: Buffer): void {
  for (let i = 1; i <= count; i++) client.queue(messageTo('B', MOVED + i, content))
}

function acknowledgeAll(client: ScriptedClient): void {
  for (const { message } of client.all('MessageDispatch')) {
    const messageId = message?.messageId ?? null
    client.queue(
      create('MessageAck', {
        consumerId: consumerIdOf(1),
        destination: queueNamed('A'),
        ackType: 2,
        firstMessageId: messageId,
        lastMessageId: messageId,
        messageCount: 1,
      }),
    )
  }
}

function depth(broker: MemoryBroker, name: string): number {
  const { queues } = broker.engine.view()
  return queues.find(({ destination }) => destination.name === name)?.depth ?? 0
}

async function drained(broker: MemoryBroker, count: number): Promise<void> {
  broker.engine.setShort('store', false)
  for (let turn = 0; turn < 20 && depth(broker, 'B') < count; turn++) await settled()
  assert.equal(depth(broker, 'B'), count)
}

describe('a connection that consumes and sends without waiting, on a full store', () => {
  it('is read from beyond what may be uncommitted, and drains when there is space', async (t) => {
    for (const windowSize of [0, 100 * 1024 * 1024]) {
      const { broker, client } = await mover(t, windowSize)
      const sends = RECEIPTS_MAX + 100
      sendToB(client, sends)
      acknowledgeAll(client)
      await settled()
      assert.equal(broker.engine.view().flow.waitingSends.store, sends)
      assert.equal(depth(broker, 'A'), 0, 'its acknowledgements are taken')
      await drained(broker, sends)
      assert.equal(broker.engine.view().flow.waitingBytes, 0)
    }
  })

  it('is read from beyond the bytes that may be uncommitted', async (t) => {
    const { broker, client } = await mover(t)
    const content = Buffer.alloc(512 * 1024)
    const sends = UNCOMMITTED_BYTES_MAX / content.length + 4
    sendToB(client, sends, content)
    acknowledgeAll(client)
    await settled()
    assert.equal(depth(broker, 'A'), 0)
    await drained(broker, sends)
  })

  it('is refused what exceeds its waiting sends, and goes on', async (t) => {
    const { broker, client } = await mover(t)
    sendToB(client, WAITING_SENDS_MAX + 3)
    acknowledgeAll(client)
    await settled()
    assert.equal(broker.engine.view().flow.waitingSends.store, WAITING_SENDS_MAX)
    assert.equal(client.all('ConnectionError').length, 3)
    assert.equal(depth(broker, 'A'), 0)
    await drained(broker, WAITING_SENDS_MAX)
  })

  it('is refused the bytes that exceed what may wait', async (t) => {
    const { broker, client } = await mover(t)
    const content = Buffer.alloc(512 * 1024)
    sendToB(client, WAITING_BYTES_MAX / content.length + 3, content)
    acknowledgeAll(client)
    await settled()
    assert.ok(broker.engine.view().flow.waitingBytes < WAITING_BYTES_MAX + 2 * content.length)
    assert.notEqual(client.all('ConnectionError').length, 0)
    assert.equal(depth(broker, 'A'), 0)
  })
})
