import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { BrokerError } from '@quorate/core/base/errors'
import type { ErrorCode } from '@quorate/core/base/errors'
import { LARGE_BYTES, allocateRoomy } from '@quorate/core/base/roomy-memory'
import { CHECK_BYTES, isIntact } from '../../src/store/journal/checked-bytes.ts'
import { OP_TYPES, decodeOp, encodeOp } from '../../src/store/op-codec.ts'
import type { LogOp, MessageOp } from '../../src/store/log-op.ts'
import { anyFlatOp, anyOp } from './random-ops.ts'

const message: MessageOp = {
  kind: 'message',
  lists: [7],
  producer: 3,
  producerSequence: 0x1_0000_0002,
  priority: 4,
  expirationMs: 1_700_000_000_000,
  redeliveries: 1,
  body: Buffer.from('hello'),
}

function payloadOf(op: LogOp): Buffer {
  return Buffer.concat(encodeOp(op).chunks)
}

function hasCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof BrokerError && error.code === code
}

describe('operation codec', () => {
  it('lays a message out as drawn', () => {
    assert.equal(
      payloadOf(message).toString('hex'),
      '01' + '04' + '0001' + '00000001' + // flags, priority, lists, redeliveries
        '0000000000000003' + '0000000100000002' + '0000018bcfe56800' + // producer, sequence, expiry
        '00000007' + '3610a686' + '68656c6c6f', // list, check of the body, body
    ) // prettier-ignore
  })

  it('lays a message out as docs/internals/journal-format.md says', () => {
    const page = readFileSync(
      new URL('../../../../docs/internals/journal-format.md', import.meta.url),
      'utf8',
    )
    const drawn = [...page.matchAll(/```hex\n([\s\S]*?)```/g)].map(([, block]) =>
      block?.replaceAll(/#.*|\s/g, ''),
    )
    assert.ok(drawn.includes(payloadOf(message).toString('hex')))
  })

  it('lays an acknowledgement out as drawn', () => {
    const op: LogOp = { kind: 'acknowledge', list: 7, sequences: [300, 301, 429] }
    assert.equal(
      payloadOf(op).toString('hex'),
      '00' + '00000007' + '00000003' + 'ac02' + '01' + '8001',
    )
  })

  it('gives back every operation that it writes', () => {
    fc.assert(
      fc.property(anyOp, (op) => {
        const encoded = encodeOp(op)
        const payload = Buffer.concat(encoded.chunks)
        assert.equal(payload.length, encoded.length)
        assert.equal(encoded.type, OP_TYPES[op.kind])
        assert.deepEqual(decodeOp(encoded.type, payload), withUtf8Text(op))
      }),
    )
  })

  it('copies no body, neither writing nor reading', () => {
    const transaction: LogOp = { kind: 'transaction', id: 'tx', ops: [message, message] }
    assert.equal(encodeOp(message).chunks[1], message.body)
    assert.equal(encodeOp(transaction).chunks.filter((chunk) => chunk === message.body).length, 2)

    const payload = payloadOf(transaction)
    const decoded = decodeOp(OP_TYPES.transaction, payload)
    assert.ok(decoded.kind === 'transaction' && decoded.ops[1]?.kind === 'message')
    const offset = decoded.ops[1].body.byteOffset - payload.byteOffset
    assert.equal(payload.subarray(offset, offset + 5).toString(), 'hello')
    assert.equal(decoded.ops[1].body.buffer, payload.buffer)
  })

  it('encodes a large body with room around it in one piece, the first time', () => {
    const body = allocateRoomy(LARGE_BYTES).fill('b')
    const expected = Buffer.concat(encodeOp({ ...message, body: Buffer.from(body) }).chunks)
    const [first, ...none] = encodeOp({ ...message, body }).chunks
    assert.ok(first !== undefined)
    assert.ok(first.equals(expected))
    assert.equal(first.buffer, body.buffer)
    assert.equal(none.length, 0)
    const again = encodeOp({ ...message, lists: [7, 8], body })
    assert.equal(again.chunks.length, 2)
    assert.ok(first.equals(expected), 'as it was')
  })

  it('encodes a transaction around one large body in one piece, beside others as it is', () => {
    const small: LogOp = { kind: 'acknowledge', list: 7, sequences: [300] }
    const roomy = (): MessageOp => ({ ...message, body: allocateRoomy(LARGE_BYTES).fill('b') })
    const plain: MessageOp = { ...message, body: Buffer.alloc(LARGE_BYTES, 'b') }
    const one = roomy()
    const encoded = encodeOp({ kind: 'transaction', id: 'tx', ops: [message, one, small] })
    const ops = [message, plain, small]
    assert.equal(encoded.chunks.length, 1)
    assert.equal(encoded.chunks[0]?.buffer, one.body.buffer)
    assert.ok(encoded.chunks[0].equals(payloadOf({ kind: 'transaction', id: 'tx', ops })))
    assert.equal(encoded.chunks[0].length, encoded.length)

    const two = encodeOp({ kind: 'transaction', id: 'tx', ops: [roomy(), roomy()] })
    assert.equal(two.chunks.length, 5)
    const both = payloadOf({ kind: 'transaction', id: 'tx', ops: [plain, plain] })
    assert.ok(Buffer.concat(two.chunks).equals(both))
  })

  it('tells the offset of an empty body too', () => {
    const payload = payloadOf({ ...message, body: Buffer.alloc(0) })
    const decoded = decodeOp(OP_TYPES.message, payload)
    assert.ok(decoded.kind === 'message')
    assert.equal(decoded.body.byteOffset - payload.byteOffset, payload.length)
  })

  it('refuses the flags and types of another version', () => {
    fc.assert(
      fc.property(anyFlatOp, fc.integer({ min: 1, max: 255 }), (op, change) => {
        const payload = payloadOf(op)
        payload[0]! ^= change
        assert.throws(() => decodeOp(OP_TYPES[op.kind], payload), hasCode('UNSUPPORTED_FORMAT'))
      }),
    )
    for (const type of [0, 1, 15, 27, 255]) {
      assert.throws(() => decodeOp(type, Buffer.alloc(40)), hasCode('UNSUPPORTED_FORMAT'))
    }
  })

  it('puts the check of a body directly before it, in a transaction too', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1 }), (bodies) => {
        const ops = bodies.map((body) => ({ ...message, body: Buffer.from(body) }))
        const payload = payloadOf({ kind: 'transaction', id: 'tx', ops })
        const decoded = decodeOp(OP_TYPES.transaction, payload)
        assert.ok(decoded.kind === 'transaction')
        for (const op of decoded.ops) {
          assert.ok(op.kind === 'message')
          const bodyAt = op.body.byteOffset - payload.byteOffset
          assert.ok(isIntact(payload, bodyAt - CHECK_BYTES, op.body.length))
        }
      }),
    )
  })

  it('refuses a transaction within a transaction, and a later operation within one', () => {
    const nested = payloadOf({
      kind: 'transaction',
      id: '',
      ops: [{ kind: 'destination-removed', id: 1 }],
    })
    nested[7] = OP_TYPES.transaction
    assert.throws(() => decodeOp(OP_TYPES.transaction, nested), hasCode('MALFORMED_FRAME'))
    nested[7] = 99
    assert.throws(() => decodeOp(OP_TYPES.transaction, nested), hasCode('UNSUPPORTED_FORMAT'))
  })

  it('refuses values that do not fit, without stopping the broker', () => {
    const wrong: LogOp[] = [
      { ...message, producerSequence: -1 },
      { ...message, producerSequence: 2 ** 60 },
      { ...message, expirationMs: Number.NaN },
      { ...message, expirationMs: 0.5 },
      { ...message, priority: 10 },
      { ...message, lists: new Array<number>(0x1_0000).fill(1) },
      { kind: 'acknowledge', list: 1, sequences: [3, 3] },
      { kind: 'redelivered', list: 1, sequences: [3, 2] },
      { kind: 'producer', id: 1, name: 'x'.repeat(0x1_0000) },
      { kind: 'transaction', id: 'é'.repeat(0x8000), ops: [] },
    ]
    for (const op of wrong) assert.throws(() => encodeOp(op), hasCode('INVALID_ARGUMENT'))
  })

  it('ends every byte string in an operation or one of two errors', () => {
    const types = fc.integer({ min: 0, max: 40 })
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 120 }), (type, bytes) => {
        expectOpOrError(type, Buffer.from(bytes))
      }),
      { numRuns: 3000 },
    )
  })

  it('ends every damaged operation in an operation or one of two errors', () => {
    const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(anyOp, damage, fc.nat(400), (op, changes, cut) => {
        const payload = payloadOf(op)
        for (const [at, value] of changes) if (at < payload.length) payload[at] = value
        expectOpOrError(OP_TYPES[op.kind], payload.subarray(0, Math.max(0, payload.length - cut)))
        expectOpOrError(OP_TYPES[op.kind], payload)
      }),
      { numRuns: 2000 },
    )
  })

  it('promises no memory to counts that the payload cannot hold', () => {
    const acknowledge = Buffer.alloc(20)
    acknowledge.writeUInt32BE(0xffff_ffff, 5)
    assert.throws(() => decodeOp(OP_TYPES.acknowledge, acknowledge), hasCode('MALFORMED_FRAME'))
    const transaction = Buffer.alloc(20)
    transaction.writeUInt32BE(0xffff_ffff, 3)
    assert.throws(() => decodeOp(OP_TYPES.transaction, transaction), BrokerError)
  })
})

function expectOpOrError(type: number, payload: Buffer): void {
  try {
    const op = decodeOp(type, payload)
    assert.equal(OP_TYPES[op.kind], type)
    encodeOp(op)
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    assert.ok(['MALFORMED_FRAME', 'UNSUPPORTED_FORMAT'].includes(error.code), error.message)
  }
}

/** Text that is no Unicode (a lone surrogate) is stored as the replacement character. */
function withUtf8Text(op: LogOp): LogOp {
  return JSON.parse(JSON.stringify(op), (_key, value: unknown) => {
    if (typeof value === 'string') return Buffer.from(value).toString()
    if (isBufferJson(value)) return Buffer.from(value.data)
    return value
  }) as LogOp
}

function isBufferJson(value: unknown): value is { readonly data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer'
}
