import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import { checksum } from '../../../src/store/journal/checksum.ts'
import { BatchBuilder, EMPTY_LOG } from '../../../src/store/journal/log-batch.ts'
import {
  HEADER_BYTES,
  MAX_PAYLOAD_BYTES,
  decodeHeader,
  emptyHeader,
  encodeHeader,
} from '../../../src/store/journal/record.ts'

const PAGE = new URL('../../../../../docs/internals/journal-format.md', import.meta.url)

/** The hexadecimal blocks of the format page, in order. */
function vectorsOfPage(): Buffer[] {
  const page = readFileSync(PAGE, 'utf8')
  return [...page.matchAll(/```hex\n([\s\S]*?)```/g)].map((match) =>
    Buffer.from(match[1]!.replaceAll(/#.*|\s/g, ''), 'hex'),
  )
}

describe('record', () => {
  it('is laid out as docs/internals/journal-format.md says', () => {
    const builder = new BatchBuilder({
      tail: EMPTY_LOG,
      epoch: 7,
      segmentStart: null,
      segmentSizeBytes: 100_000_000,
    })
    builder.add(1, Buffer.from('hello'))
    const first = Buffer.concat(builder.take().chunks)
    builder.add(2, Buffer.alloc(0))
    const second = Buffer.concat(builder.take().chunks)
    // The third is a payload: op-codec.test.ts.
    assert.deepEqual(vectorsOfPage().slice(0, 2).map(hex), [first, second].map(hex))
  })

  it('returns every field as it was written, up to the largest numbers', () => {
    const header = {
      payloadLength: MAX_PAYLOAD_BYTES,
      payloadChecksum: 0xfffffffe,
      chain: 0x80000001,
      epoch: Number.MAX_SAFE_INTEGER,
      index: Number.MAX_SAFE_INTEGER - 1,
      type: 255,
      flags: 1,
      headerChecksum: 0,
    }
    const bytes = Buffer.alloc(100)
    encodeHeader(bytes, 13, header)
    const decoded = emptyHeader()
    assert.equal(decodeHeader(bytes, 13, decoded), 'none')
    assert.deepEqual(decoded, header)
  })

  it('knows impossible values under a true checksum', () => {
    const bytes = Buffer.alloc(HEADER_BYTES)
    const broken: [string, (at: Buffer) => void][] = [
      ['length', (at) => at.writeUInt32BE(MAX_PAYLOAD_BYTES + 1, 4)],
      ['epoch', (at) => at.writeUInt32BE(0x200000, 16)],
      ['index', (at) => at.writeUInt32BE(0x200000, 24)],
      ['index 0', (at) => at.fill(0, 24, 32)],
      ['flags', (at) => at.writeUInt8(2, 33)],
      ['reserved', (at) => at.writeUInt16BE(1, 34)],
    ]
    for (const [what, change] of broken) {
      encodeHeader(bytes, 0, { ...emptyHeader(), index: 1 })
      change(bytes)
      bytes.writeUInt32BE(checksum(bytes, 0, 36), 36)
      assert.equal(decodeHeader(bytes, 0, emptyHeader()), 'content', what)
    }
  })
})

describe('checksum', () => {
  it('is the CRC-32 of zlib for every length, offset and seed', () => {
    const bytes = Buffer.from(Array.from({ length: 400 }, (_, i) => (i * 37) & 0xff))
    for (let length = 0; length < 300; length++) {
      const start = length % 7
      const part = bytes.subarray(start, start + length)
      assert.equal(checksum(bytes, start, start + length), crc32(part))
      assert.equal(checksum(bytes, start, start + length, 12345), crc32(part, 12345))
    }
  })
})

function hex(bytes: Buffer): string {
  return bytes.toString('hex')
}
