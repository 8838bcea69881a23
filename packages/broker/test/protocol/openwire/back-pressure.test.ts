import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '@quorate/core/base/errors'
import { create } from '@quorate/core/openwire/commands'
import { RECEIPTS_MAX, UNCOMMITTED_BYTES_MAX } from '../../../src/protocol/openwire/limits.ts'
import { Fixture } from './fixture.ts'
import { settle, textMessage } from './scripted-client.ts'

const longError = new BrokerError('RESOURCE_LIMIT', 'x'.repeat(100_000))

describe('openwire back-pressure', () => {
  it('stops reading while too many sends are uncommitted, and reads on later', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    const engineClient = fixture.engine.client
    engineClient.confirming = false
    for (let sequence = 1; sequence <= RECEIPTS_MAX + 10; sequence++) {
      client.queue(textMessage(sequence))
    }
    await settle()
    assert.equal(engineClient.sent.length, RECEIPTS_MAX)
    for (const call of engineClient.named('send')) {
      engineClient.options.sink.confirm(call.receipt, null)
    }
    engineClient.options.sink.flush()
    await settle()
    assert.equal(engineClient.sent.length, RECEIPTS_MAX + 10)
    assert.deepEqual(client.all('Response').length, 2, 'nobody waited for these')
  })

  it('bounds the bytes that are uncommitted', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    const engineClient = fixture.engine.client
    engineClient.confirming = false
    const size = 4 * 1024 * 1024
    for (let sequence = 1; sequence <= 20; sequence++) {
      client.queue({ ...textMessage(sequence), content: Buffer.alloc(size) })
    }
    await settle()
    assert.equal(engineClient.sent.length, UNCOMMITTED_BYTES_MAX / size)
  })

  it('stops reading when the engine says so', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    const { sink } = fixture.engine.client.options
    sink.pause()
    await client.send(textMessage(1))
    assert.equal(fixture.engine.client.sent.length, 0)
    sink.resume()
    await settle()
    assert.equal(fixture.engine.client.sent.length, 1)
  })

  it('keeps what it has read already behind a send that waits for room', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    const engineClient = fixture.engine.client
    const { sink } = engineClient.options
    engineClient.onSend = () => sink.pause()
    client.queueTogether(textMessage(1), textMessage(2), textMessage(3))
    await settle()
    assert.equal(engineClient.sent.length, 1)
    sink.resume()
    await settle()
    assert.equal(engineClient.sent.length, 2)
    engineClient.onSend = () => {}
    sink.resume()
    await settle()
    assert.equal(engineClient.sent.length, 3)
  })

  it('stops reading from a peer that asks and does not read the answers', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    client.pause()
    const { sink } = fixture.engine.client.options
    for (let i = 0; i < 6000; i++) sink.reject(-1, longError)
    sink.flush()
    await client.send(textMessage(1))
    assert.equal(fixture.engine.client.sent.length, 0)
    client.resume()
    await settle()
    assert.equal(fixture.engine.client.sent.length, 1)
  })

  it('ends a connection whose peer leaves too much unread', async () => {
    const fixture = new Fixture({ maxFrameSizeBytes: 1024 * 1024 })
    const client = await fixture.connect()
    client.pause()
    const { sink } = fixture.engine.client.options
    for (let i = 0; i < 80_000; i++) sink.reject(-1, longError)
    sink.flush()
    await settle()
    assert.match(fixture.logged.join(), /RESOURCE_LIMIT/)
    assert.ok(fixture.engine.client.closed)
  })

  it('bounds what one connection may register', async () => {
    const client = await new Fixture().connect()
    for (let value = 0; value < 10_000; value++) {
      const sessionId = create('SessionId', { connectionId: 'ID:test-1', value: 100 + value })
      client.queue(create('SessionInfo', { sessionId }))
    }
    await settle()
    const [error] = client.all('ConnectionError')
    assert.equal(error?.exception?.className, 'javax.jms.ResourceAllocationException')
  })
})
