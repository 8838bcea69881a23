import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { BrokerError } from '@quorate/core/base/errors'
import { LARGE_BYTES } from '@quorate/core/base/roomy-memory'
import { create } from '@quorate/core/openwire/commands'
import { tcpNetwork } from '@quorate/core/transport/tcp-network'
import {
  LARGE_FRAME_CONFIRM_TIMEOUT_MS,
  LARGE_FRAME_TIMEOUT_MS,
  TICK_MS,
  UNCOMMITTED_BYTES_MAX,
} from '../../../src/protocol/openwire/limits.ts'
import { Fixture } from './fixture.ts'
import {
  ScriptedClient,
  connectionId,
  settle,
  textMessage,
  transactionIdOf,
} from './scripted-client.ts'

const CHUNK_BYTES = 64 * 1024
const longError = new BrokerError('RESOURCE_LIMIT', 'x'.repeat(100_000))
const BODY_BYTES = 2 * LARGE_BYTES

function largeMessage(sequence: number) {
  return { ...textMessage(sequence), content: Buffer.alloc(BODY_BYTES, sequence) }
}

/** Writes the bytes as a socket would hand them over. */
function writeAll(client: ScriptedClient, bytes: Buffer, end = bytes.length, start = 0): void {
  for (let at = start; at < end; at += CHUNK_BYTES) {
    client.write(bytes.subarray(at, Math.min(at + CHUNK_BYTES, end)))
  }
}

/** Room for one frame of them. */
async function twoClients() {
  const fixture = new Fixture({}, BODY_BYTES + CHUNK_BYTES)
  const one = await fixture.connect()
  const first = fixture.engine.client
  const two = await fixture.connect()
  const second = fixture.engine.client
  return { fixture, one, first, two, second }
}

