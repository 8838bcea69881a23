import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '@quorate/core/base/errors'
import type { HandshakeMessage, Identity } from '../../../src/replication/link/handshake.ts'
import {
  CHALLENGE_BYTES,
  HANDSHAKE_BYTES_MAX,
  decodeHandshake,
  dialerHello,
  encodeHandshake,
  mismatch,
  proofOf,
  proves,
} from '../../../src/replication/link/handshake.ts'

function identity(nodeId: string, change: Partial<Identity> = {}): Identity {
  return {
    brokerName: 'broker',
    clusterId: 'c',
    nodeId,
    storeUuid: `${nodeId}-1`,
    weight: 1,
    ...change,
  }
}

const challenge = (byte: number) => Buffer.alloc(CHALLENGE_BYTES, byte)
const dialer = dialerHello(identity('a'), challenge(1))
const acceptor = dialerHello(identity('b'), challenge(2))

describe('handshake', () => {
  it('messages are decoded as they were encoded, and are small', () => {
    const proof = proofOf('secret', 'dialer', dialer, acceptor)
    const messages: HandshakeMessage[] = [
      { kind: 'hello', hello: dialer },
      { kind: 'hello', hello: { ...acceptor, clusterId: null, proof } },
      { kind: 'proof', proof },
      { kind: 'welcome' },
      { kind: 'refusal', reason: 'because' },
    ]
    for (const message of messages) {
      const bytes = encodeHandshake(message)
      assert.equal(bytes.readUInt32BE(0), bytes.length - 4)
      assert.ok(bytes.length <= HANDSHAKE_BYTES_MAX)
      assert.deepEqual(decodeHandshake(bytes.subarray(4)), message)
    }
  })

  it('ends in a message or in one error of the table, whatever the bytes', () => {
    const hello = encodeHandshake({ kind: 'hello', hello: dialer }).subarray(4)
    const any = fc.uint8Array({ maxLength: 150 }).map((bytes) => Buffer.from(bytes))
    const damaged = fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, byte]) => {
      const bytes = Buffer.from(hello)
      bytes[at % bytes.length] = byte
      return bytes
    })
    fc.assert(
      fc.property(fc.oneof(any, damaged), (bytes) => {
        try {
          decodeHandshake(bytes)
        } catch (error) {
          assert.ok(error instanceof BrokerError, String(error))
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('of another version is refused, not guessed (R4)', () => {
    const bytes = encodeHandshake({ kind: 'hello', hello: dialer }).subarray(4)
    bytes.writeUInt16BE(2, 5)
    assert.throws(() => decodeHandshake(bytes), { code: 'UNSUPPORTED_VERSION' })
    bytes.writeUInt32BE(0, 1)
    assert.throws(() => decodeHandshake(bytes), { code: 'MALFORMED_FRAME' })
  })

  it('proves the secret, for one side of one conversation only', () => {
    const proof = proofOf('secret', 'dialer', dialer, acceptor)
    assert.ok(proves(proofOf('secret', 'dialer', dialer, acceptor), proof))
    const others = [
      proofOf('other', 'dialer', dialer, acceptor),
      // Reflected: what the other side has said is of no use.
      proofOf('secret', 'acceptor', dialer, acceptor),
      proofOf('secret', 'dialer', acceptor, dialer),
      // Replayed into a later conversation, or by another store.
      proofOf('secret', 'dialer', dialer, { ...acceptor, challenge: challenge(3) }),
      proofOf('secret', 'dialer', { ...dialer, challenge: challenge(3) }, acceptor),
      proofOf('secret', 'dialer', { ...dialer, storeUuid: 'a-2' }, acceptor),
      proofOf('secret', 'dialer', { ...dialer, nodeId: 'c' }, acceptor),
    ]
    for (const other of others) assert.ok(!proves(other, proof))
    assert.ok(!proves(proof, proof.subarray(1)))
    assert.ok(!proves(proof, Buffer.alloc(0)))
  })

  it('keeps names apart: no two pairs of names prove the same', () => {
    const one = proofOf('s', 'dialer', { ...dialer, nodeId: 'ab', storeUuid: 'c' }, acceptor)
    const two = proofOf('s', 'dialer', { ...dialer, nodeId: 'a', storeUuid: 'bc' }, acceptor)
    assert.ok(!proves(one, two))
  })

  it('refuses another broker, another cluster, and itself', () => {
    const self = identity('a')
    assert.equal(mismatch(self, identity('b')), null)
    assert.match(mismatch(self, identity('b', { brokerName: 'x' })) ?? '', /brokerName/)
    assert.match(mismatch(self, identity('b', { clusterId: 'x' })) ?? '', /two clusters/)
    assert.match(mismatch(self, identity('a', { storeUuid: 'a-2' })) ?? '', /both are/)
    // A node that belongs to no cluster yet may be talked to.
    assert.equal(mismatch(self, identity('b', { clusterId: null })), null)
    assert.equal(mismatch(identity('a', { clusterId: null }), identity('b')), null)
  })
})
