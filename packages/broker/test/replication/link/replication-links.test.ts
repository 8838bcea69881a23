import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { systemClock } from '@quorate/core/base/clock'
import { systemEntropy } from '@quorate/core/base/entropy'
import { silentLog } from '@quorate/core/base/log'
import { tcpNetwork } from '@quorate/core/transport/tcp-network'
import type { Log } from '@quorate/core/base/log'
import type { Frame } from '../../../src/replication/frames.ts'
import type { Identity } from '../../../src/replication/link/handshake.ts'
import { dialerHello, encodeHandshake } from '../../../src/replication/link/handshake.ts'
import { ReplicationLinks } from '../../../src/replication/link/replication-links.ts'

const FRAME: Frame = { type: 'heartbeat', epoch: 3, session: 1, commit: 2, sentUs: 5 }

interface Happened {
  readonly kind: 'up' | 'down' | 'refused' | 'frame' | 'arriving' | 'warn'
  readonly what: string
}

/** One node's links on an ephemeral port, and what they reported. */
class End {
  readonly links: ReplicationLinks
  readonly happened: Happened[] = []
  identity: Identity
  port = 0
  #waiting: (() => void)[] = []

  constructor(nodeId: string, options: { token?: string; port?: number; storeUuid?: string } = {}) {
    const storeUuid = options.storeUuid ?? `${nodeId}-1`
    this.identity = { brokerName: 'b', clusterId: 'c', nodeId, storeUuid, weight: 3 }
    const log: Log = {
      ...silentLog,
      warn: (_message, fields) => this.#note('warn', String(fields?.['reason'])),
    }
    this.links = new ReplicationLinks({
      host: '127.0.0.1',
      port: options.port ?? 0,
      identity: () => this.identity,
      securityToken: options.token ?? '',
      network: tcpNetwork,
      entropy: systemEntropy,
      clock: systemClock,
      log,
      listener: {
        up: (peer) => this.#note('up', `${peer.nodeId} ${peer.storeUuid} ${peer.weight}`),
        down: (peer, refused) => this.#note(refused ? 'refused' : 'down', peer),
        frame: (from, frame) => this.#note('frame', `${from} ${JSON.stringify(frame)}`),
        arriving: (from) => this.#note('arriving', from),
      },
    })
  }

  async listen(): Promise<this> {
    this.port = await this.links.listen()
    return this
  }

  dial(...others: readonly End[]): void {
    const addresses = others.map(
      ({ identity, port }) => [identity.nodeId, `127.0.0.1:${port}`] as const,
    )
    this.links.setPeers(new Map(addresses))
  }

