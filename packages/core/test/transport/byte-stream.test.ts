import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import type { BrokerError } from '@quorate/core/base/errors'
import type { ByteStream, ByteStreamOwner } from '@quorate/core/transport/byte-stream'
import { createPipe } from '@quorate/core/transport/pipe'
import { TcpStream, connectTcp } from '@quorate/core/transport/tcp-stream'

class Recorder implements ByteStreamOwner {
  text = ''
  drains = 0
  readonly ended: Promise<BrokerError | null>
  readonly #stream: ByteStream
  #end: (error: BrokerError | null) => void = () => {}
  #waiting: { length: number; resolve: () => void }[] = []

  constructor(stream: ByteStream) {
    this.#stream = stream
    this.ended = new Promise((resolve) => (this.#end = resolve))
    stream.attach(this)
  }

  received(bytes: Buffer): void {
    this.text += bytes.toString('latin1')
    for (const { length, resolve } of this.#waiting) if (this.text.length >= length) resolve()
  }

  drained(): void {
    assert.equal(this.#stream.outboundBytes, 0)
    this.drains++
  }

  closed(error: BrokerError | null): void {
    this.#end(error)
  }

  /** Resolves when this many bytes have arrived. */
  length(length: number): Promise<void> {
    if (this.text.length >= length) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ length, resolve }))
  }
}

type Pair = readonly [ByteStream, ByteStream]

async function tcpPair(): Promise<Pair> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const accepted = new Promise<TcpStream>((resolve) =>
    server.once('connection', (socket) => {
      // Stays paused until an owner is attached, as a listener does in the same turn.
      resolve(new TcpStream(socket))
    }),
  )
  const { port } = server.address() as AddressInfo
  const left = await connectTcp({ host: '127.0.0.1', port })
  const right = await accepted
  server.close()
  return [left, right]
}

const kinds: readonly (readonly [string, () => Promise<Pair>])[] = [
  ['tcp stream', tcpPair],
  ['pipe', () => Promise.resolve(createPipe())],
]

for (const [name, makePair] of kinds) {
  describe(name, () => {
    it('hands over batches in order, in both directions', async () => {
      const [left, right] = await makePair()
      const leftOwner = new Recorder(left)
      const rightOwner = new Recorder(right)
      left.write([Buffer.from('one '), Buffer.from('two '), Buffer.from('three')])
      right.write([Buffer.from('back')])
      await Promise.all([rightOwner.length(13), leftOwner.length(4)])
      assert.equal(rightOwner.text, 'one two three')
      assert.equal(leftOwner.text, 'back')
      left.destroy()
      right.destroy()
    })

    it('ends after what was written', async () => {
      const [left, right] = await makePair()
      const leftOwner = new Recorder(left)
      const rightOwner = new Recorder(right)
      left.write([Buffer.from('last words')])
      left.end()
      left.write([Buffer.from('too late')])
      assert.equal(await rightOwner.ended, null)
      assert.equal(rightOwner.text, 'last words')
      assert.equal(await leftOwner.ended, null)
    })

    it('holds bytes back while the peer has paused, and says when they are gone', async () => {
      const [left, right] = await makePair()
      const leftOwner = new Recorder(left)
      const rightOwner = new Recorder(right)
      right.pause()
      const total = 8 * 1024 * 1024
      left.write([Buffer.alloc(total, 'x')])
      assert.ok(left.outboundBytes > 0)
      right.resume()
      await rightOwner.length(total)
      assert.equal(leftOwner.drains, 1)
      left.destroy()
      right.destroy()
    })

    it('tells both ends once when one destroys it', async () => {
      const [left, right] = await makePair()
      const leftOwner = new Recorder(left)
      const rightOwner = new Recorder(right)
      left.destroy()
      left.destroy()
      await leftOwner.ended
      await rightOwner.ended
      left.write([Buffer.from('nobody')])
    })
  })
}

describe('connectTcp', () => {
  it('rejects with CONNECTION_LOST where nobody listens', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    await assert.rejects(connectTcp({ host: '127.0.0.1', port }), { code: 'CONNECTION_LOST' })
  })

  it('gives up when its signal aborts', async () => {
    const abort = new AbortController()
    abort.abort()
    await assert.rejects(connectTcp({ host: '127.0.0.1', port: 1 }, abort.signal), {
      code: 'CONNECTION_LOST',
    })
  })
})
