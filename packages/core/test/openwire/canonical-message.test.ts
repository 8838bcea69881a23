import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeCanonical, encodeCanonical } from '../../src/openwire/canonical-message.ts'
import type { MessageCommand } from '../../src/openwire/commands.ts'
import { create, membersOf } from '../../src/openwire/commands.ts'
import { OpenWireCodec } from '../../src/openwire/codec.ts'
import { structureOf } from './arbitraries.ts'

const carried = { version: 12, stackTraceEnabled: false }

describe('a canonical message', () => {
  it('decodes to what was encoded', () => {
    const message = fc
      .constantFrom(...membersOf('Message'))
      .chain((name) => structureOf(name, carried))
    fc.assert(
      fc.property(message, (value) => {
        assert.deepEqual(decodeCanonical(encodeCanonical(value as MessageCommand)), value)
      }),
    )
  })

  it('is a loose frame of version 12 without a prefix', () => {
    const message = create('ActiveMQTextMessage', { content: Buffer.from('abc'), persistent: true })
    const codec = new OpenWireCodec({
      version: 12,
      tight: false,
      sizePrefix: false,
      cacheSize: 0,
      stackTraceEnabled: false,
      maxFrameBytes: 1000,
      tableOnly: true,
    })
    assert.deepEqual(encodeCanonical(message), codec.encode(message))
  })

  it('stays as it is while others are encoded', () => {
    const messages = Array.from({ length: 300 }, (_, i) =>
      create('ActiveMQTextMessage', { content: Buffer.alloc(1000, i), commandId: i }),
    )
    const encoded = messages.map((message) => encodeCanonical(message))
    assert.deepEqual(encoded.map(decodeCanonical), messages)
  })

  it('is refused when it is no message or has bytes too many', () => {
    const bytes = encodeCanonical(create('ActiveMQMessage'))
    assert.throws(() => decodeCanonical(bytes.subarray(1)), { code: 'MALFORMED_FRAME' })
    assert.throws(() => decodeCanonical(Buffer.concat([bytes, bytes])), { code: 'MALFORMED_FRAME' })
    assert.throws(() => decodeCanonical(Buffer.from([10, 0, 0, 0, 0, 0])), {
      code: 'MALFORMED_FRAME',
    })
  })
})
