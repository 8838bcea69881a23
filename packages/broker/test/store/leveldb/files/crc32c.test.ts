import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { crc32c, isSealed } from '../../../../src/store/leveldb/files/crc32c.ts'

describe("the checksum of LevelDB's files", () => {
  it('is CRC-32C, with the sums of RFC 3720, B.4', () => {
    const sums = [
      Buffer.alloc(32),
      Buffer.alloc(32, 0xff),
      Buffer.from(Array.from({ length: 32 }, (_, byte) => byte)),
      Buffer.from(Array.from({ length: 32 }, (_, byte) => 31 - byte)),
    ].map((bytes) => crc32c(bytes, 0, bytes.length))
    assert.deepEqual(sums, [0x8a9136aa, 0x62a8ab43, 0x46dd794e, 0x113fdb5c])
  })

  it('covers the bytes that it is asked for, and no others', () => {
    const bytes = Buffer.from('..123456789..')
    assert.equal(crc32c(bytes, 2, 11), 0xe3069283)
  })

  it('is written masked', () => {
    // 0xe3069283, rotated right by 15, and 0xa282ead8 added: 0x2507c60d + 0xa282ead8.
    const bytes = Buffer.concat([Buffer.from('123456789'), Buffer.from('e5b08ac7', 'hex')])
    assert.equal(isSealed(bytes, 0, 9, 9), true)
    for (let at = 0; at < bytes.length; at++) {
      const other = Buffer.from(bytes)
      other.writeUInt8(other.readUInt8(at) ^ 4, at)
      assert.equal(isSealed(other, 0, 9, 9), false, `byte ${at}`)
    }
  })
})
