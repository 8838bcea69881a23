import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ByteReader } from '@quorate/core/base/byte-reader'
import { BrokerError } from '@quorate/core/base/errors'
import { serviceLimits } from '../../../src/coordination/server/coordination-service.ts'
import type { Peer } from '../../../src/coordination/server/coordination-service.ts'
import { encodeFrame } from '../../../src/coordination/zookeeper/jute.ts'
import {
  ConnectRequest,
  ConnectResponse,
  ReplyHeader,
  RequestHeader,
  operations,
  requestCodec,
} from '../../../src/coordination/zookeeper/protocol.ts'
import type { OperationName, RequestOf } from '../../../src/coordination/zookeeper/protocol.ts'
import { InMemoryEnsemble, settle } from '../in-memory-ensemble.ts'

/** A peer that speaks frames itself. */
class RawPeer implements Peer {
  readonly address = 'test'
  readonly frames: Buffer[] = []
  readonly throttles: boolean[] = []
  closed = false

  send(frame: Buffer): void {
    this.frames.push(frame.subarray(4))
  }

  throttle(on: boolean): void {
    this.throttles.push(on)
  }

  close(): void {
    this.closed = true
  }
}

const fresh: ConnectRequest = {
  protocolVersion: 0,
  lastZxidSeen: 0n,
  timeoutMs: 4_000,
  sessionId: 0n,
  password: Buffer.alloc(16),
  readOnly: false,
}

function hello(changes: Partial<ConnectRequest> = {}): Buffer {
  const request = { ...fresh, ...changes }
  return encodeFrame((writer) => ConnectRequest.write(writer, request)).subarray(4)
}

function request<N extends OperationName>(xid: number, name: N, body: RequestOf<N>): Buffer {
  const frame = encodeFrame((writer) => {
    RequestHeader.write(writer, { xid, operation: operations[name].code })
    requestCodec(name).write(writer, body)
  })
  return frame.subarray(4)
}

function meet(ensemble: InMemoryEnsemble, changes: Partial<ConnectRequest> = {}) {
  const peer = new RawPeer()
  ensemble.service.connected(peer)
  ensemble.service.received(peer, hello(changes))
  const [first] = peer.frames
  const session = first === undefined ? undefined : ConnectResponse.read(new ByteReader(first))
  return { peer, session }
}

function headers(peer: RawPeer) {
  return peer.frames.slice(1).map((frame) => ReplyHeader.read(new ByteReader(frame)))
}

