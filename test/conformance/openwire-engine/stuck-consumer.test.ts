import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { create } from '@quorate/core/openwire/commands'
import { TOPIC_PENDING_BYTES_MAX } from '@quorate/broker/engine/policy/limits'
import { DISPATCH_BYTES_MAX } from '@quorate/broker/protocol/openwire/limits'
import type { ScriptedClient } from '../../../packages/broker/test/protocol/openwire/scripted-client.ts'
import {
  consumerInfo,
  producerInfo,
  queueNamed,
  sessionInfo,
  textMessage,
  topicNamed,
} from '../../../packages/broker/test/protocol/openwire/scripted-client.ts'
import type { MemoryBroker } from '../../support/memory-broker.ts'
import { connectWith, settled, start } from './memory-session.ts'

const MESSAGE_BYTES = 32 << 10
const MESSAGES = 3000
/** Sent before the broker has a turn. */
const BURST = 50

function connect(broker: MemoryBroker, name: string): Promise<ScriptedClient> {
  const connectionId = create('ConnectionId', { value: name })
  const info = create('ConnectionInfo', { connectionId, clientId: name, userName: '' })
  return connectWith(broker, info, sessionInfo(), producerInfo())
}

/** One that will read nothing, one that reads, and one that sends. */
async function trio(
  broker: MemoryBroker,
): Promise<[ScriptedClient, ScriptedClient, ScriptedClient]> {
  const [stuck, healthy] = [await connect(broker, 'stuck'), await connect(broker, 'healthy')]
  return [stuck, healthy, await connect(broker, 'sender')]
}

describe('a consumer that reads nothing', () => {
  it('of a topic costs a bounded amount of memory, and slows nobody down', async (t) => {
    const broker = start(t)
    const topic = topicNamed('QUOTES')
    const subscribe = { ...consumerInfo(1), destination: topic, prefetchSize: 32_766 }
    const [stuck, healthy, sender] = await trio(broker)
    for (const client of [stuck, healthy]) client.queue({ ...subscribe })
    await settled()
    stuck.pause()
    for (let sequence = 1; sequence <= MESSAGES; sequence++) {
      const content = Buffer.alloc(MESSAGE_BYTES)
      sender.queue({
        ...textMessage(sequence),
        destination: topic,
        persistent: false,
        content,
      })
      if (sequence % BURST === 0) await settled()
    }
    await settled()
    assert.equal(healthy.all('MessageDispatch').length, MESSAGES)
    const view = broker.engine.view()
    const quotes = view.topics.find(({ destination }) => destination.name === 'QUOTES')
    const keptBytes = (MESSAGES - (quotes?.discarded ?? 0)) * MESSAGE_BYTES
    const mostBytes = TOPIC_PENDING_BYTES_MAX + DISPATCH_BYTES_MAX + 2 * BURST * MESSAGE_BYTES
    assert.ok(keptBytes <= mostBytes, `${keptBytes} bytes are kept`)
    assert.ok(view.topicPendingBytes <= TOPIC_PENDING_BYTES_MAX)
    assert.equal(view.flow.pausedSenders, 0)
    assert.equal(view.memoryUsedBytes, 0)
  })

  it('of a queue costs what its prefetch allows, and the others get the rest', async (t) => {
    const broker = start(t)
    const [stuck, healthy, sender] = await trio(broker)
    stuck.queue({ ...consumerInfo(1), prefetchSize: 100 })
    healthy.queue({ ...consumerInfo(1), prefetchSize: 32_766 })
    await settled()
    stuck.pause()
    for (let sequence = 1; sequence <= MESSAGES; sequence++) {
      const content = Buffer.alloc(MESSAGE_BYTES)
      sender.queue({ ...textMessage(sequence, queueNamed('Q')), content })
      if (sequence % BURST === 0) await settled()
    }
    await settled()
    assert.ok(healthy.all('MessageDispatch').length >= MESSAGES - 100)
    assert.equal(broker.engine.view().flow.pausedSenders, 0)
  })
})
