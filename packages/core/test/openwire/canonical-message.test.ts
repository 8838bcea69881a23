import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeCanonical, encodeCanonical } from '../../src/openwire/canonical-message.ts'
import type { MessageCommand } from '../../src/openwire/commands.ts'
import { create, membersOf } from '../../src/openwire/commands.ts'
import { LARGE_BYTES } from '../../src/base/roomy-memory.ts'
import { OpenWireCodec } from '../../src/openwire/codec.ts'
import { CommandReader } from '../../src/openwire/command-reader.ts'
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

  it('is laid around the content of a large frame, and changes nothing of its command', () => {
    const format = fc.record({
      version: fc.integer({ min: 10, max: 12 }),
      tight: fc.boolean(),
      sizePrefix: fc.constant(true),
      cacheSize: fc.constantFrom(0, 16),
      stackTraceEnabled: fc.constant(true),
      maxFrameBytes: fc.constant(4 * LARGE_BYTES),
    })
    const name = fc.constantFrom('ActiveMQTextMessage', 'ActiveMQBytesMessage', 'ActiveMQMessage')
    const sizes = fc.array(fc.constantFrom(10, LARGE_BYTES, LARGE_BYTES + 9), {
      minLength: 2,
      maxLength: 2,
    })
    const histories = fc
      .tuple(format, sizes, name)
      .chain((shape) =>
        fc.tuple(
          fc.constant(shape),
          structureOf(shape[2] as 'ActiveMQMessage', { ...shape[0], stackTraceEnabled: true }),
        ),
      )
    fc.assert(
      fc.property(histories, ([[options, sizes], structure]) => {
        const [contentBytes = 0, propertiesBytes = 0] = sizes
        const content = Buffer.alloc(contentBytes, 'content')
        const marshalledProperties = Buffer.alloc(propertiesBytes, 'properties')
        const message = { ...(structure as MessageCommand), content, marshalledProperties }
        const bytes = new OpenWireCodec(options).encode(message)
        const reader = new CommandReader(new OpenWireCodec(options))
        for (let at = 0; at < bytes.length; at += 65_536) {
          reader.push(bytes.subarray(at, at + 65_536))
          if (at + 65_536 < bytes.length) assert.equal(reader.next(), undefined)
        }
        const arrived = reader.next() as MessageCommand
        const expected = encodeCanonical(message)
        const stored = encodeCanonical(arrived)
        assert.ok(stored.equals(expected))
        assert.ok(encodeCanonical(arrived).equals(expected), 'again')
        assert.ok(encodeCanonical(decodeCanonical(stored)).equals(expected), 'of what is stored')
        const { content: found, marshalledProperties: properties, ...rest } = arrived
        assert.ok(found?.equals(content) && properties?.equals(marshalledProperties))
        const { content: _content, marshalledProperties: _properties, ...others } = message
        assert.deepEqual(rest, others)
        const isMost = contentBytes > 10 && propertiesBytes === 10
        assert.equal(stored.buffer === found?.buffer, isMost)
      }),
      { numRuns: 60 },
    )
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
