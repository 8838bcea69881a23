import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deflateSync } from 'node:zlib'
import {
  bytesOf,
  encodeBytes,
  encodeText,
  inflatedBytesMax,
  mapOf,
  streamOf,
  textOf,
} from '../../src/openwire/message-body.ts'
import type { Primitive } from '../../src/openwire/primitive-map.ts'
import { encodePrimitiveMap, encodePrimitives } from '../../src/openwire/primitive-map.ts'

describe('the body of a text message', () => {
  for (const compressed of [false, true]) {
    it(`is the text that was set, ${compressed ? 'compressed' : 'plain'}`, () => {
      for (const text of ['', 'plain', 'caf\u00e9 \ud83d\ude00 \0', '\u20ac'.repeat(5000)]) {
        assert.equal(textOf({ content: encodeText(text, compressed), compressed }), text)
      }
    })
  }

  it('may be null', () => {
    assert.equal(encodeText(null), null)
    assert.equal(textOf({ content: null, compressed: false }), null)
    assert.equal(textOf({ content: Buffer.from('ffffffff', 'hex'), compressed: false }), null)
  })

  it('is refused where its length is wrong', () => {
    for (const hex of ['0000', '0000000561', '7fffffff']) {
      const content = Buffer.from(hex, 'hex')
      assert.throws(() => textOf({ content, compressed: false }), { code: 'MALFORMED_FRAME' })
    }
  })

  it('is refused where it does not inflate, or to too much', () => {
    const broken = { content: Buffer.from('no zlib stream'), compressed: true }
    assert.throws(() => textOf(broken), { code: 'MALFORMED_FRAME' })
    const bomb = { content: deflateSync(Buffer.alloc(inflatedBytesMax + 1)), compressed: true }
    assert.throws(() => textOf(bomb), { code: 'FRAME_TOO_LARGE' })
  })
})

describe('the body of other messages', () => {
  it('is the bytes that were set, compressed or not', () => {
    const bytes = Buffer.from('some bytes')
    assert.equal(bytesOf({ content: bytes, compressed: false }), bytes)
    assert.deepEqual(bytesOf({ content: encodeBytes(bytes, true), compressed: true }), bytes)
    assert.equal(bytesOf({ content: null, compressed: false }).length, 0)
  })

  it('is the entries or values that were set', () => {
    const value: Primitive = { kind: 'double', value: 1.5 }
    const map = new Map([['k', value]])
    assert.deepEqual(mapOf({ content: encodePrimitiveMap(map), compressed: false }), map)
    const content = encodePrimitives([value, value])
    assert.deepEqual(streamOf({ content: deflateSync(content), compressed: true }), [value, value])
    assert.equal(mapOf({ content: null, compressed: false }).size, 0)
  })
})