describe('coordination service - sessions', () => {
  it('takes what is unpredictable from outside, so that a history can be played again', () => {
    const passwords = [1, 2].map(() => {
      const { service } = new InMemoryEnsemble()
      const peer = new RawPeer()
      service.connected(peer)
      service.received(peer, hello())
      return ConnectResponse.read(new ByteReader(peer.frames[0] ?? Buffer.alloc(0))).password
    })
    assert.deepEqual(passwords[0], Buffer.alloc(16, 101))
    assert.deepEqual(passwords[1], passwords[0])
  })

  it('grants a timeout within its bounds', () => {
    const ensemble = new InMemoryEnsemble(100)
    assert.equal(meet(ensemble, { timeoutMs: 1 }).session?.timeoutMs, 200)
    assert.equal(meet(ensemble, { timeoutMs: 5_000 }).session?.timeoutMs, 5_000)
    assert.equal(meet(ensemble, { timeoutMs: 2 ** 31 - 1 }).session?.timeoutMs, 12_000)
  })
  it('gives every session an id of its own', () => {
    const ensemble = new InMemoryEnsemble()
    const ids = Array.from({ length: 10 }, () => meet(ensemble).session?.sessionId)
    assert.equal(new Set(ids).size, 10)
  })
  it('resumes a session for who knows its password, and cuts off who had it before', () => {
    const ensemble = new InMemoryEnsemble()
    const first = meet(ensemble)
    assert.ok(first.session?.password != null)
    const { sessionId, password } = first.session
    const again = meet(ensemble, { sessionId, password })
    assert.equal(again.session?.sessionId, sessionId)
    assert.ok(first.peer.closed)
    ensemble.service.received(first.peer, request(1, 'ping', {}))
    assert.equal(first.peer.frames.length, 1)
  })
  it('says expired to a wrong password and to an unknown session', () => {
    const ensemble = new InMemoryEnsemble()
    const { session } = meet(ensemble)
    assert.ok(session !== undefined)
    const wrong = [
      { sessionId: session.sessionId, password: Buffer.alloc(16, 1) },
      { sessionId: session.sessionId, password: Buffer.alloc(3) },
      { sessionId: 12345n, password: Buffer.alloc(16) },
    ]
    for (const changes of wrong) {
      const { peer, session: answer } = meet(ensemble, changes)
      assert.deepEqual([answer?.timeoutMs, answer?.sessionId, peer.closed], [0, 0n, true])
    }
  })
  it('turns away, without a word, who has seen a later state', () => {
    const ensemble = new InMemoryEnsemble()
    const { peer } = meet(ensemble, { lastZxidSeen: 1_000n })
    assert.deepEqual([peer.frames, peer.closed], [[], true])
  })
  it('answers clients that know no read-only mode without it', () => {
    const ensemble = new InMemoryEnsemble()
    const peer = new RawPeer()
    ensemble.service.connected(peer)
    ensemble.service.received(peer, hello().subarray(0, -1))
    assert.equal(peer.frames[0]?.length, 36)
    assert.equal(meet(ensemble).peer.frames[0]?.length, 37)
  })
  it('ends a session that is silent, with its nodes and its connection', async () => {
    const ensemble = new InMemoryEnsemble(100)
    const watcher = ensemble.join({ sessionTimeoutMs: 2_000 })
    const { peer } = meet(ensemble, { timeoutMs: 1_000 })
    const mode = 1
    const acl = [{ permissions: 31, id: { scheme: 'world', id: 'anyone' } }]
    ensemble.service.received(peer, request(1, 'create', { path: '/e', data: null, acl, mode }))
    await settle()
    await watcher.client.exists('/e', { watch: true })
    await ensemble.pass(900)
    assert.ok(!peer.closed)
    await ensemble.pass(400)
    assert.ok(peer.closed)
    assert.deepEqual(watcher.heard, ['connected', 'deleted /e'])
    await watcher.client.close()
  })
  it('hears nothing more from a session that said goodbye', () => {
    const ensemble = new InMemoryEnsemble()
    ensemble.holdDisk = true
    const { peer } = meet(ensemble)
    ensemble.flush()
    ensemble.service.received(peer, request(1, 'closeSession', {}))
    const acl = [{ permissions: 31, id: { scheme: 'world', id: 'anyone' } }]
    const create = request(2, 'create', { path: '/e', data: null, acl, mode: 1 })
    ensemble.service.received(peer, create)
    assert.equal(ensemble.tree.node('/e'), undefined)
    assert.ok(!peer.closed)
    ensemble.flush()
    assert.deepEqual(
      headers(peer).map(({ xid }) => xid),
      [1],
    )
    assert.ok(peer.closed)
  })
})

