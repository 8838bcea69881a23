import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteReader } from '../../src/base/byte-reader.ts'
import { ByteWriter } from '../../src/base/byte-writer.ts'

describe('byte writer - growth', () => {
  it('keeps every value whichever of them makes the buffer grow', () => {
    for (let filled = 0; filled <= 32; filled++) {
      const writer = new ByteWriter(16)
      for (let i = 0; i < filled; i++) writer.uint8(i)
      writer
        .uint8(1)
        .int8(-1)
        .uint16(2)
        .int16(-2)
        .uint32(3)
        .int32(-3)
        .int64(-4n)
        .uint53(2 ** 40)
      writer.bytes(Buffer.from('bytes')).string16('text').lengthPrefixed(Buffer.alloc(100, 7))
      const reader = new ByteReader(writer.finish())
      for (let i = 0; i < filled; i++) assert.equal(reader.uint8(), i)
      assert.deepEqual([reader.uint8(), reader.int8(), reader.uint16()], [1, -1, 2])
      assert.deepEqual([reader.int16(), reader.uint32(), reader.int32()], [-2, 3, -3])
      assert.deepEqual([reader.int64(), reader.uint53()], [-4n, 2 ** 40])
      assert.equal(reader.slice(5).toString(), 'bytes')
      assert.equal(reader.string16(), 'text')
      assert.deepEqual(reader.lengthPrefixed(), Buffer.alloc(100, 7))
      reader.end()
    }
  })
})
