import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '@quorate/core/base/errors'
import {
  boolean,
  buffer,
  decodeJute,
  encodeFrame,
  int,
  long,
  record,
  trailingBoolean,
  union,
  ustring,
  vector,
} from '../../../src/coordination/zookeeper/jute.ts'
import type { Jute } from '../../../src/coordination/zookeeper/jute.ts'

const encode = <T>(codec: Jute<T>, value: T): Buffer =>
  encodeFrame((writer) => codec.write(writer, value)).subarray(4)

const Person = record({ name: ustring, age: int, id: long, tags: vector(ustring), photo: buffer })

describe('jute', () => {
  it('lays fields out one after another, big-endian', () => {
    const value = { name: 'Ann', age: -2, id: 3n, tags: ['x'], photo: null }
    assert.equal(
      encode(Person, value).toString('hex'),
      '00000003416e6e' + 'fffffffe' + '0000000000000003' + '00000001' + '0000000178' + 'ffffffff',
    )
  })
  it('reads back whatever it wrote', () => {
    const values = fc.record({
      name: fc.string({ unit: 'binary' }),
      age: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      id: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      tags: fc.array(fc.string()),
      photo: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
    })
    fc.assert(
      fc.property(values, (value) => {
        assert.deepEqual(decodeJute(Person, encode(Person, value)), { ...value })
      }),
    )
  })
  it('tells a null buffer from an empty one, and takes a null string and vector for empty', () => {
    assert.equal(decodeJute(buffer, Buffer.from('ffffffff', 'hex')), null)
    assert.deepEqual(decodeJute(buffer, Buffer.from('00000000', 'hex')), Buffer.alloc(0))
    assert.equal(decodeJute(ustring, Buffer.from('ffffffff', 'hex')), '')
    assert.deepEqual(decodeJute(vector(int), Buffer.from('ffffffff', 'hex')), [])
  })
  it('takes any byte but zero for true, as Java does', () => {
    assert.equal(decodeJute(boolean, Buffer.from([7])), true)
    assert.equal(decodeJute(boolean, Buffer.from([0])), false)
  })
  it('leaves a trailing field out that an older peer does not send', () => {
    const row = record({ id: int, late: trailingBoolean })
    assert.deepEqual(decodeJute(row, Buffer.from('00000001', 'hex')), { id: 1, late: undefined })
    assert.deepEqual(decodeJute(row, Buffer.from('0000000101', 'hex')), { id: 1, late: true })
    assert.equal(encode(row, { id: 1, late: undefined }).length, 4)
    assert.equal(encode(row, { id: 1, late: false }).length, 5)
  })
  it('tells the records of a union apart', () => {
    const shape = union({
      circle: { code: 1, body: record({ radius: int }) },
      square: { code: 2, body: record({ side: int }) },
    })
    const square = { type: 'square', side: 5 } as const
    assert.equal(encode(shape, square).toString('hex'), '0000000200000005')
    assert.deepEqual(decodeJute(shape, encode(shape, square)), square)
    assert.throws(() => decodeJute(shape, Buffer.from('00000009', 'hex')), {
      code: 'UNSUPPORTED_FORMAT',
    })
  })
  it('ends in a value or in one error, whatever the bytes are', () => {
    const nested = record({ people: vector(Person), last: ustring })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeJute(nested, Buffer.from(bytes))
        } catch (error) {
          assert.ok(error instanceof BrokerError, String(error))
          assert.equal(error.code, 'MALFORMED_FRAME')
        }
      }),
      { numRuns: 2_000 },
    )
  })
  it('allocates nothing for a length or a count that the frame cannot hold', () => {
    const huge = Buffer.from('7fffffff', 'hex')
    assert.throws(() => decodeJute(vector(ustring), huge), { code: 'MALFORMED_FRAME' })
    assert.throws(() => decodeJute(vector(record({})), Buffer.from('00000002', 'hex')), {
      code: 'MALFORMED_FRAME',
    })
    assert.throws(() => decodeJute(buffer, huge), { code: 'MALFORMED_FRAME' })
    assert.throws(() => decodeJute(ustring, Buffer.from('fffffffe', 'hex')), {
      code: 'MALFORMED_FRAME',
    })
  })
})
