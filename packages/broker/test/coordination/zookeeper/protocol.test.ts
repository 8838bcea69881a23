import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '@quorate/core/base/errors'
import { decodeJute, encodeFrame } from '../../../src/coordination/zookeeper/jute.ts'
import type { Jute } from '../../../src/coordination/zookeeper/jute.ts'
import {
  ConnectRequest,
  ConnectResponse,
  ReplyHeader,
  RequestHeader,
  WatcherEvent,
  operationOf,
  operations,
  refusalName,
  requestCodec,
  responseCodec,
} from '../../../src/coordination/zookeeper/protocol.ts'
import type { MultiResult, OperationName } from '../../../src/coordination/zookeeper/protocol.ts'

const names = Object.keys(operations) as OperationName[]

const encode = <T>(codec: Jute<T>, value: T): Buffer =>
  encodeFrame((writer) => codec.write(writer, value)).subarray(4)

describe('ZooKeeper protocol', () => {
  it('writes a connect request as Apache clients do', () => {
    const request = {
      protocolVersion: 0,
      lastZxidSeen: 0n,
      timeoutMs: 30_000,
      sessionId: 0n,
      password: Buffer.alloc(16),
      readOnly: false,
    }
    assert.equal(
      encode(ConnectRequest, request).toString('hex'),
      '00000000' +
        '0000000000000000' +
        '00007530' +
        '0000000000000000' +
        '00000010' +
        '00'.repeat(17),
    )
  })
  it('writes a create request as Apache clients do', () => {
    const acl = [{ permissions: 31, id: { scheme: 'world', id: 'anyone' } }]
    const frame = encodeFrame((writer) => {
      RequestHeader.write(writer, { xid: 1, operation: operations.create.code })
      requestCodec('create').write(writer, { path: '/a', data: Buffer.from('x'), acl, mode: 1 })
    })
    assert.equal(
      frame.toString('hex'),
      '00000032' +
        '00000001' +
        '00000001' +
        '000000022f61' +
        '0000000178' +
        '00000001' +
        '0000001f' +
        '00000005776f726c64' +
        '00000006616e796f6e65' +
        '00000001',
    )
  })
  it('reads a multi response with its parts, and one that failed', () => {
    const codec = responseCodec('multi')
    const results: readonly MultiResult[] = [
      { type: 'create', response: { path: '/a' } },
      { type: 'check', response: {} },
      { type: 'error', err: -103 },
    ]
    assert.deepEqual(decodeJute(codec, encode(codec, results)), results)
  })
  it('refuses a multi with an operation that cannot be part of one', () => {
    const bytes = Buffer.from('0000000b' + '00' + 'ffffffff', 'hex')
    assert.throws(() => decodeJute(requestCodec('multi'), bytes), { code: 'MALFORMED_FRAME' })
  })
  it('gives every operation a code of its own, and finds it by that', () => {
    for (const name of names) assert.equal(operationOf(operations[name].code), name)
    assert.equal(operationOf(9999), undefined)
  })
  it('names refusals, also those that it does not know', () => {
    assert.equal(refusalName(-110), 'NodeExists')
    assert.equal(refusalName(-9999), 'code -9999')
  })
  it('ends in a value or in one error, whatever the bytes are', () => {
    const codecs: readonly Jute<unknown>[] = [
      ConnectRequest,
      ConnectResponse,
      ReplyHeader,
      WatcherEvent,
      ...names.map((name) => requestCodec<OperationName>(name)),
      ...names.map((name) => responseCodec<OperationName>(name)),
    ]
    // Small numbers in the places of counts, lengths and codes get deeper than noise does.
    const word = fc.oneof(fc.integer({ min: -2, max: 16 }), fc.integer())
    const words = fc.array(word, { maxLength: 40 }).map((values) => {
      const bytes = Buffer.alloc(values.length * 4)
      values.forEach((value, i) => bytes.writeInt32BE(value, i * 4))
      return bytes
    })
    const noise = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.constantFrom(...codecs), fc.oneof(words, noise), (codec, bytes) => {
        try {
          decodeJute(codec, bytes)
        } catch (error) {
          assert.ok(error instanceof BrokerError, String(error))
          assert.equal(error.code, 'MALFORMED_FRAME')
        }
      }),
      { numRuns: 5_000 },
    )
  })
})
