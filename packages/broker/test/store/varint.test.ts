import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { VARINT_BYTES_MAX, readVarint, writeVarint } from '../../src/store/varint.ts'

function written(value: number): Buffer {
  const bytes = Buffer.alloc(VARINT_BYTES_MAX)
  return bytes.subarray(0, writeVarint(bytes, 0, value))
}

describe('varint', () => {
  it('takes a byte for every seven bits', () => {
    assert.equal(written(0).toString('hex'), '00')
    assert.equal(written(127).toString('hex'), '7f')
    assert.equal(written(128).toString('hex'), '8001')
    assert.equal(written(2 ** 31).toString('hex'), '8080808008')
    assert.equal(written(Number.MAX_SAFE_INTEGER).toString('hex'), 'ffffffffffffff0f')
  })

  it('gives back every number that it writes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeNat(), fc.nat()), (value) => {
        const bytes = written(value)
        const cursor = { bytes, at: 0 }
        assert.equal(readVarint(cursor), value)
        assert.equal(cursor.at, bytes.length)
      }),
    )
  })

  it('refuses what is cut off, too long or beyond 2^53', () => {
    for (const hex of ['', '80', 'ffffffffffffff', 'ffffffffffffffff01', 'ffffffffffffff10']) {
      const cursor = { bytes: Buffer.from(hex, 'hex'), at: 0 }
      assert.throws(() => readVarint(cursor), { code: 'MALFORMED_FRAME' })
    }
  })
})