  /** The next event of this kind, heard from now on or not looked at yet. */
  async next(kind: Happened['kind']): Promise<string> {
    for (;;) {
      const at = this.happened.findIndex((event) => event.kind === kind)
      if (at >= 0) return this.happened.splice(at, 1)[0]?.what ?? ''
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  #note(kind: Happened['kind'], what: string): void {
    this.happened.push({ kind, what })
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

async function ends(t: TestContext, ...made: readonly End[]): Promise<void> {
  t.after(() => made.forEach(({ links }) => links.stop()))
  for (const end of made) await end.listen()
}

describe('replication links', { timeout: 20_000 }, () => {
  it('carry frames both ways, each on the link that its sender dialed', async (t) => {
    const [a, b] = [new End('a', { token: 's' }), new End('b', { token: 's' })]
    await ends(t, a, b)
    a.dial(b)
    b.dial(a)
    assert.equal(await a.next('up'), 'b b-1 3')
    assert.equal(await b.next('up'), 'a a-1 3')
    a.links.send('b', FRAME)
    b.links.send('a', FRAME)
    assert.equal(await b.next('frame'), `a ${JSON.stringify(FRAME)}`)
    assert.equal(await a.next('frame'), `b ${JSON.stringify(FRAME)}`)
    a.links.send('nobody', FRAME)
  })

  it('refuse a peer with another securityToken, on both sides', async (t) => {
    const [a, b] = [new End('a', { token: 'one' }), new End('b', { token: 'two' })]
    await ends(t, a, b)
    a.dial(b)
    // The dialer finds out first: the acceptor has to prove itself before it learns anything.
    assert.match(await a.next('warn'), /securityToken/)
    assert.ok(!a.happened.some(({ kind }) => kind === 'up'))
  })

  it('refuse a dialer whose proof is false, with the reason', async (t) => {
    const b = new End('b', { token: 's' })
    await ends(t, b)
    const socket = connect(b.port, '127.0.0.1')
    t.after(() => socket.destroy())
    const self = { ...b.identity, nodeId: 'a' }
    const hello = dialerHello(self, Buffer.alloc(32))
    socket.write(encodeHandshake({ kind: 'hello', hello }))
    socket.write(encodeHandshake({ kind: 'proof', proof: Buffer.alloc(32) }))
    assert.match(await b.next('warn'), /securityToken/)
    await new Promise((resolve) => socket.resume().once('close', resolve))
    assert.deepEqual(b.happened, [])
  })

  it('refuse another cluster', async (t) => {
    const [a, b] = [new End('a'), new End('b')]
    await ends(t, a, b)
    b.identity = { ...b.identity, clusterId: 'other' }
    a.dial(b)
    assert.match(await a.next('warn'), /two clusters/)
  })

  it('refuse a node that answers at the address of another', async (t) => {
    const [a, b] = [new End('a'), new End('b')]
    await ends(t, a, b)
    a.links.setPeers(new Map([['c', `127.0.0.1:${b.port}`]]))
    assert.match(await a.next('warn'), /answers for "c"/)
  })

  it('dial again for ever, and tell a refused connection from silence (R12)', async (t) => {
    const [a, b] = [new End('a'), new End('b')]
    await ends(t, a, b)
    a.dial(b)
    assert.deepEqual(a.links.view, [{ nodeId: 'b', connected: false }])
    await a.next('up')
    assert.deepEqual(a.links.view, [{ nodeId: 'b', connected: true }])
    b.links.stop()
    assert.equal(await a.next('down'), 'b')
    assert.deepEqual(a.links.view, [{ nodeId: 'b', connected: false }])
    assert.equal(await a.next('refused'), 'b')
    const again = new End('b', { port: b.port, storeUuid: 'b-2' })
    await ends(t, again)
    assert.equal(await a.next('up'), 'b b-2 3')
  })

  it('dial nobody any more once they are stopped, whatever news of members still comes', async (t) => {
    const [a, b] = [new End('a'), new End('b')]
    const dialed = createServer()
    t.after(() => dialed.close())
    await new Promise<void>((resolve) => dialed.listen(0, '127.0.0.1', resolve))
    const port = (dialed.address() as AddressInfo).port
    await ends(t, a, b)
    a.links.stop()
    let connections = 0
    dialed.on('connection', (socket) => {
      connections++
      socket.destroy()
    })
    a.links.setPeers(new Map([['c', `127.0.0.1:${port}`]]))
    // Connections are accepted in the order in which they were made: this one shows that none was.
    const later = connect(port, '127.0.0.1')
    await once(later, 'connect')
    await once(later.on('error', () => {}).resume(), 'close')
    assert.equal(connections, 1)
  })

  it('take frames of one store per node at a time (R40)', async (t) => {
    const [a, b] = [new End('a'), new End('b')]
    const other = new End('b', { storeUuid: 'b-2' })
    await ends(t, a, b, other)
    a.dial(b)
    await a.next('up')
    other.dial(a)
    await other.next('up')
    other.links.send('a', FRAME)
    assert.match(await a.next('warn'), /another store of node "b"/)
    await other.next('down')
    assert.ok(!a.happened.some(({ kind }) => kind === 'frame'))
  })

  it('follow a node to another address, and drop nodes that are not named any more', async (t) => {
    const [a, b, moved] = [new End('a'), new End('b'), new End('b')]
    await ends(t, a, b, moved)
    a.dial(b)
    await a.next('up')
    a.dial(moved)
    assert.equal(await a.next('down'), 'b')
    assert.equal(await a.next('up'), 'b b-1 3')
    a.links.send('b', FRAME)
    await moved.next('frame')
    a.dial()
    assert.equal(await a.next('down'), 'b')
  })

  it('close a connection that sends rubbish, and go on for others', async (t) => {
    const [a, b] = [new End('a'), new End('b')]
    await ends(t, a, b)
    for (const rubbish of ['GET / HTTP/1.1\r\n\r\n', '\x00\x00\x00\x01\xff', '\x00\x00\x00\x00']) {
      const socket = connect(b.port, '127.0.0.1')
      socket.end(Buffer.from(rubbish, 'latin1'))
      await new Promise((resolve) => socket.resume().once('close', resolve))
      await b.next('warn')
    }
    a.dial(b)
    await a.next('up')
  })

  it('tell that a large frame is on its way before it is there', async (t) => {
    const [a, b] = [new End('a'), new End('b')]
    await ends(t, a, b)
    a.dial(b)
    await a.next('up')
    const point = { index: 0, epoch: 0, chain: 0, position: 0 }
    const records = [Buffer.alloc(4 << 20)]
    const append = { epoch: 1, session: 1, previous: point, commit: 0, records }
    a.links.send('b', { type: 'append', ...append })
    assert.equal(await b.next('arriving'), 'a')
    await b.next('frame')
  })

  it('say which port is taken', async (t) => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    t.after(() => server.close())
    const end = new End('a', { port: (server.address() as AddressInfo).port })
    await assert.rejects(end.listen(), { code: 'ADDRESS_IN_USE' })
  })
})