describe('coordination service - requests', () => {
  it('answers nobody before the disk has what the answer tells of', () => {
    const ensemble = new InMemoryEnsemble()
    const writer = meet(ensemble).peer
    const reader = meet(ensemble).peer
    ensemble.holdDisk = true
    const write = request(1, 'setData', { path: '/', data: Buffer.from('x'), version: -1 })
    ensemble.service.received(writer, write)
    ensemble.service.received(reader, request(1, 'getData', { path: '/', watch: false }))
    assert.deepEqual([headers(writer), headers(reader)], [[], []])
    ensemble.flush()
    assert.deepEqual([headers(writer).length, headers(reader).length], [1, 1])
  })
  it('does not read on while too many of its answers wait for the disk', () => {
    const ensemble = new InMemoryEnsemble()
    const { peer } = meet(ensemble)
    ensemble.holdDisk = true
    const write = request(1, 'setData', { path: '/', data: null, version: -1 })
    for (let i = 0; i <= serviceLimits.outstandingMax; i++) ensemble.service.received(peer, write)
    assert.deepEqual(peer.throttles, [true])
    ensemble.flush()
    assert.deepEqual(peer.throttles, [true, false])
  })
  it('answers what it does not know as unimplemented', () => {
    const ensemble = new InMemoryEnsemble()
    const { peer } = meet(ensemble)
    ensemble.service.received(peer, Buffer.from('00000007000000ff', 'hex'))
    assert.deepEqual(
      headers(peer).map(({ xid, err }) => [xid, err]),
      [[7, -6]],
    )
  })
  it('has a limit of watches for each connection', () => {
    const ensemble = new InMemoryEnsemble()
    const { peer } = meet(ensemble)
    const paths = Array.from({ length: serviceLimits.watchesMax }, (_, i) => `/${i}`)
    const none = { relativeZxid: 0n, data: [], children: [] }
    ensemble.service.received(peer, request(-8, 'setWatches', { ...none, exists: paths }))
    ensemble.service.received(peer, request(1, 'exists', { path: '/more', watch: true }))
    assert.deepEqual(
      headers(peer).map(({ xid, err }) => [xid, err]),
      [
        [-8, 0],
        [1, -125],
      ],
    )
  })
  it('keeps few identities of a connection, and cuts off who goes on', () => {
    const ensemble = new InMemoryEnsemble()
    const { peer } = meet(ensemble)
    const auth = (user: string) =>
      request(-4, 'auth', { type: 0, scheme: 'digest', auth: Buffer.from(`${user}:x`) })
    for (let i = 0; i < 16; i++) ensemble.service.received(peer, auth(`user${i}`))
    assert.ok(!peer.closed)
    ensemble.service.received(peer, auth('one too many'))
    assert.ok(peer.closed)
    assert.equal(headers(peer).at(-1)?.err, -115)
  })
})

describe('coordination service - any bytes', () => {
  it('ends each frame in answers or in one error, and stays whole', () => {
    const word = fc.oneof(fc.integer({ min: -11, max: 102 }), fc.integer())
    const noise = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes))
    const words = fc.array(word, { maxLength: 20 }).map((values) => {
      const bytes = Buffer.alloc(values.length * 4)
      values.forEach((value, i) => bytes.writeInt32BE(value, i * 4))
      return bytes
    })
    const acl = [{ permissions: 31, id: { scheme: 'world', id: 'anyone' } }]
    const paths = fc.oneof(fc.constantFrom('/', '/a', '/a/b', ''), fc.string({ maxLength: 5 }))
    const valid = fc.oneof(
      fc.record({ path: paths, mode: fc.integer({ min: -1, max: 8 }) }).map(({ path, mode }) => {
        return request(1, 'create', { path, data: null, acl, mode })
      }),
      paths.map((path) => request(2, 'getChildren2', { path, watch: true })),
      paths.map((path) => request(3, 'delete', { path, version: -1 })),
    )
    /** A valid frame with a few bytes changed gets past the header. */
    const bent = fc
      .tuple(valid, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }))
      .map(([frame, changes]) => {
        const bytes = Buffer.from(frame)
        for (const [at, value] of changes) bytes.writeUInt8(value, at % bytes.length)
        return bytes
      })
    fc.assert(
      fc.property(fc.array(fc.oneof(noise, words, bent), { maxLength: 30 }), (frames) => {
        const ensemble = new InMemoryEnsemble()
        const { peer } = meet(ensemble)
        const bare = new RawPeer()
        ensemble.service.connected(bare)
        for (const frame of frames) {
          for (const target of [peer, bare]) {
            try {
              ensemble.service.received(target, frame)
            } catch (error) {
              assert.ok(error instanceof BrokerError, String(error))
            }
          }
        }
        const { peer: other } = meet(ensemble)
        ensemble.service.received(other, request(1, 'getChildren2', { path: '/', watch: false }))
        assert.equal(headers(other).at(-1)?.err, 0)
      }),
      { numRuns: 500 },
    )
  })
})
