import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OpenWireCodec } from '@quorate/core/openwire/codec'
import { schema } from '@quorate/core/openwire/schema'
import type { SequenceFrames } from './vectors.ts'
import { expectedOf, optionsOf, parseObjects, parseSequence, readVectorFile } from './vectors.ts'

const objects = parseObjects(readVectorFile('objects'))
const sequence = parseSequence(readVectorFile('sequence'))

/** Without the size prefix, which must be right. */
function bodyOf(frame: Buffer, sizePrefix: boolean): Buffer {
  if (!sizePrefix) return frame
  assert.equal(frame.readInt32BE(0), frame.length - 4)
  return frame.subarray(4)
}

function checkSequence({ format, cacheSize, frames }: SequenceFrames, tableOnly: boolean): void {
  const options = { ...optionsOf(format, cacheSize), tableOnly }
  const reader = new OpenWireCodec(options)
  const writer = new OpenWireCodec(options)
  for (const [i, hex] of frames.entries()) {
    const frame = Buffer.from(hex, 'hex')
    const dump = sequence.objects[i]
    assert.ok(dump !== undefined)
    const expected = expectedOf(dump, options)
    assert.deepEqual(reader.decodeStructure(bodyOf(frame, true)), expected)
    assert.equal(writer.encode(expected).toString('hex'), hex, `${format} frame ${i}`)
  }
}

describe("frames of ActiveMQ's own marshallers", () => {
  for (const [name, { code }] of Object.entries(schema)) {
    it(`decode and encode byte by byte: ${name}`, () => {
      const own = objects.filter(({ object }) => object.type === code)
      assert.ok(own.length >= 4)
      for (const { object, frames } of own) {
        for (const [format, hex] of Object.entries(frames)) {
          const options = optionsOf(format)
          const codec = new OpenWireCodec(options)
          const frame = Buffer.from(hex, 'hex')
          const expected = expectedOf(object, options)
          const decoded = codec.decodeStructure(bodyOf(frame, options.sizePrefix))
          assert.deepEqual(decoded, expected, format)
          assert.equal(codec.encode(decoded).toString('hex'), hex, format)
        }
      }
    })
  }

  it('cover versions 1, 3, 5, 6, 9, 10, 11 and 12, tight and loose', () => {
    const formats = new Set(objects.flatMap(({ frames }) => Object.keys(frames)))
    for (const version of [1, 3, 5, 6, 9, 10, 11, 12]) {
      assert.ok(formats.has(`${version}t`) && formats.has(`${version}l`))
    }
  })

  for (const frames of sequence.sequences) {
    it(`decode and encode through a cache that goes round: ${frames.format}`, () => {
      checkSequence(frames, false)
      checkSequence(frames, true)
    })
  }
})
