import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { OpenWireCodec } from '../../src/openwire/codec.ts'
import { formatAndStructures } from './arbitraries.ts'

function withoutPrefix(frame: Buffer, sizePrefix: boolean): Buffer {
  if (!sizePrefix) return frame
  assert.equal(frame.readInt32BE(0), frame.length - 4)
  return frame.subarray(4)
}

describe('the OpenWire codec', () => {
  it('decodes what it encoded, at every version, in every format', () => {
    fc.assert(
      fc.property(formatAndStructures, ({ format, structures }) => {
        const sender = new OpenWireCodec(format)
        const receiver = new OpenWireCodec(format)
        for (const structure of structures) {
          const frame = withoutPrefix(sender.encode(structure), format.sizePrefix)
          assert.deepEqual(receiver.decodeStructure(frame), structure)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('encodes and decodes the hot structures as the table says', () => {
    fc.assert(
      fc.property(formatAndStructures, ({ format, structures }) => {
        const byHand = new OpenWireCodec(format)
        const byTable = new OpenWireCodec({ ...format, tableOnly: true })
        for (const structure of structures) {
          const frame = byHand.encode(structure)
          assert.deepEqual(frame, byTable.encode(structure))
          const body = withoutPrefix(frame, format.sizePrefix)
          assert.deepEqual(byHand.decodeStructure(body), byTable.decodeStructure(body))
        }
      }),
      { numRuns: 300 },
    )
  })
})
