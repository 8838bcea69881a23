import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  decodeModifiedUtf8,
  modifiedUtf8Length,
  writeModifiedUtf8,
} from '../../src/openwire/modified-utf8.ts'

function encode(text: string): Buffer {
  const bytes = Buffer.alloc(modifiedUtf8Length(text))
  assert.equal(writeModifiedUtf8(text, bytes, 0), bytes.length)
  return bytes
}

function decode(bytes: Buffer): string {
  return decodeModifiedUtf8(bytes, 0, bytes.length)
}

/** Any UTF-16 units, short and long, surrogates whole and lone. */
const units = fc
  .array(fc.oneof(fc.nat(0xffff), fc.nat(0x80), fc.constantFrom(0, 0xd83d, 0xde00)), {
    maxLength: 120,
  })
  .map((codes) => String.fromCharCode(...codes))

describe('modified UTF-8', () => {
  it('decodes to what was encoded, whatever the units', () => {
    fc.assert(
      fc.property(units, (text) => {
        assert.equal(decode(encode(text)), text)
      }),
      { numRuns: 500 },
    )
  })

  it('writes NUL in two bytes and a surrogate pair in six', () => {
    assert.equal(encode('\0').toString('hex'), 'c080')
    assert.equal(encode('\ud83d\ude00').toString('hex'), 'eda0bdedb880')
  })

  it('is UTF-8 for everything else', () => {
    for (const text of ['abc', 'caf\u00e9 \u20ac', 'x'.repeat(100), '\u20ac'.repeat(100)]) {
      assert.deepEqual(encode(text), Buffer.from(text))
    }
  })

  it('refuses bytes that are none', () => {
    for (const hex of ['80', 'c3', 'c341', 'e282', 'e28241', 'e24182', 'f09f9880', 'ff']) {
      assert.throws(() => decode(Buffer.from(hex, 'hex')), { code: 'MALFORMED_FRAME' }, hex)
    }
  })

  it('of random bytes is a string or MALFORMED_FRAME', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          decode(Buffer.from(bytes))
        } catch (error) {
          assert.equal((error as { code: string }).code, 'MALFORMED_FRAME')
        }
      }),
    )
  })
})