describe('large frames', () => {
  it('come out as they went in', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    const message = largeMessage(7)
    writeAll(client, client.encode(message))
    await settle()
    const [sent] = fixture.engine.client.sent
    assert.ok(sent?.body.includes(message.content))
    await client.succeed(textMessage(8))
  })

  it('wait until there is room, while their connection is not taken for a silent one', async () => {
    const { fixture, one, first, two, second } = await twoClients()
    const message = { ...textMessage(1), content: Buffer.alloc(80 * LARGE_BYTES) }
    const bytes = one.encode(message)
    one.write(bytes.subarray(0, LARGE_BYTES))
    await settle()
    writeAll(two, two.encode(largeMessage(2)))
    await settle()
    const pieceBytes = 16 * LARGE_BYTES
    for (let at = LARGE_BYTES; at < bytes.length; at += pieceBytes) {
      assert.deepEqual([first.sent.length, second.sent.length], [0, 0])
      fixture.clock.advance(10_000)
      one.write(bytes.subarray(at, at + pieceBytes))
      await settle()
    }
    assert.deepEqual([one.closed, two.closed], [false, false])
    assert.deepEqual([first.sent.length, second.sent.length], [1, 1])
  })

  it('are read when the one before them is confirmed', async () => {
    const { one, first, two, second } = await twoClients()
    first.confirming = false
    const frame = { ...textMessage(1), content: Buffer.alloc(40 * LARGE_BYTES) }
    writeAll(one, one.encode(frame))
    await settle()
    assert.equal(first.sent.length, 1)
    writeAll(two, two.encode(largeMessage(2)))
    await settle()
    assert.equal(second.sent.length, 0)
    for (const call of first.named('send')) first.options.sink.confirm(call.receipt, null)
    first.options.sink.flush()
    await settle()
    assert.equal(second.sent.length, 1)
  })

  it('hold their room while the engine lets them wait, and until they are refused', async () => {
    const { one, first, two, second } = await twoClients()
    first.confirming = false
    first.onSend = () => first.options.sink.pause()
    writeAll(one, one.encode({ ...largeMessage(1), persistent: false }))
    await settle()
    writeAll(two, two.encode(largeMessage(2)))
    await settle()
    assert.deepEqual([first.sent.length, second.sent.length], [1, 0])
    const [call] = first.named('send')
    assert.ok(call !== undefined)
    first.options.sink.reject(call.receipt, new BrokerError('RESOURCE_LIMIT', 'no room'))
    first.options.sink.flush()
    await settle()
    assert.equal(second.sent.length, 1)
    assert.equal(one.all('ConnectionError').length, 1)
  })

  it('hold their room until they are answered, however their sender sends', async () => {
    for (const how of [{ responseRequired: true }, { transactionId: transactionIdOf(1) }]) {
      const { one, first, two, second } = await twoClients()
      first.confirming = false
      writeAll(one, one.encode({ ...largeMessage(1), ...how }))
      await settle()
      writeAll(two, two.encode(largeMessage(2)))
      await settle()
      assert.deepEqual([first.sent.length, second.sent.length], [1, 0])
      for (const call of first.named('send')) first.options.sink.confirm(call.receipt, null)
      await settle()
      assert.equal(second.sent.length, 1)
    }
  })

  it('give their room back when nobody will answer for them', async () => {
    const { one, first, two, second } = await twoClients()
    first.confirming = false
    const message = largeMessage(1)
    message.responseRequired = true
    writeAll(one, one.encode(message))
    await settle()
    writeAll(two, two.encode(largeMessage(2)))
    await settle()
    assert.equal(second.sent.length, 0)
    await one.send(create('RemoveInfo', { objectId: connectionId }))
    assert.equal(second.sent.length, 1)
  })

  it('give their room back once when a command id is used again', async () => {
    const { one, first, two, second } = await twoClients()
    first.confirming = false
    for (let i = 0; i < 2; i++) {
      const message = largeMessage(1)
      message.responseRequired = true
      message.commandId = 77
      const bytes = one.encode(message)
      writeAll(one, bytes)
      await settle()
      if (i === 0) first.options.sink.confirm(first.calls.at(-1)?.receipt ?? -1, null)
    }
    writeAll(two, two.encode(largeMessage(2)))
    await settle()
    assert.equal(second.sent.length, 0)
    first.options.sink.confirm(first.calls.at(-1)?.receipt ?? -1, null)
    await settle()
    assert.equal(second.sent.length, 1)
  })

  it('do not keep what is behind them from being read while they wait in the engine', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect()
    const engineClient = fixture.engine.client
    engineClient.confirming = false
    const content = Buffer.alloc(UNCOMMITTED_BYTES_MAX + LARGE_BYTES)
    writeAll(client, client.encode({ ...textMessage(1), content }))
    await client.send(textMessage(2))
    assert.equal(engineClient.sent.length, 2, 'it could be an acknowledgement')
  })

  it('are refused when late ones have used up all there is, and hold nothing up', async () => {
    const fixture = new Fixture({}, BODY_BYTES + CHUNK_BYTES)
    const clients: ScriptedClient[] = []
    const sent = () => fixture.engine.clients.map((engineClient) => engineClient.sent.length)
    for (let i = 0; i < 3; i++) {
      const client = await fixture.connect()
      fixture.engine.client.confirming = false
      clients.push(client)
      writeAll(client, client.encode(largeMessage(i)))
      await settle()
    }
    assert.deepEqual(sent(), [1, 0, 0])
    for (let step = 0; step < 3; step++) {
      fixture.clock.advance(LARGE_FRAME_CONFIRM_TIMEOUT_MS)
      await settle()
    }
    await settle()
    assert.deepEqual(sent(), [1, 1, 0])
    assert.deepEqual(
      clients.map(({ closed }) => closed),
      [false, false, true],
    )
    const [refusal] = clients[2]?.all('ConnectionError') ?? []
    assert.equal(refusal?.exception?.className, 'javax.jms.ResourceAllocationException')
  })

  it('do not hold room for a peer that does not read what it is sent', async () => {
    const { fixture, one, first, two, second } = await twoClients()
    writeAll(one, one.encode(largeMessage(1)), CHUNK_BYTES)
    await settle()
    one.pause()
    for (let i = 0; i < 6000; i++) first.options.sink.reject(-1, longError)
    first.options.sink.flush()
    writeAll(two, two.encode(largeMessage(2)))
    await settle()
    assert.equal(second.sent.length, 0)
    fixture.clock.advance(LARGE_FRAME_TIMEOUT_MS + TICK_MS)
    await settle()
    await settle()
    assert.ok(first.closed)
    assert.equal(second.sent.length, 1)
  })

  it('are silence when their peer reads and sends nothing, though nobody waits', async () => {
    const { fixture, one, first } = await twoClients()
    writeAll(one, one.encode(largeMessage(1)), CHUNK_BYTES)
    await settle()
    one.pause()
    for (let i = 0; i < 6000; i++) first.options.sink.reject(-1, longError)
    first.options.sink.flush()
    for (let step = 0; step < 10; step++) {
      fixture.clock.advance(10_000)
      await settle()
    }
    assert.ok(first.closed)
  })

  it('are not too slow when it was we who did not read them', async () => {
    const { fixture, one, first, two, second } = await twoClients()
    const bytes = one.encode(largeMessage(1))
    writeAll(one, bytes, CHUNK_BYTES)
    await settle()
    writeAll(two, two.encode(largeMessage(2)).subarray(0, CHUNK_BYTES))
    await settle()
    first.options.sink.pause()
    writeAll(one, bytes, bytes.length, CHUNK_BYTES)
    fixture.clock.advance(LARGE_FRAME_TIMEOUT_MS - TICK_MS)
    await settle()
    first.options.sink.resume()
    fixture.clock.advance(2 * TICK_MS)
    await settle()
    assert.deepEqual([one.closed, two.closed], [false, false])
    assert.deepEqual([first.sent.length, second.sent.length], [1, 0])
  })

  it('do not keep others waiting when the engine holds their connection', async () => {
    const { fixture, one, two, second } = await twoClients()
    const three = await fixture.connect()
    const third = fixture.engine.client
    writeAll(one, one.encode(largeMessage(1)), CHUNK_BYTES)
    await settle()
    two.write(two.encode(largeMessage(2)).subarray(0, 8))
    await settle()
    second.options.sink.pause()
    writeAll(three, three.encode(largeMessage(3)))
    await settle()
    one.end()
    await settle()
    await settle()
    assert.equal(third.sent.length, 0, 'the room is for the second')
    fixture.clock.advance(LARGE_FRAME_CONFIRM_TIMEOUT_MS + 2 * TICK_MS)
    await settle()
    assert.deepEqual([two.closed, third.sent.length], [false, 1])
  })

  it('are refused without size prefixes', async () => {
    const fixture = new Fixture({ sizePrefixDisabled: true })
    const client = await fixture.connect({ sizePrefixDisabled: true })
    writeAll(client, client.encode(largeMessage(1)), CHUNK_BYTES)
    await settle()
    assert.equal(client.all('ConnectionError').length, 1)
    assert.equal(fixture.engine.client.sent.length, 0)
  })

  it('are read when the connection of the one before them is gone', async () => {
    const { one, two, second } = await twoClients()
    writeAll(one, one.encode(largeMessage(1)), BODY_BYTES / 2)
    await settle()
    writeAll(two, two.encode(largeMessage(2)))
    await settle()
    assert.equal(second.sent.length, 0)
    one.end()
    await settle()
    await settle()
    assert.equal(second.sent.length, 1)
    await two.succeed(textMessage(3))
  })

  it('do not keep others waiting when they stop coming', async () => {
    const { fixture, one, two, second } = await twoClients()
    writeAll(one, one.encode(largeMessage(1)), CHUNK_BYTES)
    await settle()
    writeAll(two, two.encode(largeMessage(2)))
    await settle()
    for (let step = 0; step < 70 && !one.closed; step++) {
      fixture.clock.advance(LARGE_FRAME_TIMEOUT_MS / 60)
      // A trickle, so that the connection is not a silent one.
      one.write(Buffer.alloc(1))
      await settle()
    }
    assert.ok(one.closed)
    assert.match(fixture.logged.join(), /too slowly/)
    assert.equal(second.sent.length, 1)
  })

  it('beyond what was agreed on are refused over a socket, and not taken in', async () => {
    const fixture = new Fixture()
    const server = await tcpNetwork.listen({
      host: '127.0.0.1',
      port: 0,
      accept: (stream) => fixture.adapter.accept(stream),
      onError: (error) => assert.fail(error),
    })
    const stream = await tcpNetwork.connect(server.address)
    const client = new ScriptedClient(stream)
    const until = async (isSo: () => boolean) => {
      while (!isSo()) await setImmediate()
    }
    await client.greet()
    await until(() => client.all('BrokerInfo').length === 1)
    const before = process.memoryUsage().arrayBuffers
    const prefix = Buffer.alloc(4)
    prefix.writeInt32BE(104_857_601)
    client.write(prefix)
    for (let i = 0; i < 64; i++) client.write(Buffer.alloc(CHUNK_BYTES))
    await until(() => client.closed && fixture.adapter.connections === 0)
    const [refusal] = client.all('ConnectionError')
    assert.equal(refusal?.exception?.className, 'java.io.IOException')
    assert.match(refusal.exception.message ?? '', /104857601 bytes where 104857600 are allowed/)
    assert.match(fixture.logged.join(), /FRAME_TOO_LARGE/)
    assert.ok(process.memoryUsage().arrayBuffers - before < 50 * LARGE_BYTES)
    await server.close()
  })
})
