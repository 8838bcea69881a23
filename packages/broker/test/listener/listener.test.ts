import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { silentLog } from '@quorate/core/base/log'
import { tcpNetwork } from '@quorate/core/transport/tcp-network'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import { Listener } from '../../src/listener/listener.ts'
import type { ListenerOptions } from '../../src/listener/listener.ts'

interface Fixture {
  readonly listener: Listener
  readonly accepted: ByteStream[]
  readonly warnings: string[]
}

function createListener(options: Partial<ListenerOptions> = {}): Fixture {
  const accepted: ByteStream[] = []
  const warnings: string[] = []
  const listener = new Listener({
    name: 'openwire',
    host: '127.0.0.1',
    port: 0,
    maximumConnections: 10,
    backlog: 50,
    network: tcpNetwork,
    clock: new ManualClock(),
    log: { ...silentLog, warn: (message) => warnings.push(message) },
    accept: (stream) => {
      accepted.push(stream)
      stream.attach({ received: (bytes) => stream.write([bytes]), drained() {}, closed() {} })
    },
    ...options,
  })
  return { listener, accepted, warnings }
}

function dial(listener: Listener): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(listener.address.port, '127.0.0.1')
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}

function ended(socket: Socket): Promise<void> {
  socket.on('error', () => {})
  socket.resume()
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

function nextBytes(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => socket.once('data', resolve))
}

describe('listener', () => {
  it('hands every connection to its protocol', async () => {
    const { listener, accepted } = createListener()
    await listener.start()
    const socket = await dial(listener)
    socket.write('echo')
    assert.equal((await nextBytes(socket)).toString(), 'echo')
    assert.equal(accepted.length, 1)
    assert.match(accepted[0]?.remoteAddress ?? '', /^tcp:\/\/127\.0\.0\.1:\d+$/)
    assert.equal(listener.connections, 1)
    await listener.stop()
  })

  it('closes every connection at once when it stops, and refuses new ones', async () => {
    const { listener } = createListener()
    await listener.start()
    const { port } = listener.address
    const sockets = await Promise.all([dial(listener), dial(listener), dial(listener)])
    const gone = Promise.all(sockets.map(ended))
    await listener.stop()
    await gone
    assert.equal(listener.connections, 0)
    await assert.rejects(
      new Promise((resolve, reject) => {
        connect(port, '127.0.0.1').once('connect', resolve).once('error', reject)
      }),
      { code: 'ECONNREFUSED' },
    )
  })

  it('can listen again at the same port right after another stopped', async () => {
    const first = createListener().listener
    await first.start()
    const { port } = first.address
    const socket = await dial(first)
    const gone = ended(socket)
    await first.stop()
    await gone
    const second = createListener({ port }).listener
    await second.start()
    assert.equal(second.address.port, port)
    await second.stop()
  })

  it('says which address is in use', async () => {
    const first = createListener().listener
    await first.start()
    const { port } = first.address
    const second = createListener({ port }).listener
    await assert.rejects(second.start(), {
      code: 'ADDRESS_IN_USE',
      message: `listener openwire cannot use 127.0.0.1:${port}: another process listens there`,
    })
    await second.stop()
    await first.stop()
  })

  it('closes connections beyond its limit and says so once in a while', async () => {
    const { listener, accepted, warnings } = createListener({ maximumConnections: 1 })
    await listener.start()
    const first = await dial(listener)
    for (let i = 0; i < 3; i++) await ended(await dial(listener))
    assert.equal(accepted.length, 1)
    assert.deepEqual(warnings, ['listener openwire has its 1 connections; another one was closed'])
    const gone = ended(first)
    first.destroy()
    await gone
    await new Promise((resolve) => setImmediate(resolve))
    await listener.stop()
  })
})
