import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { LARGE_BYTES } from '@quorate/core/base/roomy-memory'
import { tcpNetwork } from '@quorate/core/transport/tcp-network'
import { LARGE_FRAME_TIMEOUT_MS } from '../../../src/protocol/openwire/limits.ts'
import { Fixture } from './fixture.ts'
import { ScriptedClient, settle, textMessage } from './scripted-client.ts'

const CHUNK_BYTES = 64 * 1024
const BODY_BYTES = 2 * LARGE_BYTES

function largeMessage(sequence: number) {
  return { ...textMessage(sequence), content: Buffer.alloc(BODY_BYTES, sequence) }
}

/** Writes the bytes as a socket would hand them over. */
function writeAll(client: ScriptedClient, bytes: Buffer, end = bytes.length): void {
  for (let at = 0; at < end; at += CHUNK_BYTES) {
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
    const message = { ...textMessage(1), content: Buffer.alloc(8 * LARGE_BYTES) }
    const bytes = one.encode(message)
    one.write(bytes.subarray(0, LARGE_BYTES))
    await settle()
    writeAll(two, two.encode(largeMessage(2)))
    await settle()
    for (let at = LARGE_BYTES; at < bytes.length; at += LARGE_BYTES) {
      assert.deepEqual([first.sent.length, second.sent.length], [0, 0])
      fixture.clock.advance(10_000)
      one.write(bytes.subarray(at, at + LARGE_BYTES))
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
