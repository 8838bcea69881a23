import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BrokerError } from '@quorate/core/base/errors'
import { unsnap } from '../../../../src/store/leveldb/files/snappy.ts'

/** Everything after the length, which is `length`. */
function unsnapHex(length: number, hex: string): string {
  assert.ok(length < 0x80)
  return unsnap(Buffer.concat([Buffer.from([length]), Buffer.from(hex, 'hex')])).toString('latin1')
}

describe('what Snappy compressed', () => {
  it('is literals of a length in the tag, or in the bytes behind it', () => {
    assert.equal(unsnapHex(3, '08616263'), 'abc')
    assert.equal(unsnapHex(3, 'f002616263'), 'abc')
    assert.equal(unsnapHex(3, 'f40200616263'), 'abc')
    assert.equal(unsnapHex(3, 'f8020000616263'), 'abc')
    assert.equal(unsnapHex(3, 'fc02000000616263'), 'abc')
  })

  it('is copies of what was made before, with offsets of eleven, sixteen and thirty-two bits', () => {
    assert.equal(unsnapHex(7, '08616263' + '0103'), 'abcabca')
    assert.equal(unsnapHex(5, '08616263' + '060200'), 'abcbc')
    assert.equal(unsnapHex(5, '08616263' + '0703000000'), 'abcab')
    const far = Buffer.concat([
      Buffer.from('8408', 'hex'),
      Buffer.from('f4ff03', 'hex'),
      Buffer.alloc(1024, 'x').fill('y', 0, 4),
      // Bits 8 to 10 of the offset, 1024, are in the tag.
      Buffer.from([0b100_000_01, 0]),
    ])
    assert.equal(unsnap(far).toString('latin1'), 'yyyy' + 'x'.repeat(1020) + 'yyyy')
  })

  it('may repeat what a copy is just making', () => {
    assert.equal(unsnapHex(65, '0061' + 'fe0100'), 'a'.repeat(65))
  })

  it('is MALFORMED_FRAME when it is cut off, reaches back too far, or makes more or less', () => {
    for (const [length, hex] of [
      [3, '0861'],
      [3, 'f0'],
      [4, '08616263'],
      [2, '08616263'],
      [5, '08616263' + '060400'],
      [5, '08616263' + '060000'],
      [5, '08616263' + '06'],
      [4, '08616263' + '060300'],
      [127, '0061'],
    ] as const) {
      assert.throws(() => unsnapHex(length, hex), { code: 'MALFORMED_FRAME' }, hex)
    }
  })

  it('is a value or MALFORMED_FRAME, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          assert.ok(unsnap(Buffer.from(bytes)).length <= bytes.length * 64)
        } catch (error) {
          assert.ok(error instanceof BrokerError && error.code === 'MALFORMED_FRAME', String(error))
        }
      }),
      { numRuns: 5_000 },
    )
  })
})
